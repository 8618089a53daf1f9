"""Filters against the same events generated without them: each quantity, recomputed from Pythia's record."""

from dataclasses import replace

import numpy as np
import pytest

from fivesigma.core.kinematics import mass_of, pt_of
from fivesigma.simulation.cards.catalogue import RECIPES
from fivesigma.simulation.chunks import ChunkTask, make_chunk
from fivesigma.simulation.errors import SimulationError
from fivesigma.simulation.filters import TruthFilter
from fivesigma.simulation.objects.detector import DETECTOR
from fivesigma.simulation.rates import Rate

pythia8mc = pytest.importorskip("pythia8mc")
from fivesigma.simulation.hooks import FilterHooks

HIGGS = RECIPES["higgs-4l"].process("higgs")
ZZ = replace(RECIPES["higgs-4l"].process("zz"), k_factor=1.0)
MUONS = TruthFilter(stage="process", particles=(13,), quantity="count", minimum=2)
# of pt, not of number: what the showers of one event look like differs from the next
GLUONS = TruthFilter(stage="parton", particles=(21,), quantity="pt", minimum=20.0)
HARD_GLUONS = replace(GLUONS, stage="shower")
RESONANCES = 5  # Pythia's number of the showers in decays


class Recorder(pythia8mc.UserHooks):
    """Note the record at each stage of every event, and what a filter's own hooks say of it; drop nothing."""

    def __init__(self, wanted):
        super().__init__()
        self.hooks = FilterHooks([wanted])
        self.said, self.seen, self.stage = [], [], wanted.stage

    def note(self, stage, event, says):
        if stage == self.stage:
            self.said.append(says)
            rows = [(p.status(), p.id(), p.e(), p.px(), p.py(), p.pz()) for p in event]
            self.seen.append(np.array(rows).T)
        return False

    def canVetoProcessLevel(self):  # noqa: N802 - the library's name
        return True

    def doVetoProcessLevel(self, event):  # noqa: N802 - the library's name
        return self.note("process", event, self.hooks.doVetoProcessLevel(event))

    def canVetoPT(self):  # noqa: N802 - the library's name
        return True

    def scaleVetoPT(self):  # noqa: N802 - the library's name
        return self.hooks.scaleVetoPT()

    def doVetoPT(self, position, event):  # noqa: N802 - the library's name
        says = self.hooks.doVetoPT(position, event)
        if position == RESONANCES:
            assert not says
            return False
        return self.note("shower", event, says)

    def canVetoPartonLevelEarly(self):  # noqa: N802 - the library's name
        return True

    def doVetoPartonLevelEarly(self, event):  # noqa: N802 - the library's name
        return self.note("parton", event, self.hooks.doVetoPartonLevelEarly(event))


def pythia(settings, hooks):
    generator = pythia8mc.Pythia("", False)
    for setting in ("Print:quiet = on", "Random:setSeed = on", "Random:seed = 5", *settings):
        assert generator.readString(setting)
    generator.setUserHooksPtr(hooks)
    generator.init()
    return generator


def value_of(record, wanted):
    """Return the quantity that a filter is about, from the columns of a record."""
    status, code, *momentum = record
    momentum = np.array(momentum)
    meant = (status > 0) & np.isin(np.abs(code), wanted.particles) & (pt_of(momentum) > wanted.each_pt)
    total = momentum[:, meant].sum(axis=1)
    return {
        "count": meant.sum(),
        "kinds": len(set(np.abs(code[meant]).tolist())),
        "pt": pt_of(total),
        "mass": mass_of(total),
    }[wanted.quantity]


@pytest.mark.parametrize(
    "wanted",
    [
        MUONS,
        replace(MUONS, minimum=2, maximum=2, each_pt=15.0),
        replace(MUONS, particles=(11, 13, 15), quantity="kinds", minimum=2),
        replace(MUONS, particles=(11, 13), quantity="pt", minimum=10.0, maximum=40.0),
        replace(MUONS, particles=(11, 13), quantity="mass", minimum=20.0, maximum=120.0, each_pt=8.0),
        GLUONS,
        replace(GLUONS, quantity="count", minimum=3, each_pt=2.0),
        HARD_GLUONS,
        replace(HARD_GLUONS, quantity="count", minimum=1, each_pt=12.0),
    ],
    ids=lambda wanted: f"{wanted.stage}-{wanted.quantity}-{wanted.each_pt:g}",
)
def test_a_filter_drops_what_its_quantity_says(wanted):
    recorder = Recorder(wanted)
    generator = pythia(HIGGS.pythia_settings(), recorder)
    for _ in range(150):
        assert generator.next()
    values = np.array([value_of(record, wanted) for record in recorder.seen])
    upper = np.inf if wanted.maximum is None else wanted.maximum
    dropped = ~((values >= wanted.minimum) & (values <= upper))
    assert recorder.said == dropped.tolist()
    assert 5 < dropped.sum() < len(values) - 5


def test_only_stages_with_filters_are_asked():
    for filters, asked in (
        ([], (False, False, False)),
        ([MUONS], (True, False, False)),
        ([HARD_GLUONS], (False, True, False)),
        ([GLUONS], (False, False, True)),
    ):
        hooks = FilterHooks(filters)
        assert (hooks.canVetoProcessLevel(), hooks.canVetoPT(), hooks.canVetoPartonLevelEarly()) == asked


def chunk(directory, process, size=400, seed=1):
    task = ChunkTask(
        process=replace(process, chunk_size=size),
        detector=DETECTOR,
        seed=seed,
        stream="test",
        index=0,
        size=size,
        path=directory / f"{seed}.npz",
        timeout=60.0,
    )
    return make_chunk(task)


@pytest.fixture(scope="module")
def whole():
    """Return which of 400 events without a filter pass each of two filters, and the cross section in pb with its error."""
    passing = {}
    for wanted in (MUONS, GLUONS):
        recorder = Recorder(wanted)
        generator = pythia(ZZ.pythia_settings(), recorder)
        for _ in range(400):
            generator.next()
        passing[wanted] = ~np.array(recorder.said)  # the same seed: the same events in both
    info = generator.infoPython()
    return passing, info.sigmaGen() * 1e9, info.sigmaErr() * 1e9


@pytest.mark.parametrize("filters", [(MUONS,), (MUONS, GLUONS)], ids=["one", "two"])
def test_a_filtered_rate_is_that_of_all_events_times_the_fraction_that_pass(tmp_path, whole, filters):
    passing, cross_section, error = whole
    fraction = np.logical_and.reduce([passing[wanted] for wanted in filters]).mean()
    card = replace(ZZ, filters=filters)
    found = chunk(tmp_path, card)
    assert found.generated == 400
    # of two samples: one of 400 events, one of 400 that passed
    relative = np.sqrt((1 - fraction) / (400 * fraction) + (1 - fraction) / 400)
    assert found.filter_efficiency == pytest.approx(fraction, rel=4 * relative)
    # Pythia's own cross section counts what was dropped; a given one is multiplied by the efficiency
    rate = Rate.of(card, 1.0, [found])
    given = Rate.of(replace(card, cross_section=cross_section), 1.0, [found])
    both = np.hypot(error / cross_section, rate.cross_section_error / rate.cross_section)
    assert rate.cross_section == pytest.approx(cross_section * fraction, rel=4 * np.hypot(relative, both))
    assert given.cross_section == pytest.approx(rate.cross_section, rel=4 * both)
    binomial = np.sqrt((1 - found.filter_efficiency) / 400)
    assert given.cross_section_error == pytest.approx(given.cross_section * binomial, rel=1e-9)


def test_a_filter_that_passes_nothing_is_named(tmp_path):
    nothing = replace(MUONS, quantity="pt", minimum=1e6)
    message = "higgs, chunk 0: the filters of this card passed none of the first 5000 events"
    with pytest.raises(SimulationError, match=message):
        chunk(tmp_path, replace(HIGGS, filters=(nothing,)))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("filters", "exhausted"),
    [
        ((GLUONS,), False),
        ((replace(GLUONS, minimum=1e6),), True),
        # resonances have not decayed there: the second passes nothing although the first does
        ((MUONS, replace(MUONS, stage="parton")), True),
        ((replace(MUONS, minimum=5), GLUONS), True),
    ],
    ids=["some", "none", "not the second", "not the first"],
)
def test_patience_is_with_all_filters_together_until_an_event_passes(filters, exhausted):
    hooks = FilterHooks(filters)
    hooks.patience = 60
    generator = pythia(HIGGS.pythia_settings(), hooks)
    for _ in range(100):
        assert generator.next()
    assert hooks.exhausted == exhausted
