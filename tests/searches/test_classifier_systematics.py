import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError, FivesigmaError
from fivesigma.core.sample import SampleInfo, Variation
from fivesigma.core.scores import Scores
from fivesigma.inference.systematics import Normalisation, ShapeSystematic, Systematic
from fivesigma.searches.classifier_systematics import StrengthScan, classifier_systematics
from fivesigma.searches.varied_scores import VariedScores

FOLDS = 4
SAMPLES = (
    SampleInfo(name="hww", kind="signal"),
    SampleInfo(name="ww", kind="background"),
    SampleInfo(name="tt", kind="background"),
)
RATES = (
    Normalisation(name="lumi", size=0.01, group="luminosity"),
    Normalisation(name="eff", size=0.05, samples=("hww",), group="signal"),
    Normalisation(name="bkg", size=0.02, samples=("ww", "tt"), group="background"),
)


def score_of(x):
    """Return the "model": a monotone map of the only input to the common scale."""
    return 1 - np.exp(-x.astype(np.float64))


def events(seed=0, counts=(800, 1500, 700), totals=(300.0, 900.0, 600.0), shift=0.0, **replaced):
    """Return a dataset of one exponential input, wider for signal, and its scores; ``shift`` moves the input of all events."""
    generator = np.random.default_rng(seed)
    sample = np.repeat(np.arange(3, dtype=np.int16), counts)
    x = generator.exponential(np.array([3.0, 1.0, 0.7])[sample])
    weight = generator.uniform(0.5, 1.5, len(sample))
    for index, total in enumerate(totals):
        weight[sample == index] *= total / weight[sample == index].sum()
    fold = generator.integers(0, FOLDS, len(sample)).astype(np.int8)
    x = np.maximum(x + shift, 0).astype(np.float32)
    parts = {
        "X": x[:, None],
        "inputs": ("x",),
        "observables": {},
        "weight": weight,
        "id": np.arange(len(sample), dtype=np.uint64),
        "sample": sample,
        "samples": SAMPLES,
    }
    dataset = Dataset(**(parts | replaced))
    return dataset, Scores(model="trees", raw=x.astype(np.float64), value=score_of(x), fold=fold, folds=FOLDS)


def shifted(name="scale", size=0.2, labels=("up", "down"), seed=0):
    sizes = {"up": size, "down": -size}
    made = {label: events(seed, shift=sizes[label]) for label in labels}
    return [
        VariedScores(variation=Variation(name, label), dataset=dataset, scores=scores)
        for label, (dataset, scores) in made.items()
    ]


SCALE = ShapeSystematic(name="scale", group="detector")


def scan(**options) -> StrengthScan:
    return classifier_systematics(*events(), **{"systematics": RATES, **options})


# sigma_mu of n = mu S + B at mu = 1 by linear propagation, "linear_propagation" of the reference numbers: 5 % on the signal
# efficiency, 2 % on the background's, 1 % on the luminosity
@pytest.mark.parametrize(("signal", "background", "sigma_mu"), [(1000, 9000, 0.23430749), (100, 2500, 0.761642961)])
def test_without_a_cut_it_is_the_formula(signal, background, sigma_mu):
    made = events(totals=(signal, background / 2, background / 2))
    result = classifier_systematics(*made, systematics=RATES, cuts=np.array([0.0]))
    assert result.uncertainty.total == pytest.approx([sigma_mu], rel=1e-8)
    assert result.best.total == pytest.approx(sigma_mu, rel=1e-8)
    assert result.best.cuts == (0.0,) * FOLDS


def brute_force(cut, systematic):
    """Return signal and background above a cut by a loop over events with exact sums of the lists."""
    dataset, scores = systematic
    signal = sum(w for w, s, v in zip(dataset.weight, dataset.sample, scores.value, strict=True) if s == 0 and v >= cut)
    other = sum(w for w, s, v in zip(dataset.weight, dataset.sample, scores.value, strict=True) if s != 0 and v >= cut)
    return signal, other


def test_a_shift_is_half_the_difference_of_signal_and_background_together():
    up, down = shifted()
    result = scan(systematics=[SCALE], varied=[up, down], cuts=np.array([0.0, 0.5, 0.9]))
    for place, cut in enumerate(result.cuts):
        signal, background = brute_force(cut, events())
        more, less = (sum(brute_force(cut, (one.dataset, one.scores))) for one in (up, down))
        assert result.expected_signal[place] == pytest.approx(signal, rel=1e-12)
        assert result.expected_background[place] == pytest.approx(background, rel=1e-12)
        assert result.uncertainty.detector[place] == pytest.approx(abs(more - less) / 2 / signal, rel=1e-9)


def test_a_shift_that_moves_a_known_part_of_the_events():
    """Of 100 events each in classes of weight one, 10 of signal and 20 of background lie just below the cut and come over."""
    sample = np.repeat(np.array([0, 1], dtype=np.int16), 100)
    number = np.tile(np.arange(100), 2)
    above, near = number < 50, (number >= 50) & (number < np.where(sample == 0, 60, 70))
    value = np.where(above, 0.8, np.where(near, 0.4, 0.2))

    def made(value):
        dataset = Dataset(
            X=value[:, None].astype(np.float32),
            inputs=("x",),
            observables={},
            weight=np.ones(200),
            id=np.arange(200, dtype=np.uint64),
            sample=sample,
            samples=SAMPLES,
        )
        fold = (number % FOLDS).astype(np.int8)
        return dataset, Scores(model="trees", raw=value, value=value, fold=fold, folds=FOLDS)

    dataset, scores = made(np.where(near, 0.6, value))
    varied = [VariedScores(variation=Variation("scale", "up"), dataset=dataset, scores=scores)]
    systematic = ShapeSystematic(name="scale", group="detector", combine="one-sided")
    result = classifier_systematics(*made(value), systematics=[systematic], varied=varied, cuts=np.array([0.5]))
    assert result.uncertainty.detector == pytest.approx([30 / 50])
    assert result.uncertainty.statistics == pytest.approx([10 / 50])
    assert result.mc_statistics == pytest.approx([10 / 50])
    assert result.best.nuisances == {"scale": pytest.approx(30 / 50)}
    assert result.best.nuisance_errors == {"scale": pytest.approx(np.sqrt(30) / 50)}  # 30 events came over the cut
    assert result.best.background_effective == pytest.approx(50)


def test_what_one_systematic_moves_adds_with_signs_and_several_in_quadrature():
    dataset, scores = events()
    opposite = Variation("tilt", "up")
    weights = {opposite: dataset.weight * np.where(dataset.signal, 1 + 0.1, 1 - 0.02)}
    dataset = dataclasses.replace(dataset, weights=weights)
    tilt = ShapeSystematic(name="tilt", group="background", combine="one-sided")
    alone = classifier_systematics(dataset, scores, systematics=[tilt], cuts=np.array([0.0]))
    signal, background = 300.0, 1500.0  # change by +30 and -30
    assert alone.uncertainty.background == pytest.approx([0], abs=1e-12)
    assert alone.findings == ()
    both = classifier_systematics(dataset, scores, systematics=[*RATES, tilt, SCALE], varied=shifted())
    apart = [
        classifier_systematics(dataset, scores, systematics=[one], varied=shifted()).uncertainty.systematic
        for one in (*RATES, tilt, SCALE)
    ]
    assert both.uncertainty.systematic == pytest.approx(np.sqrt(np.sum(np.square(apart), axis=0)), rel=1e-12)
    correlated = [Normalisation(name="both", size=0.1, group="background")]
    separate = [Normalisation(name=n, size=0.1, samples=(n,), group="background") for n in ("hww", "ww", "tt")]
    one, three = (
        classifier_systematics(*events(), systematics=s, cuts=np.array([0.0])) for s in (correlated, separate)
    )
    assert one.uncertainty.background == pytest.approx([0.1 * (signal + background) / signal])
    assert three.uncertainty.background == pytest.approx([0.1 * np.sqrt(300**2 + 900**2 + 600**2) / 300])


sizes = st.floats(1e-3, 0.5)


@given(seed=st.integers(0, 50), rates=st.lists(sizes, min_size=3, max_size=3), shift=st.floats(0.0, 1.0))
@settings(max_examples=20, deadline=None)
def test_everything_adds_in_quadrature_at_every_cut(seed, rates, shift):
    systematics = [dataclasses.replace(rate, size=size) for rate, size in zip(RATES, rates, strict=True)]
    result = classifier_systematics(
        *events(seed), systematics=[*systematics, SCALE], varied=shifted(size=shift, seed=seed)
    )
    for found in (result.uncertainty, result.best):
        parts = np.square([found.signal, found.background, found.luminosity, found.detector]).sum(axis=0)
        assert np.square(found.systematic) == pytest.approx(parts, rel=1e-12)
        assert np.square(found.total) == pytest.approx(np.square(found.statistics) + parts, rel=1e-12)
    nuisances = np.square(list(result.best.nuisances.values())).sum()
    assert nuisances == pytest.approx(result.best.systematic**2, rel=1e-12)


def permuted(dataset, scores, order):
    parts = {n: getattr(dataset, n)[order] for n in ("X", "weight", "id", "sample")}
    return dataclasses.replace(dataset, **parts), dataclasses.replace(
        scores, **{n: getattr(scores, n)[order] for n in ("raw", "value", "fold")}
    )


@given(seed=st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_the_order_of_events_does_not_matter(seed):
    generator = np.random.default_rng(seed)
    varied = [
        VariedScores(variation=one.variation, dataset=dataset, scores=scores)
        for one in shifted()
        for dataset, scores in [permuted(one.dataset, one.scores, generator.permutation(len(one.dataset)))]
    ]
    mixed = permuted(*events(), generator.permutation(len(events()[0])))
    one = scan(systematics=[*RATES, SCALE], varied=shifted())
    other = classifier_systematics(*mixed, systematics=[*RATES, SCALE], varied=varied)
    assert other.best.cuts == one.best.cuts
    for name in ("statistics", "signal", "background", "luminosity", "detector", "total"):
        assert getattr(other.uncertainty, name) == pytest.approx(getattr(one.uncertainty, name), rel=1e-9, abs=1e-12)
        assert getattr(other.best, name) == pytest.approx(getattr(one.best, name), rel=1e-9)


def test_thrown_nuisances_spread_the_strength_as_told():
    """Toys: every nuisance Gaussian, the count Poisson, μ = (n - B) / S."""
    result = scan(systematics=[*RATES, SCALE], varied=shifted(size=0.05))
    place = int(np.searchsorted(result.cuts, result.best.cut))
    signal, background = result.expected_signal[place], result.expected_background[place]
    up, down = (sum(brute_force(result.cuts[place], (v.dataset, v.scores))) for v in shifted(size=0.05))
    generator = np.random.default_rng(1)
    lumi, eff, bkg, scale = generator.normal(size=(4, 20_000))
    mean = (1 + 0.01 * lumi) * ((1 + 0.05 * eff) * signal + (1 + 0.02 * bkg) * background) + scale * (up - down) / 2
    strength = (generator.poisson(mean) - background) / signal
    assert strength.std() == pytest.approx(result.uncertainty.total[place], rel=0.05)
    assert strength.mean() == pytest.approx(1, abs=0.01)


def test_the_errors_of_changes_are_those_of_many_simulations():
    """Bootstrap: nominal and shifted events are drawn again together."""
    dataset, scores = events()
    dataset = dataclasses.replace(dataset, weights={Variation("tilt", "down"): dataset.weight * (1.2 - scores.value)})
    tilt = ShapeSystematic(name="tilt", group="background", combine="one-sided")
    systematics, cuts = [*RATES, SCALE, tilt], np.array([0.6])
    result = classifier_systematics(dataset, scores, systematics=systematics, varied=shifted(), cuts=cuts).best
    generator = np.random.default_rng(2)
    found = []
    for _ in range(300):
        times = generator.poisson(1, len(dataset))
        (nominal, up, down) = (
            d.weight * times * (s.value >= 0.6)
            for d, s in ((dataset, scores), *((one.dataset, one.scores) for one in shifted()))
        )
        tilted = dataset.weights[Variation("tilt", "down")] * times * (scores.value >= 0.6)
        signal = nominal[dataset.signal].sum()
        rates = [0.01 * nominal.sum(), 0.05 * signal, 0.02 * (nominal.sum() - signal)]
        found.append([*rates, (up - down).sum() / 2, (nominal - tilted).sum()])
    spread = np.std(found, axis=0) / result.expected_signal
    assert list(result.nuisance_errors.values()) == pytest.approx(spread, rel=0.15)
    scanned = classifier_systematics(dataset, scores, systematics=systematics, varied=shifted(), cuts=cuts)
    assert scanned.detector_error == pytest.approx([result.nuisance_errors["scale"]])


def test_errors_of_a_group_follow_its_larger_changes():
    names = ("scale", "energy")
    varied = [one for name, size in zip(names, (0.05, 0.3), strict=True) for one in shifted(name, size)]
    systematics = [ShapeSystematic(name=name, group="detector") for name in names]
    result = scan(systematics=systematics, varied=varied, cuts=np.array([0.6]))
    cost, error = (np.array(list(found.values())) for found in (result.best.nuisances, result.best.nuisance_errors))
    assert result.detector_error == pytest.approx([np.sqrt(np.sum((cost * error) ** 2) / np.sum(cost**2))])


def test_the_best_cut_has_the_smallest_total_on_the_other_folds():
    dataset, scores = events()
    varied = shifted()
    result = scan(systematics=[*RATES, SCALE], varied=varied, floor=50)
    for fold, cut in enumerate(result.best.cuts):
        others = scores.fold != fold
        part = dataset.where(others)
        part = dataclasses.replace(part, weight=part.weight * FOLDS / (FOLDS - 1))
        kept = scores.where(others)
        # the three folds that are left, numbered from zero
        kept = dataclasses.replace(kept, fold=np.unique(kept.fold, return_inverse=True)[1].astype(np.int8), folds=3)
        parts = []
        for one in varied:
            rest = one.dataset.where(others)
            rest = dataclasses.replace(rest, weight=rest.weight * FOLDS / (FOLDS - 1))
            value = dataclasses.replace(one.scores.where(others), fold=kept.fold, folds=3)
            parts.append(VariedScores(variation=one.variation, dataset=rest, scores=value))
        alone = classifier_systematics(part, kept, systematics=[*RATES, SCALE], varied=parts)
        total = np.where(alone.background_effective >= 50, alone.uncertainty.total, np.inf)
        assert cut == alone.cuts[np.argmin(total)]


def test_the_row_reads_each_fold_at_its_own_cut():
    dataset, scores = events()
    result = scan(systematics=[*RATES, SCALE], varied=shifted())
    above = scores.value >= np.array(result.best.cuts)[scores.fold]
    signal, background = (dataset.weight[above & kind].sum() for kind in (dataset.signal, dataset.background))
    assert result.best.expected_signal == pytest.approx(signal, rel=1e-12)
    assert result.best.expected_background == pytest.approx(background, rel=1e-12)
    assert result.best.statistics == pytest.approx(np.sqrt(signal + background) / signal, rel=1e-12)
    assert result.best.mc_statistics == pytest.approx(
        np.sqrt(np.square(dataset.weight[above]).sum()) / signal, rel=1e-12
    )
    moved = [
        one.dataset.weight[one.scores.value >= np.array(result.best.cuts)[one.scores.fold]].sum() for one in shifted()
    ]
    assert result.best.detector == pytest.approx(abs(moved[0] - moved[1]) / 2 / signal, rel=1e-9)
    assert result.best.cut == np.median(result.best.cuts)


def test_the_cut_of_a_fold_does_not_depend_on_its_events():
    dataset, scores = events()
    base = scan().best.cuts
    mine = scores.fold == 0
    value = np.where(mine, np.random.default_rng(5).permutation(scores.value) ** 3, scores.value)
    assert (
        classifier_systematics(dataset, dataclasses.replace(scores, value=value), systematics=RATES).best.cuts[0]
        == base[0]
    )


def test_a_mask_is_the_region_and_data_have_no_part():
    dataset, scores = events()
    with_data = dataclasses.replace(
        dataset,
        sample=np.where(dataset.id % 2 == 0, 3, dataset.sample).astype(np.int16),
        samples=(*SAMPLES, SampleInfo(name="data", kind="data")),
    )
    odd = dataset.id % 2 == 1
    by_mask = classifier_systematics(dataset, scores, odd, systematics=RATES)
    by_data = classifier_systematics(with_data, scores, systematics=RATES)
    alone = classifier_systematics(dataset.where(odd), scores.where(odd), systematics=RATES)
    assert by_mask.best == by_data.best == alone.best


def test_a_group_of_no_meaning_is_named_with_the_nearest():
    wrong = Normalisation(name="zz_rate", size=0.1, group="backgrounds")
    with pytest.raises(FivesigmaError, match=r"'zz_rate': .* without a group 'backgrounds'; did you mean background"):
        scan(systematics=[wrong])
    with pytest.raises(FivesigmaError, match="without a group 'pileup'; there are: signal, background"):
        scan(systematics=[Normalisation(name="pileup", size=0.1)])


def test_a_systematic_without_its_variations_is_an_error():
    with pytest.raises(
        FivesigmaError, match="'scales': there are no varied events or weights of it; did you mean scale"
    ):
        scan(systematics=[ShapeSystematic(name="scales", group="detector")], varied=shifted())
    with pytest.raises(FivesigmaError, match="two-sided takes variations up and down; there are up"):
        scan(systematics=[SCALE], varied=shifted(labels=("up",)))
    with pytest.raises(FivesigmaError, match="one-sided takes one variation; there are down, up"):
        scan(systematics=[dataclasses.replace(SCALE, combine="one-sided")], varied=shifted())
    up, down = shifted()
    lacking = dataclasses.replace(
        down, dataset=down.dataset.without("tt"), scores=down.scores.where(~down.dataset.of("tt"))
    )
    with pytest.raises(FivesigmaError, match="'scale': there are no varied events of tt for down"):
        scan(systematics=[SCALE], varied=[up, lacking])


def test_another_kind_of_systematic_is_not_guessed_at():
    with pytest.raises(FivesigmaError, match="'odd': a Systematic says of no count by how much it is moved"):
        scan(systematics=[Systematic(name="odd", group="signal")])


def test_a_systematic_moves_the_samples_it_names_only():
    named = dataclasses.replace(SCALE, samples=("tt",))
    result = scan(systematics=[named], varied=shifted(), cuts=np.array([0.5]))
    changes = [one.dataset.weight[(one.scores.value >= 0.5) & one.dataset.of("tt")].sum() for one in shifted()]
    assert result.uncertainty.detector * result.expected_signal == pytest.approx([abs(changes[0] - changes[1]) / 2])


def test_no_cut_with_enough_background_is_an_error():
    with pytest.raises(
        DataError, match="no cut on trees leaves 5000 effective background events, and signal, in every"
    ):
        scan(floor=5000)


def test_cuts_without_signal_or_background_are_no_part_of_the_curve():
    dataset, scores = events(counts=(40, 40, 40))
    result = classifier_systematics(dataset, scores, systematics=RATES)
    assert len(result.cuts) < 100
    assert result.expected_background.min() > 0
    assert result.expected_signal.min() > 0
    assert np.isfinite(result.uncertainty.total).all()


def codes(found: StrengthScan) -> list[str]:
    return [finding.code for finding in found.findings]


def test_nominal_scores_of_shifted_events_are_found():
    _, nominal = events()
    varied = [dataclasses.replace(one, scores=nominal) for one in shifted()]
    found = scan(systematics=[SCALE], varied=varied)
    assert codes(found) == ["scores-not-shifted", "scores-not-shifted", "systematic-without-effect"]
    assert found.findings[0].severity == "serious"
    assert found.findings[0].evidence["events"] == 3000
    assert codes(scan(systematics=[SCALE], varied=shifted())) == []


def test_a_systematic_that_moves_nothing_is_found():
    assert codes(scan(systematics=[SCALE], varied=shifted(size=0.0))) == ["systematic-without-effect"]


def test_a_shift_that_few_events_tell_of_is_found():
    """The background's scores are smeared, not shifted: what comes over the cut is as much as what goes, but for noise."""
    dataset, scores = events(counts=(800, 60, 60))
    smeared = np.clip(scores.value + np.random.default_rng(4).normal(0, 0.3, len(dataset)) * dataset.background, 0, 1)
    up = VariedScores(
        variation=Variation("smear", "up"),
        dataset=dataset,
        scores=dataclasses.replace(scores, raw=smeared, value=smeared),
    )
    smear = ShapeSystematic(name="smear", group="detector", combine="one-sided")
    options = {"systematics": [*RATES, smear], "cuts": np.array([0.5])}
    (found,) = classifier_systematics(dataset, scores, varied=[up], **options).findings
    assert (found.code, found.subject) == ("shift-within-noise", "trees/smear")
    assert 2 * found.evidence["error"] > found.evidence["cost"]


def test_up_and_down_on_one_side_are_found():
    up, _ = shifted(size=0.3)
    _, wrong = shifted(size=-0.25)  # its "down" moves up
    found = scan(systematics=[*RATES, SCALE], varied=[up, wrong])
    (finding,) = [finding for finding in found.findings if finding.code == "up-and-down-on-one-side"]
    assert finding.subject == "trees/scale"
    above = [
        sum(w for w, v, f in zip(d.weight, s.value, s.fold, strict=True) if v >= found.best.cuts[f])
        for d, s in (events(), (up.dataset, up.scores), (wrong.dataset, wrong.scores))
    ]
    assert finding.evidence["up"] == pytest.approx((above[1] - above[0]) / found.best.expected_signal)
    assert finding.evidence["down"] == pytest.approx((above[2] - above[0]) / found.best.expected_signal)


def test_variations_that_nobody_asked_for_are_found():
    assert codes(scan(varied=shifted())) == ["variation-not-used"]
