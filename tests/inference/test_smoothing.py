from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from fivesigma.core.errors import FivesigmaError
from fivesigma.core.sample import SampleInfo, Variation
from fivesigma.inference.binning import Axis, Binning, score_bins
from fivesigma.inference.shapes import noise_in_shape, shape_effect
from fivesigma.inference.smoothing import NOISE_ABOVE, noise_probability, smoothed_ratios
from fivesigma.inference.systematics import ShapeSystematic
from fivesigma.inference.templates import Channel, Template, Templates, VariedStatistics
from fivesigma.inference.variation_checks import check_variations

UP, DOWN = Variation("jes", "up"), Variation("jes", "down")
BINS = 20
X = (np.arange(BINS) + 0.5) / BINS


def alternative(rng: np.random.Generator, slope: float, *, events: float = 400, label: str = "up") -> Template:
    """Return a background whose alternative sample has the same number of events, and a slope."""
    nominal, varied = (rng.poisson(events * shape).astype(float) for shape in (np.ones(BINS), 1 + slope * (X - 0.5)))
    variation = Variation("jes", label)
    return Template(
        sample=SampleInfo(name="zz", kind="background"),
        values=nominal,
        variances=nominal,
        variations={variation: varied},
        statistics={variation: VariedStatistics(variances=varied, shared=np.zeros(BINS))},
    )


def channel(template: Template, scale: float = 1.0) -> Channel:
    return Channel(name="sr", binning=score_bins(len(template.values)), templates=(template.scaled(scale),))


def jes(smooth: float | None = None) -> ShapeSystematic:
    return ShapeSystematic(name="jes", combine="one-sided", smooth=smooth)


def test_p_values_of_noise_are_uniform() -> None:
    rng = np.random.default_rng(1)
    found = [noise_in_shape(alternative(rng, 0.0), jes()) for _ in range(400)]
    assert stats.kstest(found, "uniform").pvalue > 0.01


def test_p_values_of_noise_in_two_variations_are_uniform_too() -> None:
    """The least of two p-values would be below 5 % for 9.75 % of the noise."""
    rng, found = np.random.default_rng(7), []
    exact = np.full(BINS, 1e4)
    for _ in range(1000):
        varied = {variation: rng.poisson(400, BINS).astype(float) for variation in (UP, DOWN)}
        template = Template(
            sample=SampleInfo(name="zz", kind="background"),
            values=exact,
            variances=0 * exact,
            variations=varied,
            statistics={v: VariedStatistics(variances=n, shared=np.zeros(BINS)) for v, n in varied.items()},
        )
        found.append(noise_in_shape(template, ShapeSystematic(name="jes")))
    assert stats.binomtest(int(np.sum(np.asarray(found) < NOISE_ABOVE)), 1000, NOISE_ABOVE).pvalue > 0.01
    assert stats.kstest(found, "uniform").pvalue > 0.01


def test_a_slope_is_no_noise_and_one_bin_has_no_shape() -> None:
    assert noise_in_shape(alternative(np.random.default_rng(2), 0.5), jes()) < 1e-6
    assert noise_probability(np.array([10.0]), np.array([20.0]), np.array([1.0])) == 1.0
    exact = np.array([10.0, 20.0])
    assert noise_probability(exact, 1.1 * exact, np.zeros(2)) == 1.0


def test_noise_is_dropped_and_its_total_kept() -> None:
    template = alternative(np.random.default_rng(3), 0.0)
    effect = shape_effect(channel(template), template, jes(0.05))
    assert effect.groups == 0
    assert effect.up == pytest.approx(template.values)
    assert effect.factor_up == pytest.approx(template.variations[UP].sum() / template.total)
    as_filled = shape_effect(channel(template), template, jes())
    assert as_filled.groups is None
    assert as_filled.up * as_filled.factor_up == pytest.approx(template.variations[UP])


def test_a_slope_is_averaged_to_the_error_asked_for_and_nearer_to_the_truth() -> None:
    rng, slope = np.random.default_rng(4), 0.4
    truth, rough, fine = 1 + slope * (X - 0.5), [], []
    for _ in range(50):
        template = alternative(rng, slope)
        raw, smooth = (shape_effect(channel(template), template, jes(to)) for to in (None, 0.03))
        assert 2 <= smooth.groups < BINS
        assert smooth.factor_up == pytest.approx(raw.factor_up)
        assert smooth.up.sum() == pytest.approx(template.total)
        rough.append(raw.up / template.values - truth)
        fine.append(smooth.up / template.values - truth)
    assert np.std(fine) < 0.75 * np.std(rough)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), error=st.floats(0.005, 0.2))
def test_groups_are_known_as_well_as_asked_for_and_normalisation_stays(seed: int, error: float) -> None:
    template = alternative(np.random.default_rng(seed), 0.5)
    nominal, varied = template.values, template.variations[UP]
    moments = (varied, np.zeros(BINS), nominal)
    (ratio,), groups = smoothed_ratios(nominal, [varied], [moments], np.zeros(BINS, dtype=np.int64), error)
    assert (ratio * nominal).sum() == pytest.approx(varied.sum())
    starts = [0, *(np.flatnonzero(np.diff(ratio)) + 1).tolist(), BINS]
    assert len(starts) - 1 <= groups <= BINS
    for start, stop in pairwise(starts):
        n, v = nominal[start:stop].sum(), varied[start:stop].sum()
        if groups > 1:
            assert ratio[start] == pytest.approx(v / n)
            assert np.sqrt(v + (v / n) ** 2 * n) / n <= error * (1 + 1e-9)


def test_bins_of_different_rows_are_not_averaged() -> None:
    nominal, rows = np.full(4, 100.0), np.array([0, 0, 1, 1])
    varied = np.array([110.0, 130.0, 80.0, 100.0])
    moments = (varied, np.zeros(4), nominal)
    (ratio,), groups = smoothed_ratios(nominal, [varied], [moments], rows, 0.12)
    assert ratio == pytest.approx([1.2, 1.2, 0.9, 0.9])
    assert groups == 2


def test_a_row_that_stays_unknown_has_the_ratio_of_the_totals() -> None:
    nominal, rows = np.array([1000.0, 1000.0, 5.0, 5.0]), np.array([0, 0, 1, 1])
    varied = np.array([1200.0, 1000.0, 9.0, 7.0])
    (ratio,), groups = smoothed_ratios(nominal, [varied], [(varied, np.zeros(4), nominal)], rows, 0.06)
    assert ratio == pytest.approx([1.2, 1.0, 2216 / 2010, 2216 / 2010])
    assert groups == 3


def test_empty_bins_are_merged_with_neighbours() -> None:
    nominal, varied = np.array([0.0, 100.0, 100.0]), np.array([2.0, 98.0, 130.0])
    (ratio,), _ = smoothed_ratios(nominal, [varied], [(varied, np.zeros(3), nominal)], np.zeros(3, dtype=np.int64), 0.2)
    assert ratio == pytest.approx([1.0, 1.0, 1.3])


def test_grids_are_smoothed_along_their_rows() -> None:
    axes = (Axis(name="mass", edges=(0, 1, 2)), Axis(name="score", edges=(0, 1, 2)))
    nominal, varied = np.full(4, 400.0), np.array([480.0, 520.0, 320.0, 280.0])
    template = Template(
        sample=SampleInfo(name="zz", kind="background"),
        values=nominal,
        variances=nominal,
        variations={UP: varied},
        statistics={UP: VariedStatistics(variances=varied, shared=np.zeros(4))},
    )
    grid = Channel(name="sr", binning=Binning(axes=axes), templates=(template,))
    effect = shape_effect(grid, template, jes(0.06))
    assert effect.up == pytest.approx([500, 500, 320, 280])  # of the first row neither bin is known to 6 %


def test_without_statistics_nothing_can_be_smoothed() -> None:
    template = Template(
        sample=SampleInfo(name="zz", kind="background"),
        values=np.ones(2),
        variances=np.ones(2),
        variations={UP: np.array([1.1, 0.9])},
    )
    with pytest.raises(
        FivesigmaError, match="region 'sr', sample 'zz': nothing can be smoothed without the statistics"
    ):
        shape_effect(channel(template), template, jes(0.01))


def found(template: Template, systematic: ShapeSystematic, scale: float = 1.0) -> list:
    return list(check_variations(Templates(channels=(channel(template, scale),)), [systematic], [], "fit"))


def test_noise_that_a_fit_would_take_for_knowledge_is_found() -> None:
    (finding,) = found(alternative(np.random.default_rng(3), 0.0), jes())
    assert (finding.code, finding.severity, finding.subject) == ("shape-is-noise", "warning", "fit/jes")
    assert finding.evidence["parts"] == ["sr/zz"]
    assert 0.1 < finding.evidence["width"] < 0.4  # 20 bins of noise twice that of the data: (1 + 20 · 2)^-1/2
    # a thousandth of the luminosity: the same relative noise, and nothing that data could tell
    assert found(alternative(np.random.default_rng(3), 0.0), jes(), scale=1e-5) == []
    assert found(alternative(np.random.default_rng(2), 0.5), jes()) == []


def test_what_was_smoothed_is_said() -> None:
    (dropped,) = found(alternative(np.random.default_rng(3), 0.0), jes(0.05))
    assert (dropped.code, dropped.severity) == ("shape-smoothed", "info")
    assert dropped.message.endswith("sr/zz dropped as noise")
    (merged,) = found(alternative(np.random.default_rng(2), 0.5), jes(0.03))
    assert merged.code == "shape-smoothed"
    assert "of 20 bins" in merged.message


def test_both_variations_have_the_same_groups() -> None:
    rng = np.random.default_rng(8)
    up, down = alternative(rng, 0.5), alternative(rng, -0.5, label="down")
    both = Template(
        sample=up.sample,
        values=up.values,
        variances=up.variances,
        variations={UP: up.variations[UP], DOWN: down.variations[DOWN]},
        statistics={UP: up.statistics[UP], DOWN: down.statistics[DOWN]},
    )
    effect = shape_effect(channel(both), both, ShapeSystematic(name="jes", smooth=0.04))
    steps = [set(np.flatnonzero(np.abs(np.diff(shape / both.values)) > 1e-9)) for shape in (effect.up, effect.down)]
    assert steps[0] == steps[1]
    assert len(steps[0]) == effect.groups - 1
