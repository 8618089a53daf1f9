"""Models that a run goes on without where their library is not installed."""

from __future__ import annotations

from fivesigma.analysis.inference_names import models_of
from fivesigma.analysis.schema import Configuration
from fivesigma.core.errors import MissingExtraError
from fivesigma.learning.catalogue import classifier

__all__ = ["with_installed_models"]


def with_installed_models(config: Configuration) -> Configuration:
    """Return the configuration without optional models whose library is absent, and without what is inferred from them."""
    absent = {name: why for name, model in config.models.items() if model.optional and (why := _absent(model.use))}
    if not absent:
        return config
    inference = {name: one for name, one in config.inference.items() if not absent.keys() & models_of(config, one)}
    models = {name: model for name, model in config.models.items() if name not in absent}
    return config.model_copy(update={"models": models, "inference": inference, "models_left_out": absent})


def _absent(use: str) -> str:
    """Return what is not installed of a classifier, and how to install it; empty if all is."""
    try:
        classifier(use)
    except MissingExtraError as error:
        return str(error)
    return ""
