"""fivesigma: machine-learning searches for new physics, from event files to an honest significance, a limit and a page.

The names below are the whole library in a notebook's hand; each is imported when it is first used, so that
``import fivesigma`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fivesigma.core.version import __version__

if TYPE_CHECKING:
    from fivesigma.analysis.recipes import recipe
    from fivesigma.core.display import table
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
    from fivesigma.inference.counting_scan import counting_scan
    from fivesigma.inference.datacard import combine_datacard
    from fivesigma.inference.filling import templates
    from fivesigma.inference.honest_bins import honest_bins
    from fivesigma.inference.likelihoods import fit_workspace
    from fivesigma.inference.limit_plane import SignalPoint
    from fivesigma.inference.mass.mass_fit import fit_mass
    from fivesigma.inference.mass.spectrum import Spectrum
    from fivesigma.inference.normalisations import FreeNormalisation
    from fivesigma.inference.ranking import rank_nuisances
    from fivesigma.inference.signal_grid import limit_plane
    from fivesigma.inference.strength_uncertainty import strength_uncertainty
    from fivesigma.inference.systematics import Normalisation, ShapeSystematic
    from fivesigma.inference.template_fit import fit_templates, upper_limit
    from fivesigma.inference.transfer_factors import TransferFactors
    from fivesigma.inference.varied_events import VariedEvents
    from fivesigma.learning.cross_fit import cross_fit
    from fivesigma.learning.estimator import FivesigmaClassifier
    from fivesigma.plots.registry import plot
    from fivesigma.searches.anomaly.options import ScanOptions
    from fivesigma.searches.anomaly.scan import anomaly_scan, scan_events
    from fivesigma.searches.anomaly.windows import mass_windows
    from fivesigma.searches.classifier_systematics import classifier_systematics
    from fivesigma.searches.limit_working_point import working_point_curve
    from fivesigma.searches.varied_scores import VariedScores

_HOMES = {
    "FivesigmaClassifier": "learning.estimator",
    "FreeNormalisation": "inference.normalisations",
    "Normalisation": "inference.systematics",
    "ScanOptions": "searches.anomaly.options",
    "ShapeSystematic": "inference.systematics",
    "SignalPoint": "inference.limit_plane",
    "Spectrum": "inference.mass.spectrum",
    "TransferFactors": "inference.transfer_factors",
    "Variation": "core.sample",
    "VariedEvents": "inference.varied_events",
    "VariedScores": "searches.varied_scores",
    "Workers": "core.parallel",
    "anomaly_scan": "searches.anomaly.scan",
    "calibration": "evaluation.calibration",
    "classifier_systematics": "searches.classifier_systematics",
    "combine_datacard": "inference.datacard",
    "compare": "evaluation.comparison",
    "correlations": "evaluation.correlation",
    "count": "inference.counting",
    "counting_scan": "inference.counting_scan",
    "cross_fit": "learning.cross_fit",
    "dataset": "events.assemble",
    "feature_distributions": "evaluation.distributions",
    "figures_of_merit": "evaluation.figures_of_merit",
    "fit_mass": "inference.mass.mass_fit",
    "fit_templates": "inference.template_fit",
    "fit_workspace": "inference.likelihoods",
    "honest_bins": "inference.honest_bins",
    "limit_plane": "inference.signal_grid",
    "mass_windows": "searches.anomaly.windows",
    "permutation_importance": "evaluation.importance",
    "plot": "plots.registry",
    "rank_nuisances": "inference.ranking",
    "read": "events.read",
    "recipe": "analysis.recipes",
    "roc": "evaluation.roc",
    "scan_events": "searches.anomaly.scan",
    "scatter_matrix": "evaluation.scatter",
    "sculpting": "evaluation.sculpting",
    "separation": "evaluation.separation",
    "significance_improvement": "evaluation.significance_improvement",
    "spurious_signal": "evaluation.spurious_signal",
    "strength_uncertainty": "inference.strength_uncertainty",
    "table": "core.display",
    "templates": "inference.filling",
    "upper_limit": "inference.template_fit",
    "working_point_curve": "searches.limit_working_point",
}

__all__ = [
    "FivesigmaClassifier",
    "FreeNormalisation",
    "Normalisation",
    "ScanOptions",
    "ShapeSystematic",
    "SignalPoint",
    "Spectrum",
    "TransferFactors",
    "Variation",
    "VariedEvents",
    "VariedScores",
    "Workers",
    "__version__",
    "anomaly_scan",
    "calibration",
    "classifier_systematics",
    "combine_datacard",
    "compare",
    "correlations",
    "count",
    "counting_scan",
    "cross_fit",
    "dataset",
    "feature_distributions",
    "figures_of_merit",
    "fit_mass",
    "fit_templates",
    "fit_workspace",
    "honest_bins",
    "limit_plane",
    "mass_windows",
    "permutation_importance",
    "plot",
    "rank_nuisances",
    "read",
    "recipe",
    "roc",
    "scan_events",
    "scatter_matrix",
    "sculpting",
    "separation",
    "significance_improvement",
    "spurious_signal",
    "strength_uncertainty",
    "table",
    "templates",
    "upper_limit",
    "working_point_curve",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'fivesigma' has no attribute {name!r}")
    value = getattr(import_module(f"fivesigma.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
