"""Spectra to fit: a peak at 125 on a falling background, simulated with weights, and data of the same."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from fivesigma.inference.mass.spectrum import Spectrum

EDGES = np.linspace(100, 160, 51)
PUBLISHED = Path(__file__).parents[4] / "shared" / "data" / "spectra"


@dataclass(frozen=True)
class Search:
    """Simulated signal and background at the luminosity, and data."""

    signal: Spectrum
    background: Spectrum
    observed: Spectrum


@pytest.fixture
def make_search() -> Callable[..., Search]:
    """Make a peak of width 2 at 125 on an exponential background of slope 1/30."""

    def make(
        *, seed: int = 1, signal: float = 100, background: float = 2000, strength: float = 1, events: int = 50_000
    ) -> Search:
        rng = np.random.default_rng(seed)

        def masses(kind: str, count: int) -> np.ndarray:
            if kind == "signal":
                return rng.normal(125, 2, count)
            return 100 - 30 * np.log1p(-rng.uniform(0, 1 - np.exp(-2), count))

        def simulated(kind: str, expected: float) -> Spectrum:
            weight = rng.uniform(0.5, 1.5, events)
            return Spectrum.of(masses(kind, events), expected * weight / weight.sum(), EDGES)

        # data last, so that their number changes no simulated event
        simulation = [simulated(kind, expected) for kind, expected in (("signal", signal), ("background", background))]
        data = np.concatenate(
            [masses("signal", rng.poisson(strength * signal)), masses("background", rng.poisson(background))]
        )
        return Search(
            signal=simulation[0],
            background=simulation[1],
            observed=Spectrum.of(data, np.ones(len(data)), EDGES),
        )

    return make


@pytest.fixture
def search(make_search: Callable[..., Search]) -> Search:
    return make_search()


@pytest.fixture
def dijets() -> Spectrum:
    """Return the dijet spectrum of CMS at 13 TeV, a differential cross section, arXiv:1911.03947."""
    table = _table("cms_dijet.csv")
    middle, width = table["x"], table["bin_widths_1d"]
    edges = np.append(middle - width / 2, middle[-1] + width[-1] / 2)
    error = width * (table["y_up"] + table["y_down"]) / 2
    return Spectrum(edges=edges, sum_w=table["y"] * width, sum_w2=error**2, name="m_jj", label="m(jj) [GeV]")


@pytest.fixture
def diphotons() -> Spectrum:
    """Return the diphoton spectrum of CMS at 13 TeV in counts: the table gives them per GeV, in bins whose edges are whole GeV."""
    table = _table("cms_diphoton.csv")
    edges = [500.0]
    for middle in table["x"]:
        edges.append(2 * middle - edges[-1])
    exact = table["y"] * np.diff(edges)
    counts = np.round(exact)
    np.testing.assert_allclose(exact, counts, atol=0.01)
    return Spectrum(edges=np.array(edges), sum_w=counts, sum_w2=counts, name="m_yy", label="m(γγ) [GeV]")


def _table(name: str) -> np.ndarray:
    path = PUBLISHED / name
    if not path.is_file():
        pytest.skip(f"the published spectrum {name} is not here")
    return np.genfromtxt(path, delimiter=",", names=True)
