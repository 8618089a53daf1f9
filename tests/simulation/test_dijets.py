"""Two fat jets: by hand, small generations of both cards, and shapes against the LHC Olympics' public events."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from fivesigma.core.kinematics import four_momentum, mass_of

pytest.importorskip("pythia8mc")
pytest.importorskip("fastjet")

from fivesigma.simulation.cards.catalogue import RECIPES
from fivesigma.simulation.files import read_provenance
from fivesigma.simulation.final_states.dijets import DIJET_COLUMNS, LEADING_PT, MIN_PT, dijets
from fivesigma.simulation.generate import Generation
from fivesigma.simulation.objects.detector import Detector
from fivesigma.simulation.objects.jets import JetResponse
from fivesigma.simulation.objects.particles import Batch, Particles
from fivesigma.simulation.samples import simulate_process

SHARED = Path(__file__).parents[3] / "shared/data"
RECIPE = RECIPES["dijet-anomaly"]
EXACT = Detector(fat_jet=JetResponse(max_eta=4.7, noise=0.0, stochastic=0.0, constant=0.0))


def seen(*events, detector=EXACT):
    """What a detector makes of events, each a list of massless particles (pt, eta, phi)."""
    rows = [(number, *particle) for number, event in enumerate(events) for particle in event]
    event, pt, eta, phi = np.array(rows, dtype=float).reshape(-1, 4).T
    particles = Particles(event=event.astype(int), pdg=np.full(len(rows), 211), momentum=four_momentum(pt, eta, phi))
    none = particles.where(np.zeros(0, dtype=int))
    return dijets(
        Batch(events=len(events), visible=particles, bottom=none, charm=none), detector, np.random.default_rng(1)
    )


GOOD = [(1000.0, 0.5, 0.2), (300.0, 0.5, -0.2), (1250.0, -0.4, 3.0)]


def test_columns_are_those_of_the_lhc_olympics():
    numbers, columns = seen(GOOD)
    assert numbers.tolist() == [0]
    assert tuple(columns) == DIJET_COLUMNS
    assert [name for name in DIJET_COLUMNS if name.endswith("j2")] == [
        "pxj2", "pyj2", "pzj2", "mj2", "tau1j2", "tau2j2", "tau3j2"
    ]  # fmt: skip
    assert {column.dtype for column in columns.values()} == {np.dtype(np.float32)}


def test_momenta_masses_and_tau_are_those_of_the_sums_of_particles():
    _, columns = seen(GOOD)
    pair = four_momentum(*np.array(GOOD[:2]).T).sum(axis=1)
    pt = np.hypot(pair[1], pair[2])
    assert columns["pxj1"][0] == pytest.approx(pair[1], rel=1e-6)
    assert columns["pyj1"][0] == pytest.approx(pair[2], rel=1e-6)
    assert columns["pzj1"][0] == pytest.approx(pt * np.sinh(np.arcsinh(pair[3] / pt)), rel=1e-6)
    assert columns["mj1"][0] == pytest.approx(mass_of(pair), rel=1e-5)
    assert columns["mj2"][0] == pytest.approx(0.0, abs=1e-2)
    axis_phi, axis_y = np.arctan2(pair[2], pair[1]), np.arctanh(pair[3] / pair[0])
    away = [np.hypot(axis_phi - phi, axis_y - 0.5) for phi in (0.2, -0.2)]
    assert columns["tau1j1"][0] == pytest.approx((1000 * away[0] + 300 * away[1]) / 1300, rel=1e-5)
    assert [columns[name][0] for name in ("tau2j1", "tau3j1", "tau1j2")] == pytest.approx([0, 0, 0], abs=1e-6)


def test_the_first_jet_is_the_one_of_larger_measured_pt():
    numbers, columns = seen(*[GOOD] * 60, detector=Detector())
    assert 0 < len(numbers) <= 60
    one, other = (np.hypot(columns[f"pxj{rank}"], columns[f"pyj{rank}"]) for rank in (1, 2))
    assert (one >= other).all()
    # true pt are 1275 and 1250 GeV: with a resolution of 4 % they change places, and tau goes with its jet
    swapped = columns["pxj1"] < 0
    assert 0 < swapped.sum() < len(numbers)
    np.testing.assert_array_equal(columns["tau1j1"] < columns["tau1j2"], swapped)


def test_events_that_do_not_pass_go_and_numbers_stay_with_their_events():
    slow = [(1190.0, 0.0, 0.0), (1190.0, 0.0, 3.0)]
    single = [(1300.0, 0.0, 0.0), (190.0, 0.0, 3.0)]
    forward = [(1300.0, 2.6, 0.0), (1290.0, 0.0, 3.0), (190.0, 0.0, 1.5)]
    third = [(1300.0, 2.6, 0.0), (1290.0, 0.0, 3.0), (210.0, 0.0, 1.5)]
    numbers, columns = seen(slow, GOOD, single, forward, third, GOOD)
    assert numbers.tolist() == [1, 4, 5]
    # a jet outside is as if it were not there
    assert np.hypot(columns["pxj2"], columns["pyj2"])[1] == pytest.approx(210.0)
    assert columns["mj1"][0] == columns["mj1"][2]
    numbers, columns = seen(slow)
    assert numbers.shape == columns["tau3j2"].shape == (0,)


def test_soft_particles_are_no_part_of_a_jet():
    _, clean = seen(GOOD)
    _, soft = seen([*GOOD, (0.9, 0.9, 0.5), (0.9, -0.1, 2.5)])
    _, hard = seen([*GOOD, (1.1, 0.9, 0.5)])
    assert soft["mj1"][0] == clean["mj1"][0] < hard["mj1"][0]


def frame(path):
    return pq.read_table(path).to_pandas()


def shapes(columns):
    """What the comparisons are about, by name."""
    jets = [[columns[f"{kind}j{rank}"].to_numpy(float) for kind in ("px", "py", "pz", "m")] for rank in (1, 2)]
    momenta = [np.stack([np.sqrt(px**2 + py**2 + pz**2 + m**2), px, py, pz]) for px, py, pz, m in jets]
    made = {"mjj": mass_of(momenta[0] + momenta[1]), "m_light": np.minimum(*(jet[3] for jet in jets))}
    made["m_heavy"] = np.maximum(*(jet[3] for jet in jets))
    for rank in (1, 2):
        tau = [columns[f"tau{axes}j{rank}"].to_numpy(float) for axes in (1, 2, 3)]
        good = (tau[0] > 0) & (tau[1] > 0) & (np.abs(np.arctan2(jets[rank - 1][1], jets[rank - 1][0])) < np.pi - 1)
        made |= {f"m{rank}": jets[rank - 1][3], f"pt{rank}": np.hypot(*jets[rank - 1][:2])}
        made |= {f"tau21_{rank}": (tau[1] / np.where(good, tau[0], 1))[good]}
        made |= {f"tau32_{rank}": (tau[2] / np.where(good, tau[1], 1))[good]}
    return made


def generated(directory, events, **fields):
    """Both processes' events as a simulation of the recipe writes them."""
    recipe = replace(RECIPE, processes=tuple(replace(process, **fields) for process in RECIPE.processes))
    return {
        process.name: simulate_process(
            recipe, Generation(process=process, seed=3, stream="test", directory=directory), events
        )
        for process in recipe.processes
    }


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    return generated(tmp_path_factory.mktemp("dijets"), 40, chunk_size=70)


def test_files_hold_jets_labels_and_weights_that_sum_to_the_rate(few):
    for name, path in few.items():
        events = frame(path)
        assert set(events) == {*DIJET_COLUMNS, "id", "weight", "label"}
        assert (events["label"] == (name == "wprime")).all()
        [rate] = read_provenance(path)["rates"]
        assert events["weight"].sum() == pytest.approx(rate["expected"], rel=1e-12)
    # 20 fb × 12.9 fb⁻¹ × three quarters; 5.4 pb (Pythia) × 12.9 fb⁻¹ × two thirds
    expected = {name: frame(path)["weight"].sum() for name, path in few.items()}
    assert expected["wprime"] == pytest.approx(187, rel=0.2)
    assert expected["qcd"] == pytest.approx(49_300, rel=0.3)


def test_every_event_passes_the_selection(few):
    for path in few.values():
        made = shapes(frame(path))
        assert (made["pt1"] > LEADING_PT * (1 - 1e-3)).all()  # as rounded
        assert ((made["pt2"] > MIN_PT) & (made["pt2"] < made["pt1"] * (1 + 1e-3))).all()


def test_the_signal_peaks_and_the_background_does_not(few):
    signal, background = shapes(frame(few["wprime"])), shapes(frame(few["qcd"]))
    assert np.median(signal["mjj"]) == pytest.approx(3500, rel=0.03)
    assert np.mean(np.abs(signal["mjj"] - 3500) < 300) > 0.7
    assert np.mean(np.abs(background["mjj"] - 3500) < 300) < 0.5
    near = (np.abs(signal["m_light"] - 103) < 25) & (np.abs(signal["m_heavy"] - 495) < 100)
    assert near.mean() > 0.4
    assert np.median(signal["tau21_1"]) < 0.4 < np.median(background["tau21_1"])


def test_nothing_is_left_out_in_silence():
    for process in RECIPE.processes:
        assert process.multiparton_interactions
        assert process.limits
    assert "benchmark" in RECIPE.process("wprime").source.lower()
    assert not RECIPE.pseudo_data


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    return {name: shapes(frame(path)) for name, path in generated(tmp_path_factory.mktemp("dijets"), 1500).items()}


def public(name, path):
    if not path.exists():
        pytest.skip(f"needs {path.name} of the shared data")
    events = pd.read_hdf(path, "df") if path.suffix == ".h5" else frame(path)
    return shapes(events[events["label"] == (name == "wprime")])


def compare(ours, theirs, tolerances):
    for name, tolerance in tolerances.items():
        quartiles = [np.quantile(each[name], (0.25, 0.5, 0.75)) for each in (ours, theirs)]
        np.testing.assert_allclose(*quartiles, rtol=tolerance, err_msg=name)


@pytest.mark.slow
def test_background_is_shaped_as_in_the_lhc_olympics(many):
    """Quartiles within 3 % (jets' pt, m_jj), 12 % (masses) and 10 % (ratios of τ), of which half is what 1500 events leave open.

    Masses of light jets are a few per cent higher here, small τ21 lower and τ32 higher: there the jets are made of
    calorimeter cells and tracks, which a jet narrower than a cell does not fill as its particles would.
    """
    compare(
        many["qcd"],
        public("qcd", SHARED / "lhco/lhco_rnd_dev.h5"),
        dict.fromkeys(("mjj", "pt1", "pt2"), 0.03)
        | dict.fromkeys(("m1", "m2"), 0.12)
        | dict.fromkeys(("tau21_1", "tau21_2", "tau32_1", "tau32_2"), 0.10),
    )


@pytest.mark.slow
def test_signal_is_shaped_as_in_the_lhc_olympics(many):
    """Quartiles within 3 % (jets' pt, m_jj), 6 % and 16 % (lighter and heavier jet's mass), 25 % (τ21) and 10 % (τ32).

    τ21 is lower here by an eighth for the same reason as the background's, and more so as the two parts of these jets
    are narrow. Which of X and Y has the larger pt is a matter of chance: so masses are compared in their own order. The
    heavier one's lower quartile is an eighth lower here: X decays isotropically, and one of its quarks leaves the jet
    in 25 % of the events, there in 17 %; the peak is wider here, 9 % against 6 %.
    """
    compare(
        many["wprime"],
        public("wprime", SHARED / "lhco/lhco_rnd_dev.h5"),
        dict.fromkeys(("mjj", "pt1", "pt2"), 0.03)
        | {"m_light": 0.06, "m_heavy": 0.16}
        | dict.fromkeys(("tau21_1", "tau21_2"), 0.25)
        | dict.fromkeys(("tau32_1", "tau32_2"), 0.10),
    )


@pytest.mark.slow
@pytest.mark.parametrize(("name", "mass_tolerance"), [("qcd", 0.12), ("wprime", 0.15)])
def test_near_another_simulation_by_pythia(many, name, mass_tolerance):
    """Made of all particles and with a lower energy scale, as its m_jj of 3.38 TeV for a W' of 3.5 TeV tells: τ21 is larger."""
    compare(
        many[name],
        public(name, SHARED / "simulated/lhco_like.parquet"),
        dict.fromkeys(("mjj", "pt1"), 0.06)
        | dict.fromkeys(("m_light", "m_heavy"), mass_tolerance)
        | dict.fromkeys(("tau21_1", "tau21_2"), 0.35)
        | dict.fromkeys(("tau32_1", "tau32_2"), 0.10),
    )


@pytest.mark.slow
def test_signal_has_its_modes_at_the_masses(many):
    for name, low, high, width, (first, last) in (
        ("mjj", 3000, 4000, 100, (3400, 3600)),
        ("m_light", 60, 160, 10, (90, 120)),
        ("m_heavy", 350, 650, 30, (470, 530)),
    ):
        counts, edges = np.histogram(many["wprime"][name], bins=np.arange(low, high + 1, width))
        mode = edges[np.argmax(counts)] + width / 2
        assert first <= mode <= last, name
