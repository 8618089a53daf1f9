"""fivesigma: machine-learning searches for new physics, from event files to an honest significance, a limit and a page.

The names below are the whole library in a notebook's hand; each is imported when it is first used, so that
``import fivesigma`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fivesigma.core.version import __version__

if TYPE_CHECKING:
    from fivesigma.core.parallel import Workers
    from fivesigma.core.sample import Variation
    from fivesigma.evaluation.calibration import calibration
    from fivesigma.evaluation.comparison import compare
    from fivesigma.evaluation.correlation import correlations
    from fivesigma.evaluation.distributions import feature_distributions
    from fivesigma.evaluation.figures_of_merit import figures_of_merit
    from fivesigma.evaluation.importance import permutation_importance
    from fivesigma.evaluation.roc import roc
    from fivesigma.evaluation.scatter import scatter_matrix
    from fivesigma.evaluation.sculpting import sculpting
    from fivesigma.evaluation.separation import separation
    from fivesigma.evaluation.significance_improvement import significance_improvement
    from fivesigma.evaluation.spurious_signal import spurious_signal
    from fivesigma.events.assemble import dataset
    from fivesigma.events.read import read
    from fivesigma.inference.counting import count
    from fivesigma.inference.filling import templates
    from fivesigma.inference.limit_plane import SignalPoint
    from fivesigma.inference.signal_grid import limit_plane
    from fivesigma.inference.systematics import Normalisation, ShapeSystematic
    from fivesigma.inference.template_fit import fit_templates, upper_limit
    from fivesigma.inference.varied_events import VariedEvents
    from fivesigma.learning.cross_fit import cross_fit
    from fivesigma.learning.estimator import FivesigmaClassifier
    from fivesigma.plots.registry import plot

_HOMES = {
    "FivesigmaClassifier": "learning.estimator",
    "Normalisation": "inference.systematics",
    "ShapeSystematic": "inference.systematics",
    "SignalPoint": "inference.limit_plane",
    "Variation": "core.sample",
    "VariedEvents": "inference.varied_events",
    "Workers": "core.parallel",
    "calibration": "evaluation.calibration",
    "compare": "evaluation.comparison",
    "correlations": "evaluation.correlation",
    "count": "inference.counting",
    "cross_fit": "learning.cross_fit",
    "dataset": "events.assemble",
    "feature_distributions": "evaluation.distributions",
    "figures_of_merit": "evaluation.figures_of_merit",
    "fit_templates": "inference.template_fit",
    "limit_plane": "inference.signal_grid",
    "permutation_importance": "evaluation.importance",
    "plot": "plots.registry",
    "read": "events.read",
    "roc": "evaluation.roc",
    "scatter_matrix": "evaluation.scatter",
    "sculpting": "evaluation.sculpting",
    "separation": "evaluation.separation",
    "significance_improvement": "evaluation.significance_improvement",
    "spurious_signal": "evaluation.spurious_signal",
    "templates": "inference.filling",
    "upper_limit": "inference.template_fit",
}

__all__ = [
    "FivesigmaClassifier",
    "Normalisation",
    "ShapeSystematic",
    "SignalPoint",
    "Variation",
    "VariedEvents",
    "Workers",
    "__version__",
    "calibration",
    "compare",
    "correlations",
    "count",
    "cross_fit",
    "dataset",
    "feature_distributions",
    "figures_of_merit",
    "fit_templates",
    "limit_plane",
    "permutation_importance",
    "plot",
    "read",
    "roc",
    "scatter_matrix",
    "sculpting",
    "separation",
    "significance_improvement",
    "spurious_signal",
    "templates",
    "upper_limit",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'fivesigma' has no attribute {name!r}")
    value = getattr(import_module(f"fivesigma.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
