"""The answer of a shape analysis: signal strength, significance, limit, and what each uncertainty costs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from fivesigma.core.display import Entry, band, facts
from fivesigma.core.estimate import Estimate
from fivesigma.core.finding import Finding, remarks
from fivesigma.core.identity import derive_seed
from fivesigma.core.parallel import Workers
from fivesigma.inference.breakdown import Breakdown, breakdown
from fivesigma.inference.checks import (
    check_fit,
    check_low_counts,
    check_signal,
    check_templates,
    fitted_strength,
    require_fittable,
)
from fivesigma.inference.engine import Data, Model
from fivesigma.inference.fitted_parameters import FittedParameter, Pulls, fitted_parameters
from fivesigma.inference.goodness import goodness_of_fit
from fivesigma.inference.limits import CLsCurve, Nuisances, UpperLimit, cls_limit, discovery_significance
from fivesigma.inference.profile import Profile, nominal_asimov
from fivesigma.inference.pruning import kept_systematics
from fivesigma.inference.pyhf_engine import PyhfModel
from fivesigma.inference.systematics import Systematic, check_systematics
from fivesigma.inference.templates import Templates
from fivesigma.inference.toy_limits import toy_limit
from fivesigma.inference.transfer_factors import with_transfer_factors
from fivesigma.inference.variation_checks import check_variations, require_variations
from fivesigma.inference.workspace import build_workspace, parameter_groups
from fivesigma.inference.yields import ChannelYields, prefit_covariance, yields
from fivesigma.statistics.bands import Band

__all__ = ["Method", "TemplateFitResult", "fit_templates", "upper_limit"]

Method: TypeAlias = Literal["asymptotic", "toys"]
"""How limits are made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateFitResult:
    """What a template fit says of the signal strength μ.

    Attributes
    ----------
    mu
        Best strength and its interval, from the profile likelihood of the data; None while blind.
    sigma_mu
        Standard deviation of the strength, from the Fisher information: on the data, or expected for μ = 1 while blind.
    z_expected
        Median discovery significance if μ = 1, nuisances nominal.
    z_observed
        Discovery significance of the data; None while blind.
    limit_expected
        Upper limits on μ at -2, -1, 0, +1, +2 σ of what background alone gives, nuisances nominal.
    limit_observed
        Upper limit on μ; None while blind.
    level
        Confidence level of the limits.
    curve
        CLs against μ.
    breakdown
        What each group adds to ``sigma_mu`` in quadrature, at the same place; "statistics" is what stays when all else
        is known. Groups that a fit correlates do not add up to the total exactly.
    goodness_of_fit
        p-value of the saturated model's likelihood ratio, right for few events a bin too; None while blind or without degrees of freedom.
    parameters
        All parameters after the fit to the data, or to Asimov data at μ = 1 while blind.
    prefit, postfit
        Yields per region, sample and bin; None where there was no fit to data.
    workspace
        The model as pyhf JSON.
    signal
        The samples that μ scales.
    method
        How limits were made, in words.
    findings
        What a reader should know before believing all this.
    """

    mu: Estimate | None
    sigma_mu: float
    z_expected: float
    z_observed: float | None
    limit_expected: Band
    limit_observed: float | None
    level: float
    curve: CLsCurve
    breakdown: Mapping[str, float]
    goodness_of_fit: float | None
    parameters: tuple[FittedParameter, ...]
    prefit: tuple[ChannelYields, ...]
    postfit: tuple[ChannelYields, ...] | None
    workspace: Mapping[str, Any]
    signal: tuple[str, ...]
    method: str
    findings: tuple[Finding, ...]

    @property
    def costs(self) -> Breakdown:
        """The breakdown with its total, as figures show it."""
        return Breakdown(groups=self.breakdown, total=self.sigma_mu, expected=self.mu is None)

    @property
    def pulls(self) -> Pulls:
        """The constrained parameters, as figures show them."""
        constrained = tuple(p for p in self.parameters if p.pull is not None)
        return Pulls(parameters=constrained, expected=self.mu is None)

    def _repr_html_(self) -> str:
        values: dict[str, Entry] = {
            "strength μ": self.mu,
            "its uncertainty": self.sigma_mu,
            "significance expected": self.z_expected,
            "significance observed": self.z_observed,
            f"limit on μ at {self.level:.0%} expected": band(self.limit_expected),
            "limit observed": self.limit_observed,
            "goodness of fit, p": self.goodness_of_fit,
        }
        return facts(f"Fit of {', '.join(self.signal)}", values, notes=remarks(self.findings)).html


def fit_templates(
    templates: Templates,
    systematics: Sequence[Systematic] = (),
    *,
    signal: Collection[str] | None = None,
    level: float = 0.95,
    name: str = "template fit",
    seed: int | None = None,
    limits: Method = "asymptotic",
    toys: int = 2000,
    workers: Workers | None = None,
) -> TemplateFitResult:
    """Fit the signal strength to the templates and return everything about it.

    While any region is blind nothing is fitted to any data: expected results come from Asimov data at nominal nuisances.

    Parameters
    ----------
    templates
        The regions.
    systematics
        `Normalisation` and `ShapeSystematic` uncertainties; the statistics of the simulation is always in. Shapes that change no
        bin by 0.1 % are left out, which a finding says.
    signal
        The signal samples that μ scales; all of kind signal if None. Others of that kind are absent from the model,
        which a finding says; for one point of a grid see `fivesigma.inference.signal_grid`.
    level
        Confidence level of the limits.
    name
        What findings call the fit.
    seed
        Of toys: those that tell how far asymptotic limits are off at low counts, or those that limits are made from; one
        derived from ``name`` if None.
    limits
        "asymptotic", or "toys" where counts are low: `fivesigma.inference.toy_limits`; takes minutes.
    toys, workers
        How many toys a strength, and where to fit them.

    Raises
    ------
    FivesigmaError
        If templates or systematics make no sense together, or a fit does not converge.
    """
    chosen = templates.names("signal") if signal is None else tuple(signal)
    templates = with_transfer_factors(templates, systematics)
    workspace, model = _model(templates, systematics, chosen)
    data = _data(model, templates)
    own_seed = derive_seed(0, name) if seed is None else seed
    limit = (
        cls_limit(model, data, level=level)
        if limits == "asymptotic"
        else toy_limit(model, data, toys=toys, seed=own_seed, level=level, workers=workers)
    )
    profile = Profile(model, nominal_asimov(model, 1.0), truth=1.0) if data is None else Profile(model, data)
    goodness = None if data is None else goodness_of_fit(model, profile.best)
    estimate, bound = (None, ()) if data is None else fitted_strength(profile, name)
    return TemplateFitResult(
        mu=estimate,
        sigma_mu=profile.error,
        z_expected=discovery_significance(model),
        z_observed=None if data is None else float(np.sqrt(profile.q_zero())),
        limit_expected=limit.expected,
        limit_observed=limit.observed,
        level=level,
        curve=limit.curve,
        breakdown=breakdown(model, profile.best),
        goodness_of_fit=goodness,
        parameters=fitted_parameters(model, profile.best),
        prefit=yields(model, templates, chosen, model.nominal, prefit_covariance(model), postfit=False),
        postfit=None
        if data is None
        else yields(model, templates, chosen, profile.best.values, profile.best.covariance, postfit=True),
        workspace=workspace,
        signal=chosen,
        method=limit.method,
        findings=(
            *check_signal(templates, chosen, name),
            *check_templates(templates, chosen),
            *check_variations(templates, systematics, chosen, name),
            *(check_low_counts(templates, chosen, name, level, seed=own_seed) if limits == "asymptotic" else ()),
            *(() if data is None else check_fit(model, profile.best, goodness, name)),
            *bound,
        ),
    )


def upper_limit(
    templates: Templates,
    systematics: Sequence[Systematic] = (),
    *,
    signal: Collection[str] | None = None,
    level: float = 0.95,
    nuisances: Nuisances = "nominal",
) -> UpperLimit:
    """Return the CLs upper limit on the signal strength, expected and, where nothing is blind, observed.

    Parameters as those of `fit_templates`; ``nuisances`` as in `fivesigma.inference.limits.cls_limit`.
    """
    chosen = templates.names("signal") if signal is None else tuple(signal)
    _, model = _model(templates, systematics, chosen)
    return cls_limit(model, _data(model, templates), level=level, nuisances=nuisances)


def _model(
    templates: Templates, systematics: Sequence[Systematic], signal: tuple[str, ...]
) -> tuple[dict[str, Any], PyhfModel]:
    require_fittable(templates, signal)
    check_systematics(systematics, [sample.name for sample in templates.samples], templates.regions)
    require_variations(templates, systematics)
    kept = kept_systematics(templates, systematics, signal)
    workspace = build_workspace(templates, kept, signal)
    return workspace, PyhfModel(workspace, groups=parameter_groups(templates, kept))


def _data(model: Model, templates: Templates) -> Data | None:
    counts = {c.name: c.observed for c in templates.channels if c.observed is not None}
    return None if templates.blind else model.data(counts)
