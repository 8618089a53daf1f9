import numpy as np
import pytest

from fivesigma.core.dataset import Dataset
from fivesigma.core.sample import SampleInfo, Variation
from fivesigma.inference.filling import templates
from fivesigma.inference.templates import Template
from fivesigma.inference.varied_events import VariedEvents
from fivesigma.inference.varied_statistics import same_events

UP = Variation("scale", "up")
EDGES = np.array([0.0, 1, 2, 3, 4])


def events(x: np.ndarray, weight: np.ndarray, ids: np.ndarray | None = None, *, name: str = "zz") -> Dataset:
    return Dataset(
        X=np.zeros((len(x), 1), dtype=np.float32),
        inputs=("x",),
        observables={"x": x},
        weight=weight,
        id=np.arange(len(x), dtype=np.uint64) if ids is None else ids.astype(np.uint64),
        sample=np.zeros(len(x), dtype=np.int16),
        samples=(SampleInfo(name=name, kind="background"),),
    )


def filled(nominal: Dataset, varied: Dataset | None = None, *, independent: bool = False, **options) -> Template:
    others = (
        []
        if varied is None
        else [VariedEvents(variation=UP, dataset=varied, values=varied.observables["x"], independent=independent)]
    )
    made = templates(nominal, nominal.observables["x"], bins=EDGES, floor=0, name="x", varied=others, **options)
    return made.channels[0].templates[0]


def by_hand(nominal: Dataset, varied: Dataset, factor: float) -> list[float]:
    """Sum squares over events by identifier: each adds w' where it lies varied, and takes f w from where it lies nominally."""
    change: dict[tuple[int, int], float] = {}
    for data, scale in ((varied, 1.0), (nominal, -factor)):
        for x, w, identifier in zip(data.observables["x"], data.weight, data.id, strict=True):
            key = (int(min(max(x, 0), 3.999)), int(identifier))
            change[key] = change.get(key, 0.0) + scale * float(w)
    return [sum(value**2 for (b, _), value in change.items() if b == number) for number in range(4)]


@pytest.mark.parametrize("factor", [1.0, 0.93])
def test_events_that_migrate_leave_and_enter(factor: float) -> None:
    rng = np.random.default_rng(3)
    x, weight = rng.uniform(0, 4, 300), rng.normal(1, 0.5, 300)
    before, after = rng.permutation(300)[:250], rng.permutation(300)[:240]  # some pass only one of the selections
    nominal = events(x[before], weight[before], before)
    varied = events((1.1 * x)[after], (weight * 1.02)[after], after)
    found = filled(nominal, varied).residual_variances(UP, factor)
    assert found == pytest.approx(by_hand(nominal, varied, factor), rel=1e-12)


def test_other_weights_of_the_same_events() -> None:
    rng = np.random.default_rng(4)
    nominal = events(rng.uniform(0, 4, 200), rng.uniform(0.5, 1.5, 200))
    other = nominal.weight * rng.normal(1.1, 0.1, 200)
    template = filled(nominal, weights={UP: other})
    varied = events(nominal.observables["x"], other)
    assert template.residual_variances(UP, 1.0) == pytest.approx(by_hand(nominal, varied, 1.0), rel=1e-12)
    assert template.residual_variances(UP, 1.1) == pytest.approx(by_hand(nominal, varied, 1.1), rel=1e-12)


def test_a_common_factor_has_no_error_and_an_alternative_sample_that_of_both() -> None:
    rng = np.random.default_rng(5)
    nominal = events(rng.uniform(0, 4, 200), rng.uniform(0.5, 1.5, 200))
    twice = filled(nominal, weights={UP: 2 * nominal.weight})
    assert twice.residual_variances(UP, 2.0) == pytest.approx(np.zeros(4), abs=1e-12)
    other = events(rng.uniform(0, 4, 200), np.ones(200))  # the same identifiers by chance
    template = filled(nominal, other, independent=True)
    counts = np.histogram(other.observables["x"], EDGES)[0]
    assert template.residual_variances(UP, 1.0) == pytest.approx(template.variances + counts)


def test_templates_made_by_hand_do_not_know() -> None:
    template = Template(
        sample=SampleInfo(name="zz", kind="background"),
        values=np.ones(2),
        variances=np.ones(2),
        variations={UP: np.ones(2)},
    )
    assert template.residual_variances(UP, 1.0) is None


def test_the_same_events_are_found_by_identifier_in_their_sample() -> None:
    nominal = events(np.zeros(4), np.ones(4), np.array([7, 3, 9, 1]))
    varied = events(np.zeros(3), np.ones(3), np.array([9, 2, 7]))
    first, second = same_events(nominal, varied, "zz")
    assert nominal.id[first].tolist() == varied.id[second].tolist() == [9, 7]
    first, second = same_events(nominal, nominal, "zz")
    assert first.tolist() == second.tolist() == [0, 1, 2, 3]
    none = nominal.where(np.zeros(4, dtype=np.bool_))
    assert [part.tolist() for part in same_events(none, varied, "zz")] == [[], []]
    assert [part.tolist() for part in same_events(varied, none, "zz")] == [[], []]


def test_the_error_of_a_difference_is_that_of_repeated_simulations() -> None:
    """500 simulations of 400 events, shifted by 3 %: the spread of the change in each bin."""
    rng = np.random.default_rng(6)
    changes, variances = [], []
    for _ in range(500):
        x = rng.exponential(1.2, rng.poisson(400))
        template = filled(events(x, np.ones(len(x))), events(1.03 * x, np.ones(len(x))))
        changes.append(template.variations[UP] - template.values)
        variances.append(template.residual_variances(UP, 1.0))
    spread, claimed = np.var(changes, axis=0), np.mean(variances, axis=0)
    assert claimed == pytest.approx(spread, rel=0.25)  # 500 simulations know a variance to 6 %, four bins
