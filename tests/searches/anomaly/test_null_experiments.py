import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from fivesigma.core.errors import FivesigmaError
from fivesigma.core.parallel import Workers
from fivesigma.inference.mass.backgrounds import BinnedBackground
from fivesigma.inference.mass.fitting import fit_spectrum
from fivesigma.inference.mass.spectrum import Spectrum
from fivesigma.searches.anomaly.background_model import BackgroundModel
from fivesigma.searches.anomaly.excess import spectrum_edges
from fivesigma.searches.anomaly.global_p_value import expected_largest
from fivesigma.searches.anomaly.null_experiments import null_experiments
from fivesigma.searches.anomaly.options import NullFeatures, ScanOptions
from fivesigma.searches.anomaly.results import NullExperiments
from fivesigma.searches.anomaly.windows import MassWindow, mass_windows

RANGE = (2600.0, 6000.0)
OPTIONS = ScanOptions(
    range=RANGE,
    parameters={"max_iter": 3, "max_leaf_nodes": 4, "max_bins": 15},
    folds=3,
    members=7,
    efficiencies=(0.3, 0.1),
    order=3,
    bins=20,
    least_events=50,
)
WINDOWS = mass_windows([3200.0, 3500.0], width=400, sideband=400, within=RANGE)


@cache
def model(features: NullFeatures = "independent") -> BackgroundModel:
    random = np.random.default_rng(3)
    mass = RANGE[0] * (1 - random.uniform(size=5000) * (1 - (RANGE[1] / RANGE[0]) ** -6.0)) ** (-1 / 6)
    X = np.stack([random.normal(np.log(mass), 0.2), random.exponential(size=len(mass))], axis=1).astype(np.float32)
    spectrum = Spectrum.of(mass, None, spectrum_edges(*RANGE, 20))
    fit = fit_spectrum(spectrum, BinnedBackground.of("dijet", 3, spectrum.edges, energy=13_000.0))
    return BackgroundModel.of(
        mass, X, spectrum=spectrum, fit=fit, family="dijet", order=3, energy=13_000.0, features=features
    )


def scans(
    *,
    windows: Sequence[MassWindow] = WINDOWS,
    options: ScanOptions = OPTIONS,
    features: NullFeatures = "independent",
    count: int = 3,
    seed: int = 5,
    observed_z: float = 9.0,
    workers: Workers | None = None,
    record: Path | None = None,
    steps: list[tuple[int, int]] | None = None,
) -> NullExperiments:
    return null_experiments(
        windows,
        options,
        model=model(features),
        count=count,
        members=1,
        observed_z=observed_z,
        seed=seed,
        workers=workers,
        record=record,
        progress=None if steps is None else lambda done, all_: steps.append((done, all_)),
    )


@cache
def plain() -> NullExperiments:
    return scans()


def same(one: NullExperiments, other: NullExperiments) -> bool:
    return np.array_equal(one.largest_z, other.largest_z) and replace(
        one, largest_z=other.largest_z, largest_absolute_z=other.largest_absolute_z
    ) == replace(other)


def test_what_comes_out() -> None:
    found = plain()
    assert (found.features, found.members, found.trials, found.observed) == ("independent", 1, 4, 9.0)
    assert found.largest_z.shape == found.largest_absolute_z.shape == (3,)
    assert np.all(found.largest_absolute_z >= np.abs(found.largest_z))
    assert len(set(found.largest_z)) == 3
    assert found.p_value.value == 1 / 4  # none of three comes near 9
    assert scans(observed_z=-9.0).p_value.value == 1
    assert found.expected_absolute_z == expected_largest(4)


def test_the_same_numbers_by_any_workers() -> None:
    with Workers(2) as workers:
        assert same(scans(features="conditional", workers=workers), scans(features="conditional"))


def test_an_experiment_does_not_depend_on_how_many_there_are() -> None:
    np.testing.assert_array_equal(scans(count=2).largest_z, plain().largest_z[:2])


@pytest.mark.parametrize("change", [{"seed": 6}, {"options": replace(OPTIONS, decorrelate=True)}])
def test_others_of_another_seed_or_procedure(change: dict[str, Any]) -> None:
    assert not np.array_equal(scans(count=1, **change).largest_z, plain().largest_z[:1])


def test_members_are_those_asked_for_and_not_those_of_the_scan() -> None:
    assert same(scans(count=2, options=replace(OPTIONS, members=1)), scans(count=2))


def test_options_whose_parameters_cannot_be_changed() -> None:
    frozen = replace(OPTIONS, parameters=MappingProxyType(dict(OPTIONS.parameters)))
    assert same(scans(count=1, options=frozen), scans(count=1))


def test_a_stopped_scan_goes_on_where_it_was(tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    assert same(scans(record=tmp_path, steps=steps), plain())
    assert steps == [(done, 6) for done in range(1, 7)]
    (notes,) = tmp_path.iterdir()
    lines = notes.read_text().strip().splitlines()
    assert sorted(json.loads(line)[0] for line in lines) == list(range(6))

    # killed amid the fourth line
    notes.write_text("\n".join([*lines[:3], lines[3][:-4]]))
    steps.clear()
    assert same(scans(record=tmp_path, steps=steps), plain())
    assert steps == [(4, 6), (5, 6), (6, 6)]
    steps.clear()
    assert same(scans(record=tmp_path, steps=steps), plain())
    assert steps == []


def test_more_experiments_make_use_of_those_there_are(tmp_path: Path) -> None:
    scans(count=1, record=tmp_path)
    steps: list[tuple[int, int]] = []
    assert same(scans(record=tmp_path, steps=steps), plain())
    assert [done for done, _ in steps] == [3, 4, 5, 6]
    assert same(scans(count=1, record=tmp_path), scans(count=1))


def test_other_experiments_are_noted_elsewhere(tmp_path: Path) -> None:
    for options, seed, windows in (
        (OPTIONS, 5, WINDOWS[:1]),
        (OPTIONS, 6, WINDOWS[:1]),
        (replace(OPTIONS, bins=21), 5, WINDOWS[:1]),
        (OPTIONS, 5, WINDOWS[1:]),
    ):
        scans(count=1, options=options, seed=seed, windows=windows, record=tmp_path)
    scans(count=1, features="conditional", windows=WINDOWS[:1], record=tmp_path)
    assert len(list(tmp_path.iterdir())) == 5


def test_the_width_and_its_error() -> None:
    """Of one Z in each of ten scans, and again without each in turn."""
    found = scans(count=10, windows=WINDOWS[:1], options=replace(OPTIONS, efficiencies=(0.3,)))
    squares = found.largest_z**2
    without = np.array([np.sqrt(np.mean(np.delete(squares, place))) for place in range(10)])
    error = np.sqrt(9 / 10 * np.sum((without - without.mean()) ** 2))
    assert found.width.value == pytest.approx(np.sqrt(np.mean(squares)))
    assert (found.width.low, found.width.high) == pytest.approx((found.width.value - error, found.width.value + error))


def test_few_experiments_have_no_width() -> None:
    assert scans(count=9, windows=WINDOWS[:1], options=replace(OPTIONS, efficiencies=(0.3,))).width is None


def test_windows_with_too_few_events_do_not_count() -> None:
    high = MassWindow(mass=5800, low=5700, high=5900, lowest=5600, highest=6000)
    found = scans(count=1, windows=[*WINDOWS, high])
    assert found.trials == 4
    with pytest.raises(FivesigmaError, match="no window of the pseudo-experiments"):
        scans(count=1, windows=[high])


def test_refuses_no_experiment() -> None:
    with pytest.raises(FivesigmaError, match="without a pseudo-experiment"):
        scans(count=0)
