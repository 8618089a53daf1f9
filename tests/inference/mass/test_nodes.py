import numpy as np
from scipy import stats

from fivesigma.inference.mass.nodes import Nodes


def test_polynomials_are_exact() -> None:
    edges = np.array([-1.0, 0.5, 0.7, 4.0])
    nodes = Nodes.of(edges)
    np.testing.assert_allclose(nodes.integrals(nodes.points**15), np.diff(edges**16) / 16, rtol=1e-12)


def test_a_peak_as_narrow_as_half_a_bin() -> None:
    edges = np.arange(-6.0, 7.0, 2.0)
    nodes = Nodes.of(edges)
    np.testing.assert_allclose(
        nodes.integrals(stats.norm.pdf(nodes.points, 0.3)), np.diff(stats.norm.cdf(edges, 0.3)), atol=1e-4
    )


def test_several_functions_at_once() -> None:
    nodes = Nodes.of(np.array([0.0, 1.0, 3.0]))
    both = nodes.integrals(np.stack([np.ones_like(nodes.points), nodes.points], axis=-1))
    np.testing.assert_allclose(both, [[1, 0.5], [2, 4]])
