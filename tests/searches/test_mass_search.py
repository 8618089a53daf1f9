import dataclasses

import numpy as np
import pytest

from fivesigma.core.dataset import Dataset
from fivesigma.core.errors import DataError
from fivesigma.core.sample import SampleInfo
from fivesigma.core.scores import Scores
from fivesigma.evaluation.merits import asimov_merit
from fivesigma.searches.mass_search import Cut, MassFitOptions, cut_under_peak, mass_stage

FOLDS = 3
KINDS = ("signal", "background", "data")
COUNTS = (2_000, 6_000, 400)
EDGES = np.linspace(100, 160, 31)
OPTIONS = MassFitOptions(signal_shape="gaussian", family="exponential", order=1)


def search(seed: int = 1) -> tuple[Dataset, Scores, np.ndarray]:
    """Return events, scores and masses: a peak at 125 on a falling background, the score of signal near one, and data without signal."""
    rng = np.random.default_rng(seed)
    sample = np.repeat(np.arange(3, dtype=np.int16), COUNTS)
    mass = 100 + rng.exponential(40, len(sample)) % 60
    mass[: COUNTS[0]] = rng.normal(125, 2, COUNTS[0])
    score = rng.random(len(sample))
    score[: COUNTS[0]] **= 0.3
    dataset = Dataset(
        X=np.zeros((len(sample), 1), dtype=np.float32),
        inputs=("x",),
        observables={"m": mass},
        weight=np.array([0.02, 0.1, 1.0])[sample],
        id=np.arange(len(sample), dtype=np.uint64),
        sample=sample,
        samples=tuple(SampleInfo(name=kind, kind=kind) for kind in KINDS),
    )
    fold = rng.integers(0, FOLDS, len(sample)).astype(np.int8)
    return dataset, Scores(model="net", raw=score, value=score, fold=fold, folds=FOLDS), mass


def everywhere(dataset: Dataset) -> np.ndarray:
    return np.ones(len(dataset), dtype=np.bool_)


def test_background_far_from_the_peak_has_no_say_in_the_cut() -> None:
    dataset, scores, mass = search()
    cut = cut_under_peak(dataset, scores, mass, everywhere(dataset), asimov_merit(0.1))
    assert cut.cut == np.median(cut.cuts) > 0.3

    def moved(events: np.ndarray) -> Cut:
        other = dataclasses.replace(scores, value=np.where(events & dataset.background, 1.0, scores.value))
        return cut_under_peak(dataset, other, mass, everywhere(dataset), asimov_merit(0.1))

    # 90 % of the peak lies within 1.64 of its width of 2
    assert moved(np.abs(mass - 125) > 4) == cut
    assert moved(np.abs(mass - 125) < 4) != cut


def test_data_have_no_part_in_the_cut() -> None:
    dataset, scores, mass = search()
    other = dataclasses.replace(scores, value=np.where(dataset.data, 1 - scores.value, scores.value))
    cuts = [cut_under_peak(dataset, one, mass, everywhere(dataset), asimov_merit(0.1)).cuts for one in (scores, other)]
    assert cuts[0] == cuts[1]


def test_a_cut_without_signal() -> None:
    dataset, scores, mass = search()
    with pytest.raises(DataError, match="region 'hard': no signal is expected"):
        cut_under_peak(dataset, scores, mass, ~dataset.signal, asimov_merit(0.1), region="hard")


def test_what_is_fitted_are_the_events_of_the_mask_above_the_cut_of_their_fold() -> None:
    dataset, scores, mass = search()
    cut, mask = Cut(model="net", cut=0.5, cuts=(0.2, 0.5, 0.8)), dataset.id % 5 > 0
    made = mass_stage(dataset, mass, mask, EDGES, stage="after", scores=scores, cut=cut, options=OPTIONS)
    passes = np.zeros(len(dataset), dtype=np.bool_)
    for fold, least in enumerate(cut.cuts):
        passes |= (scores.fold == fold) & (scores.value >= least)
    inside = mask & passes & (mass >= 100) & (mass <= 160)
    for kind, expected in (("signal", made.result.signal), ("background", made.result.background_events)):
        assert expected == pytest.approx(dataset.weight[inside & dataset.of_kind(kind)].sum(), rel=1e-12)
    assert (made.stage, made.result.name, made.cut) == ("after", "after", cut)


def test_data_are_fitted_only_if_asked() -> None:
    dataset, _, mass = search()
    seen, blind = (
        mass_stage(dataset, mass, everywhere(dataset), EDGES, stage="before", show_data=show, options=OPTIONS).result
        for show in (True, False)
    )
    assert seen.fits.spectrum.total == np.count_nonzero(dataset.data & (mass >= 100) & (mass <= 160))
    assert seen.z_observed is not None
    assert blind.z_observed is None
    assert blind.z == seen.z


def test_events_without_a_mass_are_left_out() -> None:
    dataset, _, mass = search()
    lacking = np.where(dataset.id % 7 == 0, np.nan, mass)
    masks = (everywhere(dataset), dataset.id % 7 > 0)
    one, other = (
        mass_stage(dataset, values, mask, EDGES, stage="before", options=OPTIONS).result
        for values, mask in zip((lacking, mass), masks, strict=True)
    )
    assert (one.signal, one.z) == (other.signal, other.z)


def test_a_cut_needs_scores() -> None:
    dataset, scores, mass = search()
    with pytest.raises(ValueError, match="a cut needs scores"):
        mass_stage(dataset, mass, everywhere(dataset), EDGES, stage="after", scores=scores)
