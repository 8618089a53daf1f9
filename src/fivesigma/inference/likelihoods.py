"""Likelihoods from elsewhere: limits, CLs and fits of plain pyhf (HistFactory) JSON, with a patch if there is one.

Between -1, 0 and +1 σ yields are interpolated as pyhf's command line and ROOT do it, with polynomials that are smooth at
nominal (its code4 and code4p). That is how the CLs published with a likelihood were made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fivesigma.core.errors import FivesigmaError
from fivesigma.core.estimate import Estimate
from fivesigma.core.finding import Finding
from fivesigma.inference.checks import check_fit, fitted_strength
from fivesigma.inference.engine import Data
from fivesigma.inference.fitted_parameters import FittedParameter, fitted_parameters
from fivesigma.inference.goodness import goodness_of_fit
from fivesigma.inference.limits import Nuisances, UpperLimit, cls_limit, cls_values, discovery_significance
from fivesigma.inference.profile import Profile, nominal_asimov
from fivesigma.inference.pyhf_engine import PyhfModel
from fivesigma.inference.pyhf_workspace import patched_workspace
from fivesigma.statistics.bands import Band, band_of

__all__ = ["BackgroundFit", "WorkspaceFit", "fit_background", "fit_workspace", "read_model"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceFit:
    """What a likelihood says of its signal strength.

    Attributes
    ----------
    poi
        What the strength is called there.
    mu
        Best strength and its interval, from the profile likelihood of the data; None while blind.
    sigma_mu
        Standard deviation of the strength, from the Fisher information: on the data, or expected for μ = 1 while blind.
    z_expected, z_observed
        Discovery significance: the median one for μ = 1 with nominal nuisances, and that of the data; None while blind.
    cls_expected, cls_observed
        CLs at μ = 1: at -2, -1, 0, +1, +2 σ of what background alone gives, and of the data; None while blind.
    limit
        Upper limits on the strength.
    goodness_of_fit
        As in `fivesigma.inference.template_fit.TemplateFitResult`.
    parameters
        All parameters after the fit to the data, or to Asimov data at μ = 1 while blind.
    findings
        What a reader should know before believing all this.
    """

    poi: str
    mu: Estimate | None
    sigma_mu: float
    z_expected: float
    z_observed: float | None
    cls_expected: Band
    cls_observed: float | None
    limit: UpperLimit
    goodness_of_fit: float | None
    parameters: tuple[FittedParameter, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackgroundFit:
    """A fit of a likelihood without any signal.

    Attributes
    ----------
    deviance
        ``-2 ln(L / L_saturated)`` at the best fit.
    goodness_of_fit, parameters, findings
        As in `WorkspaceFit`.
    """

    deviance: float
    goodness_of_fit: float | None
    parameters: tuple[FittedParameter, ...]
    findings: tuple[Finding, ...]


def fit_workspace(
    workspace: Mapping[str, Any],
    *,
    patch: Sequence[Mapping[str, Any]] | None = None,
    measurement: str | None = None,
    poi: str | None = None,
    level: float = 0.95,
    nuisances: Nuisances = "nominal",
    blind: bool = False,
    name: str = "likelihood",
) -> WorkspaceFit:
    """Fit a workspace and return limits, CLs at μ = 1, significances and parameters.

    Parameters
    ----------
    workspace
        Plain pyhf JSON as ``json.load`` gives it, with any of its modifiers.
    patch
        A JSON patch (RFC 6902) that puts a signal into it, as published with background-only workspaces.
    measurement
        Which of its measurements; the first if None.
    poi
        Which parameter is the signal strength; the measurement's if None.
    level
        Confidence level of the limits.
    nuisances
        Of expected limits and CLs: "nominal" never depends on the data; published numbers are "profiled" on it.
    blind
        Leave the workspace's observations alone.
    name
        What findings call the fit.

    Raises
    ------
    FivesigmaError
        If the workspace or patch is invalid, names are unknown, there is no signal, or a fit does not converge.
    """
    model, seen = read_model(workspace, patch=patch, measurement=measurement, poi=poi)
    data = None if blind else seen
    profile = Profile(model, nominal_asimov(model, 1.0), truth=1.0) if data is None else Profile(model, data)
    band, observed = cls_values(model, data, 1.0, nuisances=nuisances)
    goodness = None if data is None else goodness_of_fit(model, profile.best)
    mu, bound = (None, ()) if data is None else fitted_strength(profile, name)
    return WorkspaceFit(
        poi=model.parameters[model.poi].name,
        mu=mu,
        sigma_mu=profile.error,
        z_expected=discovery_significance(model),
        z_observed=None if data is None else float(np.sqrt(profile.q_zero())),
        cls_expected=band_of(band),
        cls_observed=observed,
        limit=cls_limit(model, data, level=level, nuisances=nuisances),
        goodness_of_fit=goodness,
        parameters=fitted_parameters(model, profile.best),
        findings=(*(() if data is None else check_fit(model, profile.best, goodness, name)), *bound),
    )


def fit_background(
    workspace: Mapping[str, Any], *, measurement: str | None = None, name: str = "likelihood"
) -> BackgroundFit:
    """Fit a workspace to its observations without signal: its strength, if it has one, is held at zero.

    Parameters and errors as those of `fit_workspace`.
    """
    model, data = read_model(workspace, measurement=measurement)
    fit = model.fit(data, fixed={model.poi: 0.0} if model.has_poi else None)
    goodness = goodness_of_fit(model, fit)
    return BackgroundFit(
        deviance=fit.deviance,
        goodness_of_fit=goodness,
        parameters=fitted_parameters(model, fit),
        findings=tuple(check_fit(model, fit, goodness, name)),
    )


def read_model(
    workspace: Mapping[str, Any],
    *,
    patch: Sequence[Mapping[str, Any]] | None = None,
    measurement: str | None = None,
    poi: str | None = None,
) -> tuple[PyhfModel, Data]:
    """Return the model of a workspace and its observations, for `fivesigma.inference.ranking` and others that take a model.

    Parameters and errors as those of `fit_workspace`.
    """
    whole = workspace if patch is None else patched_workspace(workspace, patch)
    model = PyhfModel(whole, measurement=measurement, poi=poi)
    counts = {entry["name"]: np.asarray(entry["data"], dtype=np.float64) for entry in whole["observations"]}
    for channel, where in model.channel_slices().items():
        if channel not in counts:
            raise FivesigmaError(f"the workspace has no observations for channel {channel!r}")
        if (given := len(counts[channel])) != (wanted := where.stop - where.start):
            raise FivesigmaError(f"channel {channel!r} has {wanted} bins and {given} observed counts")
    return model, model.data(counts)
