import pytest

from fivesigma.analysis.configuration import load_configuration
from fivesigma.core.errors import ConfigurationError

TEXT = """\
fivesigma: 1
analysis: {name: toy, luminosity: 1.0, energy: 13.0, seed: 1}
samples:
  sig: {kind: signal, files: sig.root}
  bkg: {kind: background, files: [one.root, two.root]}
events:
  weight: w
  select:
    trigger: "trig == 1"
features:
  inputs:
    a: x0
    b: x1
  observables: {m: mass}
models:
  forest: {use: random_forest, n_estimators: 5}
training: {folds: 2}
regions:
  window: {kind: signal, select: "m > 100"}
systematics:
  luminosity: {type: normalisation, size: 0.02}
inference:
  count: {type: counting, region: window}
  fit: {type: template_fit, observable: forest, bins: 4}
"""


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("zz.yaml", "zz"),
        ("my search.v2.yml", "my_search_v2"),
        ("4l.yaml", "s_4l"),
        ("ü.yaml", "s"),
        ("n" * 80 + ".yaml", "n" * 64),
    ],
)
def test_a_run_is_named_after_the_file_unless_the_analysis_is_named(tmp_path, file, name):
    path = tmp_path / file
    path.write_text(TEXT.replace("name: toy, ", ""))
    assert load_configuration(path).analysis.name == name
    assert load_configuration(path, ["analysis.name=other"]).analysis.name == "other"
    path.write_text(TEXT)
    assert load_configuration(path).analysis.name == "toy"


def write(folder, text=TEXT):
    path = folder / "analysis.yaml"
    path.write_text(text)
    return path


def problems(folder, text=TEXT, settings=()):
    with pytest.raises(ConfigurationError) as caught:
        load_configuration(write(folder, text), settings)
    return caught.value.problems


def planted(folder, good, bad):
    """Replace what is there once, and return the problems that this makes."""
    assert TEXT.count(good) == 1
    return problems(folder, TEXT.replace(good, bad))


def test_the_unharmed_configuration_is_valid(tmp_path):
    config = load_configuration(write(tmp_path))
    assert config.analysis.name == "toy"
    assert config.samples["bkg"].files == ["one.root", "two.root"]
    assert config.models["forest"].parameters == {"n_estimators": 5}


@pytest.mark.parametrize(
    ("good", "bad", "line", "path", "message"),
    [
        ("training:", "trainin:", 17, "trainin", "there is no key 'trainin'; did you mean training?"),
        ("seed: 1", "sed: 1", 2, "analysis.sed", "there is no key 'sed'; did you mean seed?"),
        (
            "kind: signal, files",
            "kin: signal, files",
            4,
            "samples.sig.kin",
            "there is no key 'kin'; did you mean kind?",
        ),
        ("  weight: w", "  wieght: w", 7, "events.wieght", "there is no key 'wieght'; did you mean weight?"),
        ("  inputs:", "  imputs:", 11, "features.imputs", "there is no key 'imputs'; did you mean inputs?"),
        (
            'select: "m',
            'selection: "m',
            19,
            "regions.window.selection",
            "there is no key 'selection'; did you mean select?",
        ),
        ("size: 0.02", "sise: 0.02", 21, "systematics.luminosity.sise", "there is no key 'sise'; did you mean size?"),
        (
            "region: window",
            "regoin: window",
            23,
            "inference.count.regoin",
            "there is no key 'regoin'; did you mean region",
        ),
        (
            "observable: f",
            "obsrvable: f",
            24,
            "inference.fit.obsrvable",
            "there is no key 'obsrvable'; did you mean observable?",
        ),
    ],
)
def test_an_unknown_key_is_answered_with_its_line_and_the_nearest(tmp_path, good, bad, line, path, message):
    found = [p for p in planted(tmp_path, good, bad) if p.message.startswith("there is no key")]
    assert [(p.file, p.line, p.path) for p in found] == [(str(tmp_path / "analysis.yaml"), line, path)]
    assert found[0].message.startswith(message)


@pytest.mark.parametrize(
    ("good", "bad", "line", "path", "message"),
    [
        ("kind: signal, files: sig.root", "kind: signal", 4, "samples.sig", "no `files` are given, nor parts"),
        ("energy: 13.0, ", "", 2, "analysis.energy", "this key is missing"),
        ("fivesigma: 1", "fivesigma: 2", 1, "fivesigma", "input should be 1; given 2"),
        ("luminosity: 1.0", "luminosity: -1.0", 2, "analysis.luminosity", "input should be greater than 0; given -1.0"),
        ("luminosity: 1.0", "luminosity: .inf", 2, "analysis.luminosity", "input should be a finite number; given inf"),
        ("luminosity: 1.0", "luminosity: .nan", 2, "analysis.luminosity", "given nan"),
        (
            "luminosity: 1.0",
            "luminosity: much",
            2,
            "analysis.luminosity",
            "input should be a valid number; given 'much'",
        ),
        ("seed: 1", "seed: 1.5", 2, "analysis.seed", "given 1.5"),
        ("seed: 1", "seed: yes", 2, "analysis.seed", "given 'yes'"),
        ("seed: 1", "seed: true", 2, "analysis.seed", "given True"),
        ("folds: 2", "folds: 1", 17, "training.folds", "input should be greater than or equal to 2; given 1"),
        ("kind: background", "kind: backgroud", 5, "samples.bkg.kind", "given 'backgroud'"),
        ("[one.root, two.root]", "[one.root, 3]", 5, "samples.bkg.files.1", "input should be a valid string; given 3"),
        ("    a: x0", "    a b: x0", 12, "features.inputs.a b", "given 'a b'"),
        ("  sig: {", "  ../sig: {", 4, "samples.../sig", "given '../sig'"),
        (
            "type: counting",
            "type: countin",
            23,
            "inference.count",
            "no inference of type 'countin'; did you mean counting?",
        ),
        (
            "type: counting, ",
            "",
            23,
            "inference.count",
            "`type` is missing; there are: counting, cwola_scan, limit_plane, mass_fit, strength_uncertainty, template_fit",
        ),
        ("count: {type: counting, region: window}", "count: many", 23, "inference.count", "given 'many'"),
        (
            "  forest: {use: random_forest, n_estimators: 5}",
            "  forest: random_forest",
            16,
            "models.forest",
            "given 'random_forest'",
        ),
        ("bins: 4", "bins: some", 24, "inference.fit.bins", "given 'some'"),
    ],
)
def test_a_wrong_value_is_answered_with_its_line_and_what_was_given(tmp_path, good, bad, line, path, message):
    found = [p for p in planted(tmp_path, good, bad) if p.path == path]
    assert found, [str(p) for p in planted(tmp_path, good, bad)]
    assert {p.line for p in found} == {line}
    assert any(message in p.message for p in found)


@pytest.mark.parametrize(
    ("good", "bad", "line", "path"),
    [
        ('"trig == 1"', '"trig = 1"', 9, "events.select.trigger"),
        ("  weight: w", "  weight: w *", 7, "events.weight"),
        ("    b: x1", "    b: cosine(x1)", 13, "features.inputs.b"),
        ("{m: mass}", '{m: "a | b & c"}', 14, "features.observables.m"),
        ('"m > 100"', "\"__import__('os')\"", 19, "regions.window.select"),
    ],
)
def test_an_expression_that_cannot_be_read_is_answered_with_its_line(tmp_path, good, bad, line, path):
    (problem,) = planted(tmp_path, good, bad)
    assert (problem.line, problem.path) == (line, path)
    assert problem.message


def test_all_problems_are_told_at_once(tmp_path):
    text = TEXT.replace("seed: 1", "sed: 1").replace("folds: 2", "folds: 1").replace("    b: x1", "    b: x1 +")
    assert {p.line for p in problems(tmp_path, text)} == {2, 13, 17}


def test_all_inconsistencies_are_told_at_once(tmp_path):
    text = TEXT.replace("region: window", "region: windw").replace("observable: forest", "observable: fores")
    assert {p.line for p in problems(tmp_path, text)} == {23, 24}


def test_the_error_is_one_line_for_each_problem(tmp_path):
    path = write(tmp_path, TEXT.replace("seed: 1", "sed: 1").replace("folds: 2", "folds: 1"))
    with pytest.raises(ConfigurationError) as caught:
        load_configuration(path)
    lines = str(caught.value).splitlines()
    assert len(lines) == 2
    assert all(line.startswith(f"{path}:") for line in lines)


def test_a_long_value_is_shown_in_part(tmp_path):
    (problem,) = planted(tmp_path, "folds: 2", f"folds: {'x' * 500}")
    assert problem.message.endswith(" ...")
    assert len(problem.message) < 200


@pytest.mark.parametrize(
    ("setting", "read"),
    [
        ("analysis.seed=9", lambda c: c.analysis.seed == 9),
        ("analysis.luminosity=1.2e1", lambda c: c.analysis.luminosity == 12.0),
        ("analysis.title=a = b", lambda c: c.analysis.title == "a = b"),
        ("analysis.blind=false", lambda c: c.analysis.blind is False),
        ("samples.bkg.files=[x.root, y.root]", lambda c: c.samples["bkg"].files == ["x.root", "y.root"]),
        ("models.forest.max_depth=3", lambda c: c.models["forest"].parameters == {"n_estimators": 5, "max_depth": 3}),
        ("judgement.floor=20", lambda c: c.judgement.floor == 20),
        ("models.more={use: hist_gradient_boosting}", lambda c: list(c.models) == ["forest", "more"]),
        (" analysis.seed =9", lambda c: c.analysis.seed == 9),
    ],
)
def test_settings_change_the_configuration(tmp_path, setting, read):
    assert read(load_configuration(write(tmp_path), [setting]))


def test_later_settings_win(tmp_path):
    assert load_configuration(write(tmp_path), ["analysis.seed=2", "analysis.seed=3"]).analysis.seed == 3


@pytest.mark.parametrize("setting", ["analysis.seed", "=3", " =3", ""])
def test_a_setting_without_key_or_value_is_refused(tmp_path, setting):
    (problem,) = problems(tmp_path, settings=[setting])
    assert str(problem) == f"--set takes key=value with a dotted key, not {setting!r}"


def test_a_setting_into_a_value_is_refused(tmp_path):
    (problem,) = problems(tmp_path, settings=["analysis.seed.deeper=1"])
    assert str(problem) == "--set analysis.seed.deeper=1: 'seed' holds a value, not keys"


@pytest.mark.parametrize("setting", ["analysis..seed=3", ".analysis=1", "analysis.=1"])
def test_a_setting_with_an_empty_key_is_refused(tmp_path, setting):
    (problem,) = problems(tmp_path, settings=[setting])
    assert str(problem) == f"--set takes key=value with a dotted key, not {setting!r}"


def test_an_unknown_key_of_a_setting_is_answered_with_the_nearest(tmp_path):
    (problem,) = problems(tmp_path, settings=["analysis.sead=3"])
    assert str(problem).startswith("--set analysis.sead=3: analysis.sead: there is no key 'sead'")
    assert "did you mean seed?" in problem.message


def test_a_wrong_value_of_a_setting_is_not_blamed_on_a_line_of_the_file(tmp_path):
    (problem,) = problems(tmp_path, settings=["analysis.seed=-3"])
    assert str(problem).startswith("--set analysis.seed=-3: analysis.seed: ")
    (problem,) = problems(tmp_path, settings=["analysis={name: x, luminosity: 1.0, energy: many}"])
    assert str(problem).startswith("--set analysis={name: x, luminosity: 1.0, energy: many}: analysis.energy: ")


@pytest.mark.parametrize("setting", ["analysis.title=[1, 2", "analysis.title=a: b: c"])
def test_a_value_that_is_no_yaml_is_taken_as_text(tmp_path, setting):
    assert load_configuration(write(tmp_path), [setting]).analysis.title == setting.partition("=")[2]


def test_a_setting_builds_no_object(tmp_path):
    witness = tmp_path / "witness"
    setting = f"analysis.title=!!python/object/apply:os.system ['touch {witness}']"
    assert load_configuration(write(tmp_path), [setting]).analysis.title.startswith("!!python")
    assert not witness.exists()


def test_the_file_is_not_touched(tmp_path):
    path = write(tmp_path)
    load_configuration(path, ["analysis.seed=9"])
    assert path.read_text() == TEXT
