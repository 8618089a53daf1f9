import dataclasses

import numpy as np
import pytest

from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import FivesigmaError
from fivesigma.core.estimate import Estimate
from fivesigma.core.sample import SampleInfo, Variation
from fivesigma.core.scores import Scores
from fivesigma.inference.systematics import Normalisation, ShapeSystematic
from fivesigma.inference.template_fit import fit_templates
from fivesigma.searches.classifier_systematics import classifier_systematics
from fivesigma.searches.count_and_fit import count_and_fit, score_templates
from fivesigma.searches.varied_scores import VariedScores

SAMPLES = (SampleInfo(name="sig", kind="signal"), SampleInfo(name="bkg", kind="background"))
SYSTEMATICS = (
    Normalisation(name="lumi", size=0.02, group="luminosity"),
    Normalisation(name="rate", size=0.10, samples=("bkg",), group="background"),
    ShapeSystematic(name="scale", group="detector"),
)


def events(shift=0.0, n=6000):
    generator = np.random.default_rng(3)
    signal = np.arange(n) % 2 == 0
    score = np.clip(np.where(signal, generator.random(n) ** 0.2, generator.random(n)) + shift, 0, 1)
    dataset = Dataset(
        X=score[:, None].astype(np.float32),
        inputs=("x",),
        observables={},
        weight=np.where(signal, 100.0, 4000.0) / (n / 2),
        id=np.arange(n, dtype=np.uint64),
        sample=np.where(signal, 0, 1).astype(np.int16),
        samples=SAMPLES,
    )
    return dataset, Scores(model="trees", raw=score, value=score, fold=(np.arange(n) // 2 % 3).astype(np.int8), folds=3)


VARIED = [
    VariedScores(variation=Variation("scale", label), dataset=dataset, scores=scores)
    for label, shift in (("up", 0.005), ("down", -0.005))
    for dataset, scores in [events(shift)]
]


def test_a_fit_of_the_whole_score_knows_the_background_from_its_low_end():
    scan = classifier_systematics(*events(), systematics=SYSTEMATICS, varied=VARIED)
    fit = fit_templates(score_templates(*events(), varied=VARIED, bins=[0, 0.5, 0.75, 0.9, 1]), SYSTEMATICS)
    result = count_and_fit(scan.best, fit)
    assert result.count == np.hypot(scan.best.total, scan.best.mc_statistics)
    assert result.fit == fit.sigma_mu
    assert result.gain == result.count / result.fit > 1.1
    assert result.fit_parts["background"] < result.count_parts["background"]
    assert result.fit_parts["signal"] == result.count_parts["signal"] == 0
    assert list(result.count_parts) == ["statistics", "signal", "background", "luminosity", "detector", "mc_statistics"]


def test_in_one_bin_without_a_cut_both_are_the_same():
    """There a fit has nothing to profile: linear propagation and the Fisher information agree."""
    systematics = [Normalisation(name="rate", size=0.02, samples=("bkg",), group="background")]
    scan = classifier_systematics(*events(), systematics=systematics, cuts=np.array([0.0]))
    fit = fit_templates(score_templates(*events(), bins=[0.0, 1.0]), systematics)
    result = count_and_fit(scan.best, fit)
    assert result.gain == pytest.approx(1, rel=0.02)
    for part in ("statistics", "background", "mc_statistics"):
        assert result.fit_parts[part] == pytest.approx(result.count_parts[part], rel=0.03)


def test_templates_hold_the_region_and_its_variations():
    dataset, scores = events()
    odd = dataset.id % 4 < 2
    made = score_templates(dataset, scores, odd, varied=VARIED, bins=4)
    assert made.blind
    (channel,) = made.channels
    assert channel.sum_of("background").sum() == pytest.approx(dataset.weight[odd & dataset.background].sum())
    assert {v.label for t in channel.templates for v in t.variations} == {"up", "down"}


def test_a_fit_to_data_or_of_other_groups_is_refused():
    scan = classifier_systematics(*events(), systematics=SYSTEMATICS[:2])
    fit = fit_templates(score_templates(*events(), bins=3), [Normalisation(name="odd", size=0.1)])
    with pytest.raises(FivesigmaError, match="the fit has a group 'odd'; the count has statistics, signal"):
        count_and_fit(scan.best, fit)
    seen = dataclasses.replace(fit, mu=Estimate(value=1, low=0, high=2, method="profile likelihood"))
    with pytest.raises(FivesigmaError, match="the fit is to data and the count is expected"):
        count_and_fit(scan.best, seen)
