import dataclasses

import numpy as np
import pytest

from fivesigma.core.dataset import Dataset
from fivesigma.core.sample import SampleInfo, Variation
from fivesigma.core.scores import Scores
from fivesigma.inference.systematics import Normalisation, ShapeSystematic
from fivesigma.plots.registry import plot
from fivesigma.plots.style import Context
from fivesigma.searches.classifier_systematics import StrengthScan, classifier_systematics
from fivesigma.searches.count_and_fit import CountAndFit
from fivesigma.searches.shifted_scores import shifted_scores
from fivesigma.searches.varied_scores import VariedScores

CONTEXT = Context(label="simulation", luminosity=10, energy=13, names=("trees", "forest"), titles={"trees": "Trees"})
SYSTEMATICS = (
    Normalisation(name="rate", size=0.1, samples=("bkg",), group="background"),
    ShapeSystematic(name="scale", group="detector"),
)


def events(shift=0.0, n=4000):
    generator = np.random.default_rng(2)
    signal = np.arange(n) % 2 == 0
    score = np.clip(np.where(signal, generator.random(n) ** 0.2, generator.random(n)) + shift, 0, 1)
    dataset = Dataset(
        X=score[:, None].astype(np.float32),
        inputs=("x",),
        observables={},
        weight=np.where(signal, 0.1, 1.0),
        id=np.arange(n, dtype=np.uint64),
        sample=np.where(signal, 0, 1).astype(np.int16),
        samples=(SampleInfo(name="sig", kind="signal"), SampleInfo(name="bkg", kind="background")),
    )
    return dataset, Scores(model="trees", raw=score, value=score, fold=(np.arange(n) // 2 % 3).astype(np.int8), folds=3)


VARIED = [
    VariedScores(variation=Variation("scale", label), dataset=dataset, scores=scores)
    for label, shift in (("up", 0.01), ("down", -0.01))
    for dataset, scores in [events(shift)]
]


@pytest.fixture(scope="module")
def scan() -> StrengthScan:
    return classifier_systematics(*events(), systematics=SYSTEMATICS, varied=VARIED, floor=30)


def legend(figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def line(axes, label):
    return next(line for line in axes.lines if line.get_label() == label)


def test_the_parts_are_drawn_as_far_as_the_floor_allows(scan) -> None:
    figure = plot(scan, context=CONTEXT)
    (axes,) = figure.axes
    shown = scan.background_effective >= 30
    for label, values in (
        ("total", scan.uncertainty.total),
        ("detector", scan.uncertainty.detector),
        ("simulated events", scan.mc_statistics),
    ):
        cuts, drawn = line(axes, label).get_data()
        assert list(cuts) == list(scan.cuts[shown])
        assert np.nan_to_num(drawn) == pytest.approx(values[shown])
    assert shown.sum() < len(scan.cuts)
    assert "luminosity" not in legend(figure)  # there is none of it
    assert line(axes, "best, chosen on other folds").get_data() == ([scan.best.cut], [scan.best.total])
    assert "Trees" in axes.get_xlabel()


def test_the_totals_of_several_models_are_drawn_together(scan) -> None:
    other = dataclasses.replace(scan, model="forest", best=dataclasses.replace(scan.best, model="forest", total=0.5))
    figure = plot([scan, other], context=CONTEXT)
    assert legend(figure)[1] == f"forest: 0.50 at {scan.best.cut:.3g}"
    assert legend(figure)[0].startswith("Trees: ")
    colours = {text: line(figure.axes[0], text).get_color() for text in legend(figure)[:2]}
    assert len(set(colours.values())) == 2


def test_shifted_scores_stand_over_their_ratios() -> None:
    result = shifted_scores(*events(), systematic="scale", varied=VARIED, bins=8)
    main, ratio = plot(result, context=CONTEXT).axes
    texts = [text.get_text() for text in main.get_legend().get_texts()]
    assert texts[:3] == ["signal, nominal", "signal, up", "signal, down"]
    background = result.classes[1]
    steps = [patch.get_data().values for patch in ratio.patches]
    expected = background.shifts[0].total / background.nominal
    assert any(len(step) == len(expected) and np.allclose(step, expected) for step in steps)


def test_counts_stand_beside_fits() -> None:
    parts = {"statistics": 0.1}
    results = [
        CountAndFit(model="trees", count=0.4, fit=0.3, gain=4 / 3, count_parts=parts, fit_parts=parts),
        CountAndFit(model="forest", count=0.5, fit=0.25, gain=2.0, count_parts=parts, fit_parts=parts),
    ]
    (axes,) = plot(results, context=CONTEXT).axes
    assert [bar.get_width() for bar in axes.patches] == [0.4, 0.5, 0.3, 0.25]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["Trees", "forest"]
