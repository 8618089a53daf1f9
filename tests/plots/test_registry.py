import json
import struct
import subprocess
import sys
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from fivesigma.core.errors import FivesigmaError
from fivesigma.core.estimate import Estimate
from fivesigma.evaluation.correlation import correlations
from fivesigma.evaluation.distributions import feature_distributions, score_distribution
from fivesigma.evaluation.figures_of_merit import figures_of_merit
from fivesigma.evaluation.observable_dependence import observable_correlations
from fivesigma.evaluation.overtraining import overtraining
from fivesigma.evaluation.roc import roc
from fivesigma.evaluation.single_cuts import single_cuts
from fivesigma.plots.registry import plot
from fivesigma.plots.style import PALETTE, SIGNAL, Context, colours, numbers, plus_minus, sample_colours, save


@pytest.fixture(scope="module")
def results(toy):
    dataset, model = toy.dataset, toy.models[0]
    scored = toy.scored(model)
    return [
        roc(dataset, model, replicas=20),
        score_distribution(dataset, model, show_data=True),
        overtraining("trees", scored, scored),
        figures_of_merit(dataset, model),
        single_cuts(dataset, features=["x0"])[0],
        feature_distributions(dataset, features=["x0"])[0],
        correlations(dataset)[0],
        observable_correlations(dataset, model, replicas=20),
    ]


def test_every_result_has_a_figure_and_strict_json(results):
    for result in results:
        assert isinstance(plot(result), Figure)
        assert json.loads(json.dumps(numbers(result), allow_nan=False))


def test_unknown_results_are_told_what_there_is(results):
    with pytest.raises(FivesigmaError, match=r"no figure for a float; there are for: .*Overtraining, .*RocCurve"):
        plot(1.5)
    with pytest.raises(FivesigmaError, match=r"no figure for several Overtraining together; .*RocCurve"):
        plot([results[2], results[2]])
    with pytest.raises(FivesigmaError, match="not MeritScan, RocCurve"):
        plot([results[0], results[3]])
    with pytest.raises(FivesigmaError, match="not nothing"):
        plot([])


def test_no_figure_claims_what_it_was_not_told(results):
    for result in results:
        assert not any(axes.get_title(loc="left") for axes in plot(result).axes[:1])


def test_drawing_leaves_the_settings_and_pyplot_alone(results):
    before = dict(mpl.rcParams)
    plot(results[0])
    assert dict(mpl.rcParams) == before
    import matplotlib.pyplot as plt

    assert plt.get_fignums() == []


def test_the_same_result_gives_the_same_bytes(results, tmp_path):
    context = Context(label="CMS open data", luminosity=11.6, energy=8)
    files = [save(plot(results[1], context=context), tmp_path / name) for name in ("one", "two")]
    assert [path.name for path in files[0]] == ["one.svg", "one.pdf"]
    for first, second in zip(*files, strict=True):
        assert first.read_bytes() == second.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.pdf", "one.svg", "two.pdf", "two.svg"]


def test_another_process_gives_the_same_bytes(tmp_path):
    script = (
        "import sys, numpy as np\n"
        "from fivesigma.evaluation.roc import roc_curve\n"
        "from fivesigma.plots.registry import plot\n"
        "from fivesigma.plots.style import save\n"
        "score = np.linspace(0, 1, 50)\n"
        "save(plot(roc_curve(score, score + np.sin(9 * score) > 0.5, replicas=10)), sys.argv[1], ['svg'])\n"
    )
    for name in ("one", "two"):
        subprocess.run([sys.executable, "-W", "error", "-c", script, str(tmp_path / name)], check=True)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


def test_a_figure_can_be_saved_again_and_again(results, tmp_path):
    figure = plot(results[0])
    assert save(figure, tmp_path / "one", ["png"])[0].stat().st_size > 10_000
    assert save(figure, tmp_path / "two", ["png"])[0].stat().st_size > 10_000


def test_the_context_stands_at_the_top(results):
    context = Context(label="simulation", luminosity=140.0, energy=13, title="H → ZZ* → 4ℓ")
    figure = plot(results[1], context=context)
    assert figure.axes[0].get_title(loc="left") == "simulation"
    assert figure.axes[0].get_title(loc="right") == "140 fb⁻¹ (13 TeV)"
    assert figure.get_suptitle() == "H → ZZ* → 4ℓ"
    assert Context(energy=13).conditions == "13 TeV"
    assert Context(luminosity=11.58).conditions == "11.58 fb⁻¹"
    assert Context().conditions == ""
    assert Context(luminosity=11.6, energy=8, blind=True).conditions == "blind, 11.6 fb⁻¹ (8 TeV)"
    assert Context(blind=True).conditions == "blind"


def test_colours_stay_from_figure_to_figure():
    context = Context(names=("trees", "network", "forest"))
    assert colours(["forest"], context)["forest"] == colours(["network", "forest"], context)["forest"]
    assert colours(["new", "trees"], context) | {} == colours(["trees", "new"], context)
    curves = set(colours(map(str, range(9))).values())
    assert len(curves) == 9
    assert SIGNAL not in curves
    samples = sample_colours(["higgs", "other signal"], ["zz", "jets"])
    assert samples["higgs"] == SIGNAL
    assert samples["zz"] == PALETTE[0]
    assert len(set(samples.values())) == 4


@dataclass(frozen=True)
class _Inner:
    array: np.ndarray
    nothing: None = None


def test_numbers_are_strict_json():
    result = {"a": _Inner(np.array([[1.0, np.nan], [np.inf, 2.0]])), 3: (np.float64(0.5), np.int64(2), True, "x")}
    assert numbers(result) == {
        "a": {"array": [[1.0, None], [None, 2.0]], "nothing": None},
        "3": [0.5, 2, True, "x"],
    }
    with pytest.raises(TypeError, match="can't hold a set"):
        numbers({"a": {1, 2}})


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.81234, 0.0023, "0.8123 ± 0.0023"),
        (12.3, 1.4, "12.3 ± 1.4"),
        (250.0, 31.0, "250 ± 31"),
        (0.5, 0.0, "0.500 ± 0.000"),
        (1 - 2.4e-14, 6.7e-16, "1.000 ± 0.000"),
        (-1.8e-14, 7e-16, "0.000 ± 0.000"),
        (-0.31, 0.12, "−0.31 ± 0.12"),
    ],
)
def test_errors_are_quoted_to_two_digits(value, error, text):
    estimate = Estimate(value=value, low=value - error, high=value + error, method="test")
    assert plus_minus(estimate) == text


def test_a_figure_shows_itself_in_a_notebook_and_pyplot_does_not_know_it(results):
    content, size = plot(results[0])._repr_png_()
    width, height = struct.unpack(">II", content[16:24])
    assert content.startswith(b"\x89PNG")
    assert (width, height) == pytest.approx((2 * size["width"], 2 * size["height"]), abs=1)
    assert plt.get_fignums() == []
