"""Cards, recipes and generations that cannot be meant, refused before anything is generated."""

from dataclasses import replace
from pathlib import Path

import pytest

from fivesigma.core.errors import FivesigmaError
from fivesigma.simulation.cards.catalogue import RECIPES
from fivesigma.simulation.generate import Generation
from fivesigma.simulation.pseudo_data import simulate_pseudo_data
from fivesigma.simulation.samples import simulate_process
from fivesigma.simulation.slha import spectrum
from fivesigma.simulation.soundness import is_file_name

RECIPE = RECIPES["higgs-4l"]
ZZ = RECIPE.process("zz")
NAN, INFINITY = float("nan"), float("inf")


def with_setting(setting):
    return {"settings": (*ZZ.settings, setting)}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        *(({"name": name}, "gives its file its name") for name in ("", "..", "../zz", "/zz", "a/b", ".zz", "z\n")),
        ({"kind": "noise"}, "its kind is 'signal' or 'background', not 'noise'"),
        *(({"cross_section": value}, "its cross_section must be") for value in (0.0, -1.0, NAN, INFINITY)),
        *(({"k_factor": value}, "its k_factor must be a number above zero") for value in (0.0, -1.0, NAN)),
        *(({"energy": value}, "its energy must be a number above zero") for value in (0.0, -13.0, NAN)),
        *(({"chunk_size": value}, "its chunk_size must be a whole number") for value in (0, -1, 1.5)),
        *(({"slices": (value, 50.0)}, "momenta in GeV from 0") for value in (-1.0, NAN, INFINITY)),
        ({"slices": (20.0000001, 20.0000002)}, "must rise"),  # in names and settings both are 20
        *(
            (with_setting(setting), "one line of plain text that begins with a letter or digit")
            for setting in ("", "! 25:m0 = 1", "25:m0 = 1\nNoSuch:thing = 1", "25:m0 = 1\n", "Ü:x = 1", "25:m0 = 1\0")
        ),
        (with_setting("random:SEED=7"), "stands for what the seed of the generation says; leave it out"),
        (with_setting("PartonLevel:MPI on"), "stands for what multiparton_interactions says"),
        (with_setting("PhaseSpace:pTHatMin = 5") | {"slices": (20.0,)}, "stands for what slices says"),
        ({"slha": "BLOCK MASS\n 1 1.0 # ü"}, "must be plain ASCII; it has 'ü'"),
        ({"slha": "garbage"}, "has no BLOCK MASS"),
    ],
)
def test_a_card_that_cannot_be_meant_is_named(fields, message):
    with pytest.raises(FivesigmaError, match=message) as error:
        replace(ZZ, **fields)
    assert "\n" not in str(error.value)


def test_names_that_make_files_are_those_that_stay_in_their_folder():
    assert all(is_file_name(name) for name in ("zz", "zz-20-50", "zz-1e+06", "T2_250_240", "4l", "a.b"))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        *(({"luminosity": value}, "its luminosity must be above 0") for value in (0.0, -1.0, NAN)),
        ({"processes": (ZZ, ZZ)}, "one name each .* not zz, zz"),
        ({"processes": (replace(ZZ, name="pseudo_data"),)}, "none 'pseudo_data'"),
        ({"columns": {"w": "wieght"}}, r"column 'w' cannot hold 'wieght'; did you mean weight\?"),
    ],
)
def test_a_recipe_that_cannot_be_meant_is_named(fields, message):
    with pytest.raises(FivesigmaError, match=f"recipe higgs-4l: .*{message}"):
        replace(RECIPE, **fields)


def generation(**fields):
    asked = {"process": ZZ, "seed": 1, "stream": "test", "directory": Path("nowhere")}
    return Generation(**asked | fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"stream": "../x"}, r"stream is a name .* not '\.\./x'"),
        ({"seed": 1.5}, "seed is a whole number, not 1.5"),
        ({"workers": 0}, "from 1 to 1024 workers, not 0"),
        ({"workers": 10**11}, "from 1 to 1024 workers"),
        *(({"timeout": value}, "timeout is a number of seconds above 0") for value in (0.0, -1.0, NAN, INFINITY)),
        ({"directory": Path("\udcff")}, r"a folder whose name is Unicode text, not '\\udcff'"),  # the byte 0xff
    ],
)
def test_a_generation_that_cannot_be_meant_is_named(fields, message):
    with pytest.raises(FivesigmaError, match=f"zz: a generation.*{message}"):
        generation(**fields)


@pytest.mark.parametrize(
    ("events", "suffix", "message"),
    [
        (0, ".root", "zz: from 1 to 1000000000 events can be asked for, not 0"),
        (10**23, ".root", "from 1 to 1000000000 events"),
        (5, ".csv", r"event files end in \.parquet or \.root, not in '\.csv'"),
    ],
)
def test_files_that_cannot_be_made_are_named(tmp_path, events, suffix, message):
    with pytest.raises(FivesigmaError, match=message):
        simulate_process(RECIPE, generation(directory=tmp_path), events, suffix=suffix)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("names", "message"), [(("zzz",), r"has no process 'zzz'; did you mean zz\?"), ((), "names no process")]
)
def test_pseudo_data_of_no_process_are_refused(tmp_path, names, message):
    with pytest.raises(FivesigmaError, match=message):
        simulate_pseudo_data(replace(RECIPE, pseudo_data=names), generation(directory=tmp_path))


@pytest.mark.parametrize(
    ("mass", "channels", "message"),
    [
        (NAN, [(1.0, (8, 22))], "the mass of particle 7 must be a number, not nan"),
        (1.0, [(1.5, (8, 22)), (-0.5, (8, 23))], "a fraction from 0 to 1"),
        (1.0, [(NAN, (8, 22))], "a fraction from 0 to 1"),
        (1.0, [(1.0, ())], "and what comes out"),
    ],
)
def test_a_spectrum_of_no_numbers_is_refused(mass, channels, message):
    with pytest.raises(FivesigmaError, match=message):
        spectrum({7: mass, 8: 0.1}, {7: channels})
