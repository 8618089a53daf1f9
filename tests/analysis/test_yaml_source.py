from pathlib import Path

import pytest

from fivesigma.analysis.yaml_source import read_yaml
from fivesigma.core.errors import ConfigurationError


def write(folder, text):
    path = folder / "a.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refusal(path):
    with pytest.raises(ConfigurationError) as caught:
        read_yaml(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("off", "off"),
        ("yes", "yes"),
        ("true", True),
        ("1.2e8", 1.2e8),
        ("1e3", 1000.0),
        ("12", 12),
        ("0o17", 15),
        ("017", 17),
        ("~", None),
        ("'12'", "12"),
        ("1:30", "1:30"),
        ("2012-01-02", "2012-01-02"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(tmp_path, text, value):
    read = read_yaml(write(tmp_path, f"key: {text}\n")).values["key"]
    assert read == value
    assert type(read) is type(value)


def test_every_key_and_item_has_its_line(tmp_path):
    source = read_yaml(write(tmp_path, "# first\na:\n  b: 1\n  c: [1,\n      2]\nd: {e: 1, f: 2}\n"))
    assert source.values == {"a": {"b": 1, "c": [1, 2]}, "d": {"e": 1, "f": 2}}
    assert source.lines[("a", "b")] == 3
    assert source.lines[("a", "c", 0)] == 4
    assert source.lines[("a", "c", 1)] == 5
    assert source.lines[("d", "f")] == 6


def test_a_problem_without_a_line_stands_at_the_nearest_key_around_it(tmp_path):
    path = write(tmp_path, "a:\n  b:\n    c: 1\n")
    problem = read_yaml(path).problem(("a", "b", "missing", "deeper"), "is wrong")
    assert str(problem) == f"{path}:2: a.b.missing.deeper: is wrong"


def test_a_doubled_key_is_refused_with_its_line(tmp_path):
    path = write(tmp_path, "a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n")
    said = refusal(path)
    assert said.startswith(f"{path}:5: the key is there twice")
    assert '"c"' in said


def test_a_doubled_key_in_flow_style_is_refused(tmp_path):
    path = write(tmp_path, "a: 1\nb: {c: 1, c: 2}\n")
    assert refusal(path).startswith(f"{path}:2: the key is there twice")


@pytest.mark.parametrize("text", ["", "# nothing but this\n", "- 1\n- 2\n", "a word\n", "3\n"])
def test_what_is_no_mapping_is_refused(tmp_path, text):
    path = write(tmp_path, text)
    assert refusal(path) == f"{path}:1: an analysis is keys and values; this is not"


def test_what_is_no_yaml_is_refused_with_its_line(tmp_path):
    path = write(tmp_path, "a: 1\nb: [1, 2\nc: 3\n")
    assert f"{path}:3: not YAML" in refusal(path)


def test_two_documents_are_refused(tmp_path):
    assert "not YAML" in refusal(write(tmp_path, "a: 1\n---\na: 2\n"))


def test_bytes_that_are_no_utf_8_are_refused(tmp_path):
    path = write(tmp_path, "title: Bärenjagd\n".encode("latin-1"))
    assert refusal(path) == f"{path}: cannot be read: it is not text in UTF-8"


def test_binary_content_is_refused(tmp_path):
    assert "not YAML" in refusal(write(tmp_path, b"a: \x00\x01\n"))


def test_a_missing_file_is_refused(tmp_path):
    assert refusal(tmp_path / "none.yaml") == f"{tmp_path / 'none.yaml'}: cannot be read: No such file or directory"


def test_a_directory_is_refused(tmp_path):
    assert refusal(tmp_path) == f"{tmp_path}: cannot be read: Is a directory"


@pytest.mark.parametrize("brackets", ["[]", "{}"])
def test_nesting_without_end_is_refused(tmp_path, brackets):
    text = f"a: {brackets[0] * 500}{brackets[1] * 500}\n"
    assert "not YAML" in refusal(write(tmp_path, text))


def test_an_alias_to_what_holds_it_is_nothing_and_no_loop(tmp_path):
    assert read_yaml(write(tmp_path, "a: &x\n  b: *x\n")).values == {"a": {"b": None}}


def test_aliases_that_multiply_are_refused(tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    assert "not YAML" in refusal(write(tmp_path, "\n".join(lines)))


def test_an_alias_stands_for_its_anchor(tmp_path):
    source = read_yaml(write(tmp_path, "a: &x {b: 1}\nc: *x\n"))
    assert source.values == {"a": {"b": 1}, "c": {"b": 1}}


@pytest.mark.parametrize(
    "tag",
    [
        "!!python/object/apply:os.system",
        "!!python/object/new:os.system",
        "!!python/name:os.system",
        "!!python/module:os",
        "!custom",
    ],
)
def test_tags_build_no_objects(tmp_path, tag):
    witness = tmp_path / "witness"
    path = write(tmp_path, f'a: {tag} ["touch {witness}"]\n')
    try:
        values = read_yaml(path).values
    except ConfigurationError:
        values = {"a": [f"touch {witness}"]}
    assert values == {"a": [f"touch {witness}"]}
    assert not witness.exists()


def test_what_never_ends_is_no_configuration():
    with pytest.raises(ConfigurationError, match="/dev/zero: longer than 10,000,000 characters"):
        read_yaml(Path("/dev/zero"))
