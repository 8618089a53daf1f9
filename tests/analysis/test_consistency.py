import pytest

from fivesigma.analysis.configuration import load_configuration
from fivesigma.analysis.consistency import inconsistencies
from fivesigma.analysis.inference_names import axes_of
from fivesigma.analysis.schema import Configuration
from fivesigma.core.errors import ConfigurationError


def told(config):
    return [
        (".".join(map(str, place)), message) for place, message in inconsistencies(Configuration.model_validate(config))
    ]


def at(config, path, value):
    """Set one entry of nested mappings by its dotted path."""
    *parents, last = path.split(".")
    for parent in parents:
        config = config[parent]
    config[last] = value


def test_the_unharmed_configuration_is_consistent(configuration):
    assert told(configuration) == []


@pytest.mark.parametrize(
    ("text", "axes"),
    [("m", ("m",)), ("m × trees", ("m", "trees")), ("m*trees", ("m", "trees")), ("a×b×c", ("a", "b", "c"))],
)
def test_axes_of_an_observable(text, axes):
    assert axes_of(text) == axes


@pytest.mark.parametrize(
    ("path", "value", "place", "message"),
    [
        ("samples.sig.kind", "background", "samples", "no sample is of kind signal"),
        ("samples.bkg.kind", "signal", "samples", "no sample is of kind background"),
        ("samples.bkg.pseudo", True, "samples.bkg.pseudo", "only data can be pseudo-data"),
        ("samples.data.weight", "w", "samples.data.weight", "data events count one each"),
        ("features.inputs.m", "x1", "features.inputs.m", "'m' is an input and an observable"),
        ("features.inputs.d", "mass", "features.inputs.d", "this is the observable 'm'"),
        ("features.inputs.d", "  mass ", "features.inputs.d", "this is the observable 'm'"),
        ("features.inputs.d", "(mass)", "features.inputs.d", "this is the observable 'm'"),
        (
            "features.titles",
            {"aa": "x"},
            "features.titles.aa",
            "no input, observable or parameter 'aa'; did you mean a?",
        ),
        ("models.trees.inputs", ["a", "bb"], "models.trees.inputs", "no input 'bb'; did you mean b?"),
        ("models.trees.inputs", [], "models.trees.inputs", "a model needs an input"),
        ("models.trees.inputs", ["a", "m"], "models.trees.inputs", "no input 'm'"),
        ("models.m", {"use": "random_forest"}, "models.m", "a model and an observable are both called 'm'"),
        ("models.inputs", {"use": "random_forest"}, "models.inputs", "what is said of all models is called 'inputs'"),
        (
            "models.trees.use",
            "random_forst",
            "models.trees",
            "no classifier 'random_forst'; did you mean random_forest",
        ),
        (
            "models.trees.max_itr",
            5,
            "models.trees",
            "hist_gradient_boosting has no parameter 'max_itr'; did you mean max_iter ",
        ),
        ("models.trees.max_iter", "many", "models.trees", "max_iter"),
        ("models.trees.random_state", 1, "models.trees", "no parameter 'random_state'"),
        ("training.signal", ["sg"], "training.signal", "no sample 'sg'; did you mean sig?"),
        ("training.background", ["bk"], "training.background", "no sample 'bk'; did you mean bkg?"),
        ("training.background", ["bkg", "data"], "training.background", "'data' is data, and no model trains on data"),
        ("training.background", [], "training.background", "no sample is left"),
        (
            "training.signal",
            ["sig", "bkg"],
            "training.signal",
            "'bkg' is of kind background, and this is the signal class",
        ),
        ("training.background", ["sig"], "training.background", "'sig' is of kind signal"),
        ("judgement", {"signal": []}, "judgement.signal", "no signal sample is left to judge by"),
        (
            "regions.window.select",
            "118 < mm < 132",
            "regions.window.select",
            "no input or observable 'mm'; did you mean m?",
        ),
        ("regions.window.select", "mass > 118", "regions.window.select", "no input or observable 'mass'"),
        ("systematics.rate.samples", ["bg"], "systematics.rate.samples", "no simulated sample 'bg'; did you mean bkg?"),
        ("systematics.rate.samples", ["data"], "systematics.rate.samples", "no simulated sample 'data'"),
        ("systematics.rate.samples", [], "systematics.rate.samples", "moves no sample"),
        ("systematics.rate.group", "statistics", "systematics.rate", "the fit itself uses the names"),
        ("systematics.mu", {"type": "normalisation", "size": 0.1}, "systematics.mu", "the fit itself uses the names"),
        ("inference.count.region", "windw", "inference.count.region", "no region 'windw'; did you mean window?"),
        ("inference.cut.model", "tree", "inference.cut.model", "no model 'tree'; did you mean trees?"),
        (
            "inference.score.observable",
            "forst",
            "inference.score.observable",
            "no model or observable 'forst'; did you mean forest?",
        ),
        ("inference.score.observable", "a", "inference.score.observable", "no model or observable 'a'"),
        (
            "inference.score.observable",
            "m × trees × forest",
            "inference.score.observable",
            "one axis, or two that differ",
        ),
        ("inference.score.observable", "m × m", "inference.score.observable", "one axis, or two that differ"),
        ("inference.score.regions", ["windw"], "inference.score.regions", "no region 'windw'; did you mean window?"),
        ("inference.score.regions", [], "inference.score.regions", "one at least"),
        ("inference.score.regions", ["window", "window"], "inference.score.regions", "each once"),
        ("inference.score.signal", ["sg"], "inference.score.signal", "no signal sample 'sg'; did you mean sig?"),
        ("inference.score.signal", ["bkg"], "inference.score.signal", "no signal sample 'bkg'"),
        ("inference.score.signal", [], "inference.score.signal", "one at least"),
        ("inference.score.bins", {"trees": 3}, "inference.score.bins", "no axis 'trees'; there are: forest"),
        ("inference.mass.bins", [102], "inference.mass.bins", "the edges of 'm' must rise"),
        ("inference.mass.bins", [102, 102, 110], "inference.mass.bins", "the edges of 'm' must rise"),
        ("inference.mass.bins", [110, 102], "inference.mass.bins", "the edges of 'm' must rise"),
        ("inference.mass.bins", [102, float("nan"), 110], "inference.mass.bins", "the edges of 'm' must rise"),
        (
            "inference.both.bins",
            [102, 118, 132],
            "inference.both.bins",
            "give the bins of each axis by its name: m, trees",
        ),
        ("inference.both.bins", {"mm": [102, 118], "m": 2}, "inference.both.bins", "no axis 'mm'; did you mean m?"),
        ("inference.both.bins", {"m": [118, 102]}, "inference.both.bins", "the edges of 'm' must rise"),
    ],
)
def test_a_planted_fault_is_told_at_its_place(configuration, path, value, place, message):
    at(configuration, path, value)
    if place is None:
        assert told(configuration) == []
        return
    assert any(where == place and message in said for where, said in told(configuration)), told(configuration)


SCALED = {"kind": "background", "files": "b.root", "cross_section": 2.0, "sum_of_weights": 100}


@pytest.mark.parametrize(
    ("sample", "place", "message"),
    [
        ({**SCALED, "cross_section": 0}, "cross_section", "is 0, not a number above zero"),
        ({**SCALED, "k_factor": "-1"}, "k_factor", "is -1, not a number above zero"),
        ({**SCALED, "sum_of_weights": "1 / 0"}, "sum_of_weights", "is inf, not a number above zero"),
        ({**SCALED, "filter_efficiency": 54}, "filter_efficiency", "a percentage is divided by 100"),
        ({**SCALED, "filter_efficiency": "eff / 100", "sum_of_weights": "files"}, None, None),
        ({**SCALED, "files": {"a": "a.root"}}, "files", "no files of the period 'b', 6 of 10 fb⁻¹"),
        ({**SCALED, "files": {"a": "a.root", "b": "b.root"}}, None, None),
        ({**SCALED, "files": "{period}.root", "luminosity": 3.0}, "luminosity", "which have luminosities of their own"),
        (
            {"kind": "data", "pseudo": True, "files": {"b": "b.root"}},
            "files",
            "no files of the period 'a', 4 of 10 fb⁻¹",
        ),
    ],
)
def test_numbers_and_periods_of_samples(configuration, sample, place, message):
    configuration["analysis"] |= {"luminosity": 10.0, "periods": {"a": 4.0, "b": 6.0}}
    configuration["samples"]["new"] = sample
    if place is None:
        assert told(configuration) == []
    else:
        [(where, said)] = told(configuration)
        assert (where, message in said) == (f"samples.new.{place}", True), said


def test_parts_together_have_files_of_all_periods(configuration):
    configuration["analysis"] |= {"luminosity": 10.0, "periods": {"a": 4.0, "b": 6.0}}
    parts = {"early": {"files": {"a": "a.root"}}, "late": {"files": {"b": "b.root"}}}
    configuration["samples"]["new"] = {**SCALED, "files": None, "parts": parts}
    assert told(configuration) == []
    del parts["late"]
    assert [place for place, _ in told(configuration)] == ["samples.new.files"]


@pytest.mark.parametrize("name", ["read", "duplicates removed", "is bkg"])
def test_a_cut_called_as_a_row_that_the_cutflow_has_anyway(configuration, name):
    configuration["events"]["select"] = {name: "x1 > 0"}
    assert told(configuration) == [
        (f"events.select.{name}", "a row of the cutflow is called so already; call this cut something else")
    ]


@pytest.mark.parametrize(
    ("friend", "message"),
    [
        ("BDT/{nmae}", "no placeholder 'nmae'; did you mean name?"),
        ("", "names neither a file nor a tree"),
        (":", "names neither a file nor a tree"),
        ("BDT/{name}:scores", None),
        ("BDT/{stem}.root", None),
        (":scores", None),
    ],
)
def test_friends_that_are_none(configuration, friend, message):
    configuration["events"]["friends"] = ["BDT/{name}", friend]
    if message is None:
        assert told(configuration) == []
    else:
        [(where, said)] = told(configuration)
        assert (where, message in said) == ("events.friends.1", True), said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (r"$\frac{1}{$ [GeV]", "what stands between dollars cannot be set: ParseSyntaxException"),
        ("$m_$", "what stands between dollars cannot be set"),
        (r"$\unknown$", "Unknown symbol"),
        (r"$p_\mathrm{T}(\ell_1)$ [GeV]", None),
        (r"5 \$ and \$", None),
        ("5 $", None),
    ],
)
def test_mathematics_that_cannot_be_set(configuration, text, message):
    configuration["features"]["titles"] = {"a": text}
    configuration["samples"]["bkg"]["label"] = configuration["analysis"]["label"] = text
    places = ["analysis.label", "features.titles.a", "samples.bkg.label"] if message else []
    assert [place for place, _ in told(configuration)] == places
    assert all(message in said for _, said in told(configuration))


def test_a_group_of_what_cannot_stand_there(configuration):
    configuration["groups"] = {"all": ["bkg", "data"]}
    configuration["systematics"] = {"x": {"type": "normalisation", "size": 0.1, "samples": ["all"]}}
    assert told(configuration) == [
        ("systematics.x.samples", "the group 'all' holds 'data', which is no simulated sample")
    ]


def test_one_point_of_a_grid_is_asked_for_before_its_files_are_known(configuration):
    configuration["samples"]["sig"]["files"] = "sig_{mass}.root"
    places = {where for where, said in told(configuration) if "[sig_...]" in said}
    assert {"judgement", "inference.count", "inference.score"} <= places


def test_a_judged_signal_is_one_that_models_are_trained_on(configuration):
    configuration["samples"] |= dict.fromkeys(("other", "third"), configuration["samples"]["sig"])
    configuration["groups"] = {"both": ["sig", "other"]}
    configuration |= {"training": {"signal": ["both"]}, "judgement": {"signal": ["third"]}}
    assert told(configuration) == [
        ("judgement.signal", "no model is trained on 'third', which `training.signal` leaves out")
    ]
    configuration["judgement"]["signal"] = ["third", "other"]
    assert told(configuration) == []
    configuration["judgement"]["signal"] = ["third"]
    del configuration["models"], configuration["inference"]
    assert told(configuration) == []


@pytest.mark.parametrize("select", ["m > 1", None])
def test_blind_data_need_a_signal_region(configuration, select):
    configuration["analysis"]["blind"] = True
    configuration["regions"] = {"window": {"kind": "control", "select": select}, "sides": {"kind": "control"}}
    assert [place for place, _ in told(configuration)] == ["analysis.blind"]
    configuration["regions"]["window"]["kind"] = "signal"
    assert told(configuration) == []


def test_blind_without_data_needs_no_region(configuration):
    configuration["analysis"]["blind"] = True
    del configuration["samples"]["data"]
    configuration["regions"]["window"]["kind"] = "control"
    assert told(configuration) == []


def test_every_fault_is_told(configuration):
    at(configuration, "inference.count.region", "windw")
    at(configuration, "training.signal", ["sg"])
    at(configuration, "samples.bkg.pseudo", True)
    assert {place for place, _ in told(configuration)} == {
        "inference.count.region",
        "training.signal",
        "samples.bkg.pseudo",
    }


def test_simulation_needs_a_luminosity_and_data_alone_do_not(tmp_path):
    text = """
fivesigma: 1
analysis: {name: some, energy: 13}
samples:
  all: {kind: data, files: all.csv}
features: {inputs: {x: x}, observables: {m: m}}
inference: {scan: {type: cwola_scan, observable: m, masses: [3000], window: 400, sideband: 400}}
"""
    path = tmp_path / "some.yaml"
    path.write_text(text)
    assert load_configuration(path).analysis.luminosity is None
    path.write_text(text.replace("  all: {kind: data", "  top: {kind: background, files: top.csv}\n  all: {kind: data"))
    with pytest.raises(ConfigurationError, match=r"analysis.luminosity: it is needed, in fb⁻¹"):
        load_configuration(path)
    path.write_text(text.replace("energy: 13}", "energy: 13, periods: {a: 1}}"))
    with pytest.raises(ConfigurationError, match=r"analysis.luminosity: it is needed"):
        load_configuration(path)
