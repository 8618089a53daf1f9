"""Cross sections and sums of weights from a table: rows by name or pattern, and every way in which there is none."""

import os

import pytest

from fivesigma.analysis.metadata import with_metadata
from fivesigma.analysis.schema import Metadata, Part
from fivesigma.core.errors import DataError

TABLE = """\
physics_short,crossSection_pb,genFiltEff,kFactor,sumOfWeights,generator
Sherpa_llll,1.2523,1.0,0.95,7538705.8,Sherpa
Sherpa_lllv,4.5832,0.5,1.0,5441475.0,Sherpa
Sherpa_llvv,12.5,1.0,,3.5e6,Sherpa
dmV_Zll_MM100,0.3456,0.2,1.1,50000,MadGraph
dmV_Zll_MM1000,0.0123,0.4,1.1,50000,MadGraph
twice,3.0,1.0,1.0,10,a
twice,3.0,1.0,1.0,10,a
other,3.0,1.0,1.0,10,a
other,4.0,1.0,1.0,10,a
infinite,inf,1.0,1.0,nan,a
short,2.0
comma,1,2.5,1.0,1.0,10,a
negative,-1.0,1.0,1.0,10,a
nothing,1.0,1.0,1.0,0,a
grouped,1.0,1.0,1.0,50_000,a
"""
METADATA = Metadata(
    file="table.csv",
    key="physics_short",
    cross_section="crossSection_pb",
    filter_efficiency="genFiltEff",
    k_factor="kFactor",
    sum_of_weights="sumOfWeights",
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "table.csv").write_text(TABLE)
    return tmp_path


def numbers(folder, row, metadata=METADATA, **part):
    found = with_metadata(Part(files="a.root", metadata=row, **part), metadata, row, folder)
    assert found.metadata is None
    return found.cross_section, found.filter_efficiency, found.k_factor, found.sum_of_weights


def test_a_row_by_its_name(folder):
    assert numbers(folder, "Sherpa_llll") == ("1.2523", "1.0", "0.95", "7538705.8")


def test_a_row_by_a_pattern(folder):
    assert numbers(folder, "*_lllv")[0] == "4.5832"


def test_a_name_stands_before_the_pattern_that_it_also_is(folder):
    """``MM100`` ends no other name; as a pattern without a star at its end it fits itself alone."""
    assert numbers(folder, "dmV_Zll_MM100")[0] == "0.3456"
    assert numbers(folder, "*_MM100")[0] == "0.3456"


def test_equal_rows_are_one(folder):
    assert numbers(folder, "twice")[0] == "3.0"


def test_what_the_part_says_itself_stands(folder):
    assert numbers(folder, "Sherpa_llll", cross_section="2 * XS", sum_of_weights="files") == (
        "2 * XS",
        "1.0",
        "0.95",
        "files",
    )


def test_only_the_columns_that_are_named_are_read(folder):
    few = Metadata(file="table.csv", key="physics_short", cross_section="crossSection_pb")
    assert numbers(folder, "Sherpa_llvv", few) == ("12.5", None, None, None)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("Sherpa_lll", "no row with physics_short 'Sherpa_lll'; did you mean Sherpa_lll"),
        ("*_nothing", r"no row with physics_short '\*_nothing'"),
        (
            "Sherpa_*",
            r"3 rows have physics_short 'Sherpa_\*', such as Sherpa_llll \(line 2\), Sherpa_lllv \(line 3\), Sherpa_llvv",
        ),
        ("dmV_Zll_MM100*", "2 rows have physics_short"),
        ("other", r"2 rows have physics_short 'other', such as other \(line 9\), other \(line 10\)"),
        ("Sherpa_llvv", "4: row 'Sherpa_llvv': kFactor is '', not a number"),
        ("infinite", "11: row 'infinite': crossSection_pb is 'inf', not a number"),
        ("short", "12: row 'short': genFiltEff is '', not a number"),
        ("comma", "13: 7 fields, not 6"),
        ("negative", "14: row 'negative': crossSection_pb is -1.0, not above zero"),
        ("nothing", "15: row 'nothing': sumOfWeights is 0, not above zero"),
        ("grouped", "16: row 'grouped': sumOfWeights is '50_000', not a number"),
    ],
)
def test_rows_that_are_none(folder, row, says):
    with pytest.raises(DataError, match=rf"table\.csv: ?{says}"):
        numbers(folder, row)


def test_a_sum_that_is_no_number_is_refused(folder):
    with pytest.raises(DataError, match="row 'infinite': sumOfWeights is 'nan', not a number"):
        numbers(folder, "infinite", cross_section="1")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"key": "physicsshort"}, r"table\.csv: no column 'physicsshort'; did you mean physics_short"),
        ({"cross_section": "crossSection"}, r"table\.csv: no column 'crossSection'; did you mean crossSection_pb"),
        ({"sum_of_weights": "weights"}, r"table\.csv: no column 'weights'"),
        ({"file": "tabel.csv"}, r"tabel\.csv: there is no such file, which `events\.metadata` names"),
        ({"file": "."}, r"it is no file, which `events\.metadata` names"),
        ({"file": "pipe.csv"}, r"pipe\.csv: it is no file, which `events\.metadata` names"),
    ],
)
def test_columns_and_files_that_are_not_there(folder, change, says):
    os.mkfifo(folder / "pipe.csv")
    with pytest.raises(DataError, match=says):
        numbers(folder, "Sherpa_llll", METADATA.model_copy(update=change))


def test_no_text(folder):
    (folder / "table.csv").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(DataError, match="not a readable CSV file"):
        numbers(folder, "Sherpa_llll")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not a readable CSV file: it is empty"),
        ("physics_short,crossSection_pb\n", "no row with physics_short 'Sherpa_llll'; the table is empty"),
    ],
)
def test_a_table_without_rows(folder, text, says):
    (folder / "table.csv").write_text(text)
    with pytest.raises(DataError, match=says):
        numbers(folder, "Sherpa_llll")


def test_a_mark_at_the_beginning_and_the_key_in_the_last_column(folder):
    (folder / "table.csv").write_bytes("\ufeffxs,name\r\n1.5,zz\r\n2.5\r\n".encode())
    last = Metadata(file="table.csv", key="name", cross_section="xs")
    assert numbers(folder, "zz", last)[0] == "1.5"


def test_spaces_around_fields_are_none_of_them(folder):
    (folder / "table.csv").write_text("name, xs\nzz, 1.5 \n")
    spaced = Metadata(file="table.csv", key="name", cross_section="xs")
    assert numbers(folder, "zz", spaced)[0] == "1.5"


def test_two_columns_of_one_name(folder):
    (folder / "table.csv").write_text("name,xs,xs\nzz,1.5,2.5\n")
    with pytest.raises(DataError, match="2 columns are called 'xs'"):
        numbers(folder, "zz", Metadata(file="table.csv", key="name", cross_section="xs"))


def test_a_table_that_was_changed_is_read_again(folder):
    path = folder / "table.csv"
    assert numbers(folder, "Sherpa_llll")[0] == "1.2523"
    times = path.stat()
    path.write_text(TABLE.replace("1.2523", "1.2524"))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert numbers(folder, "Sherpa_llll")[0] == "1.2524"
