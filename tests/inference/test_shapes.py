from pathlib import Path

import numpy as np
import pyhf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.sample import SampleInfo, Variation
from fivesigma.inference.binning import score_bins
from fivesigma.inference.filling import templates
from fivesigma.inference.limit_plane import SignalPoint
from fivesigma.inference.pruning import kept_systematics
from fivesigma.inference.pyhf_engine import PyhfModel
from fivesigma.inference.pyhf_workspace import validate_workspace
from fivesigma.inference.shapes import ShapeEffect
from fivesigma.inference.shapes import shape_effect as shape_effect_in
from fivesigma.inference.signal_grid import fit_point
from fivesigma.inference.systematics import Normalisation, ShapeSystematic
from fivesigma.inference.template_fit import fit_templates, upper_limit
from fivesigma.inference.templates import Channel, Template, Templates
from fivesigma.inference.variation_checks import check_variations
from fivesigma.inference.varied_events import VariedEvents
from fivesigma.inference.workspace import build_workspace

TOY = Path(__file__).parents[3] / "shared" / "data" / "toy_systematics"
ZZ = np.array([100.0, 50.0, 20.0, 40.0])
OBSERVED = np.array([110.0, 48.0, 25.0, 44.0])
UP, DOWN = Variation("tilt", "up"), Variation("tilt", "down")
TILT = np.array([1.1, 1.0, 0.9, 0.85])


def template(name: str, values: np.ndarray, variations: dict[Variation, np.ndarray] | None = None) -> Template:
    sample = SampleInfo(name=name, kind="signal" if name == "higgs" else "background")
    return Template(sample=sample, values=values, variances=np.square(values) / 1000, variations=variations or {})


def made(variations: dict[Variation, np.ndarray], *, observed: np.ndarray | None = OBSERVED) -> Templates:
    parts = (template("higgs", np.array([1.0, 5.0, 10.0, 8.0])), template("zz", ZZ, variations))
    return Templates(channels=(Channel(name="sr", binning=score_bins(4), templates=parts, observed=observed),))


def shape_effect(one: Template, systematic: ShapeSystematic) -> ShapeEffect | None:
    channel = Channel(name="sr", binning=score_bins(len(one.values)), templates=(one,))
    return shape_effect_in(channel, one, systematic)


def tilt(combine: str = "one-sided", **options) -> ShapeSystematic:
    return ShapeSystematic(name="tilt", combine=combine, **options)


def modifiers(workspace, sample: int = 1) -> dict[str, dict]:
    return {
        m["type"]: m["data"] for m in workspace["channels"][0]["samples"][sample]["modifiers"] if m["name"] == "tilt"
    }


RATE = Normalisation(name="tilt", size=0.1, samples=("zz",))


@pytest.fixture(scope="module")
def rate():
    return fit_templates(made({}), [RATE])


@pytest.mark.parametrize(
    ("variations", "combine"),
    [
        ({UP: 1.1 * ZZ}, "one-sided"),
        ({DOWN: ZZ / 1.1}, "one-sided"),
        ({UP: 1.1 * ZZ, DOWN: ZZ / 1.1}, "two-sided"),
    ],
)
def test_a_variation_of_the_yield_alone_is_a_normalisation(rate, variations, combine: str) -> None:
    shape = fit_templates(made(variations), [tilt(combine)])
    assert set(modifiers(shape.workspace)) == {"normsys"}
    assert shape.limit_expected == pytest.approx(rate.limit_expected, rel=1e-9)
    assert shape.limit_observed == pytest.approx(rate.limit_observed, rel=1e-6)
    assert shape.breakdown == pytest.approx(rate.breakdown, rel=1e-6)
    assert shape.mu.value == pytest.approx(rate.mu.value, rel=1e-5)


def test_at_one_sigma_the_model_expects_the_varied_templates() -> None:
    both = made({UP: ZZ * TILT, DOWN: ZZ * [0.95, 1, 1.2, 1.3]})
    model = PyhfModel(build_workspace(both, [tilt("two-sided")], ["higgs"]))
    (index,) = (i for i, p in enumerate(model.parameters) if p.name == "tilt")
    for pull, expected in ((1, ZZ * TILT), (-1, ZZ * [0.95, 1, 1.2, 1.3]), (0, ZZ)):
        values = model.nominal.copy()
        values[[model.poi, index]] = 0, pull
        assert model.expected(values) == pytest.approx(expected, rel=1e-12)


def test_a_mirrored_shape_keeps_the_total_and_its_factor_is_turned_round() -> None:
    effect = shape_effect(template("zz", ZZ, {UP: ZZ * TILT}), tilt())
    assert effect.factor_up == pytest.approx((ZZ * TILT).sum() / ZZ.sum())
    assert effect.factor_down == pytest.approx(1 / effect.factor_up)
    assert effect.up + effect.down == pytest.approx(2 * ZZ)
    assert (effect.up.sum(), effect.down.sum()) == pytest.approx((ZZ.sum(), ZZ.sum()))
    turned = shape_effect(template("zz", ZZ, {DOWN: ZZ * TILT}), tilt())
    assert (turned.factor_down, turned.factor_up) == (effect.factor_up, effect.factor_down)
    assert turned.down == pytest.approx(effect.up)


@settings(max_examples=50, deadline=None)
@given(
    nominal=st.lists(st.floats(0.1, 1e4), min_size=4, max_size=4),
    varied=st.lists(st.floats(-1e3, 1e4), min_size=4, max_size=4),
    combine=st.sampled_from(["one-sided", "two-sided"]),
)
def test_templates_at_one_sigma_are_positive_whatever_the_variation(nominal, varied, combine) -> None:
    values = np.asarray(nominal)
    variations = {UP: np.asarray(varied)} | ({DOWN: values} if combine == "two-sided" else {})
    effect = shape_effect(template("zz", values, variations), tilt(combine))
    assert min(effect.factor_up, effect.factor_down) > 0
    assert np.all(effect.up > 0)
    assert np.all(effect.down > 0)


def test_a_shape_has_one_parameter_that_is_pulled_and_costs_like_others() -> None:
    other = Channel(name="cr", binning=score_bins(4), templates=(template("zz", 5 * ZZ, {UP: 5 * ZZ * TILT}),))
    both = Templates(channels=(*made({UP: ZZ * TILT}).channels, other)).with_data(
        {"cr": 5 * ZZ * (1 + 0.7 * (TILT - 1))}
    )
    result = fit_templates(both, [tilt(group="theory"), Normalisation(name="luminosity", size=0.02)])
    (found,) = (p for p in result.pulls.parameters if p.name == "tilt")
    assert (found.group, found.nominal, found.width) == ("theory", 0, 1)
    assert found.pull == pytest.approx(0.7, abs=0.15)  # the other region knows it
    assert found.constraint < 0.7
    assert set(result.breakdown) == {"statistics", "theory", "luminosity", "mc_statistics"}
    assert result.breakdown["theory"] > 0
    validate_workspace(result.workspace)


def test_samples_that_were_not_varied_stay() -> None:
    workspace = build_workspace(made({UP: ZZ * TILT}), [tilt()], ["higgs"])
    assert modifiers(workspace, sample=0) == {}
    assert set(modifiers(workspace)) == {"normsys", "histosys"}


def test_a_point_of_a_grid_leaves_out_shapes_of_absent_samples() -> None:
    varied = template("other", ZZ, {UP: ZZ * TILT})
    signal = Template(
        sample=SampleInfo(name="other", kind="signal"),
        values=varied.values,
        variances=varied.variances,
        variations=varied.variations,
    )
    (channel,) = made({}).channels
    parts = (*channel.templates, signal)
    both = Templates(channels=(Channel(name="sr", binning=channel.binning, templates=parts),))
    point = fit_point(both, SignalPoint(parameters={"m": 1}, signal=("higgs",)), [tilt(samples=("other",))])
    assert point.failure is None
    assert modifiers(point.result.workspace) == {}
    assert point.result.findings == ()


def codes(variations, *systematics: ShapeSystematic) -> list[tuple[str, str, str]]:
    found = check_variations(made(variations), systematics, ["higgs"], "shape")
    return [(finding.code, finding.severity, finding.subject) for finding in found]


def test_a_bin_that_a_variation_empties_is_found() -> None:
    vanishing = [("variation-not-positive", "warning", "sr/zz")]
    assert codes({UP: ZZ * [1, 1, 1, 0]}, tilt()) == vanishing
    assert codes({UP: ZZ * [1, 1, 1, -0.5]}, tilt()) == vanishing
    assert codes({UP: ZZ, DOWN: ZZ * [1, 1, 1, 0]}, tilt("two-sided")) == vanishing
    assert codes({UP: ZZ * [1, 1, 1, 4]}, tilt()) == vanishing  # mirrored
    assert codes({UP: ZZ * TILT}, tilt()) == []
    (finding,) = fit_templates(made({UP: ZZ * [1, 1, 1, 0]}, observed=None), [tilt()]).findings
    assert "tilt leaves nothing at one of ±1σ in 1 of 4 bins, first in bin 4 (score 0.75 to 1)" in finding.message


def test_what_changes_nothing_is_left_out_and_said() -> None:
    little, enough = {UP: ZZ * [1, 1, 1, 1.0009]}, {UP: ZZ * [1, 1, 1, 1.0014]}
    assert codes(little, tilt()) == [("systematic-pruned", "info", "shape/tilt")]
    assert codes(enough, tilt()) == [("systematic-pruned", "info", "shape/tilt")]  # the total, and that alone
    assert kept_systematics(made(little), [tilt(), RATE], ["higgs"]) == (RATE,)
    assert kept_systematics(made(enough), [tilt(), RATE], ["higgs"]) == (tilt(), RATE)
    result = fit_templates(made(little, observed=None), [tilt()])
    assert "tilt" not in {p.name for p in result.parameters}
    assert result.limit_expected == upper_limit(made({}, observed=None)).expected


def test_variations_that_nobody_takes_up_are_found() -> None:
    assert codes({UP: ZZ * TILT}) == [("variation-not-used", "warning", "shape")]
    assert codes({UP: ZZ}) == []


@pytest.mark.parametrize(
    ("variations", "systematic", "match"),
    [
        ({}, tilt(), "'tilt': the templates hold no variation of it"),
        ({Variation("tlit", "up"): ZZ}, tilt(), r"no variation of it; did you mean tlit\?"),
        ({UP: ZZ}, tilt("two-sided"), "up and down; there are: up; combine='one-sided' mirrors a single one"),
        ({UP: ZZ, DOWN: ZZ}, tilt(), "'zz': a one-sided systematic has one variation; there are: down, up"),
        ({UP: ZZ}, tilt(samples=("zz", "higgs")), "'higgs': a one-sided systematic has one variation; there are: none"),
        ({UP: ZZ}, tilt(samples=("zzz",)), "no sample 'zzz'"),
    ],
)
def test_variations_that_do_not_combine_are_refused(variations, systematic: ShapeSystematic, match: str) -> None:
    with pytest.raises(FivesigmaError, match=match):
        upper_limit(made(variations), [systematic])


class Toy:
    """The small ntuples: jet pT, charge and weights of signal, background, varied background and pseudo-data."""

    edges = np.array([200.0, 300, 400, 500, 600])
    trees = ("signal", "background", "background_varied")

    def __init__(self) -> None:
        uproot = pytest.importorskip("uproot")
        if not TOY.exists():
            pytest.skip(f"{TOY} is absent")
        with uproot.open(TOY / "prediction.root") as file:
            events = {name: file[name].arrays(library="np") for name in self.trees}
        with uproot.open(TOY / "data.root") as file:
            events["data"] = file["pseudodata"].arrays(library="np")
        kept = {
            name: (tree["lep_charge"] > 0) & (tree["jet_pt"] >= 200) & (tree["jet_pt"] < 600)
            for name, tree in events.items()
        }
        self.events = {name: {key: v[kept[name]] for key, v in tree.items()} for name, tree in events.items()}
        self.events["data"]["weight"] = np.ones(len(self.events["data"]["jet_pt"]))

    def histogram(self, name: str, weight: str = "weight", power: int = 1) -> np.ndarray:
        tree = self.events[name]
        return np.histogram(tree["jet_pt"], self.edges, weights=tree[weight] ** power)[0]

    def dataset(self, **trees: str) -> Dataset:
        """Return a Dataset of the samples named, each from the tree named."""
        parts = [self.events[tree] for tree in trees.values()]
        weight = np.concatenate([part["weight"] for part in parts])
        kinds = {"signal": "signal", "background": "background", "data": "data"}
        return Dataset(
            X=np.zeros((len(weight), 1), dtype=np.float32),
            inputs=("x",),
            observables={"jet_pt": np.concatenate([part["jet_pt"] for part in parts])},
            weight=weight,
            id=np.arange(len(weight), dtype=np.uint64),
            sample=np.repeat(np.arange(len(parts)), [len(part["weight"]) for part in parts]).astype(np.int16),
            samples=tuple(SampleInfo(name=name, kind=kinds[name]) for name in trees),
        )

    def weights(self, dataset: Dataset, weight: str, factor: float = 1.0) -> np.ndarray:
        """Return the weights of all events with those of the background exchanged."""
        other = dataset.weight.copy()
        other[dataset.background] = factor * self.events["background"][weight]
        return other

    def model(self) -> dict:
        """Return a HistFactory model written down bin by bin, without any code of ours."""
        nominal = self.histogram("background")
        shift, up = self.histogram("background_varied"), self.histogram("background", "weight_up")
        mirrored = 2 * nominal - shift * nominal.sum() / shift.sum()
        ratio = shift.sum() / nominal.sum()

        def systematic(name: str, high: float, low: float, high_data: np.ndarray, low_data: np.ndarray) -> list[dict]:
            shape = {"hi_data": high_data.tolist(), "lo_data": low_data.tolist()}
            return [
                {"name": name, "type": "normsys", "data": {"hi": high, "lo": low}},
                {"name": name, "type": "histosys", "data": shape},
            ]

        lumi = {"name": "luminosity", "type": "normsys", "data": {"hi": 1.05, "lo": 1 / 1.05}}
        of_signal = [{"name": "mu", "type": "normfactor", "data": None}, lumi]
        of_background = [
            lumi,
            *systematic("modelling", ratio, 1 / ratio, shift / ratio, mirrored),
            *systematic("weights", up.sum() / nominal.sum(), 0.7, up * nominal.sum() / up.sum(), nominal),
        ]
        samples = []
        for name, modifiers in (("signal", of_signal), ("background", of_background)):
            errors = np.sqrt(self.histogram(name, power=2)).tolist()
            modifiers.append({"name": f"st_{name}", "type": "staterror", "data": errors})
            samples.append({"name": name, "data": self.histogram(name).tolist(), "modifiers": modifiers})
        return {"channels": [{"name": "sr", "samples": samples}]}


def test_real_ntuples_have_the_limit_of_a_model_written_by_hand() -> None:
    toy = Toy()
    dataset = toy.dataset(signal="signal", background="background", data="data")
    varied = toy.dataset(background="background_varied")
    filled = templates(
        dataset,
        dataset.observables["jet_pt"],
        bins=toy.edges,
        floor=0,
        name="jet_pt",
        weights={
            Variation("weights", "up"): toy.weights(dataset, "weight_up"),
            Variation("weights", "down"): toy.weights(dataset, "weight", 0.7),
        },
        varied=[
            VariedEvents(variation=Variation("modelling", "up"), dataset=varied, values=varied.observables["jet_pt"])
        ],
    )
    systematics = (
        Normalisation(name="luminosity", size=0.05),
        ShapeSystematic(name="weights"),
        ShapeSystematic(name="modelling", combine="one-sided"),
    )
    mine = upper_limit(filled, systematics, nuisances="profiled")
    smooth = {"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}}
    model = pyhf.Model(toy.model(), validate=False, modifier_settings=smooth)
    data = [*toy.histogram("data"), *model.config.auxdata]
    for strength, number in ((mine.observed, None), (mine.expected[2], 2), (mine.expected[4], 4)):
        above, below = (
            pyhf.infer.hypotest(factor * strength, data, model, return_expected_set=True) for factor in (0.9999, 1.0001)
        )
        cls = [float(found[0] if number is None else found[1][number]) for found in (above, below)]
        assert cls[0] > 0.05 > cls[1]
