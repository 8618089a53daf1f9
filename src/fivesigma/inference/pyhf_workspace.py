"""Workspaces read, patched and validated by pyhf."""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jsonpatch
import pyhf

from fivesigma.core.errors import FivesigmaError, suggestion

__all__ = ["has_shapes", "numpy_backend", "patched_workspace", "read_model", "validate_workspace"]

_SMOOTH = {"normsys": {"interpcode": "code4"}, "histosys": {"interpcode": "code4p"}}
"""Smooth at nominal, where pyhf's own defaults have a kink: what its command line, cabinetry and ROOT take."""
_EXPONENTIAL = {"normsys": {"interpcode": "code1"}, "histosys": {"interpcode": "code0"}}
"""The same for normalisations alone whose down is one over their up."""


def validate_workspace(workspace: Mapping[str, Any]) -> None:
    """Raise FivesigmaError unless pyhf's schema holds a workspace for valid."""
    with numpy_backend():
        try:
            pyhf.schema.validate(dict(workspace), "workspace.json")
        except pyhf.exceptions.InvalidSpecification as error:
            raise FivesigmaError(f"not a HistFactory workspace: {error}") from error


def patched_workspace(workspace: Mapping[str, Any], patch: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a copy of a workspace with a JSON patch (RFC 6902) applied.

    Raises
    ------
    FivesigmaError
        If the patch is none, or does not fit the workspace.
    """
    try:
        return dict(jsonpatch.apply_patch(dict(workspace), [dict(operation) for operation in patch]))
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
        raise FivesigmaError(f"the patch does not fit the workspace: {error}") from error


def has_shapes(workspace: Mapping[str, Any]) -> bool:
    """Return whether a modifier is anything else than a normalisation whose down is one over its up."""
    modifiers = [
        modifier
        for channel in workspace.get("channels", ())
        for sample in channel.get("samples", ())
        for modifier in sample.get("modifiers", ())
    ]
    return any(
        modifier.get("type") == "histosys"
        or (
            modifier.get("type") == "normsys"
            and not math.isclose(modifier["data"]["hi"] * modifier["data"]["lo"], 1.0, rel_tol=1e-12)
        )
        for modifier in modifiers
    )


def read_model(workspace: Mapping[str, Any], measurement: str | None = None, poi: str | None = None) -> Any:
    """Return the pyhf model of a workspace; without a parameter of interest if nothing in the workspace depends on it.

    Parameters
    ----------
    workspace
        A HistFactory workspace as pyhf JSON.
    measurement
        Which of its measurements is taken; the first if None.
    poi
        Which parameter is the signal strength; the measurement's if None.

    Raises
    ------
    FivesigmaError
        If pyhf finds the workspace invalid, or there is no such measurement or parameter.
    """
    settings = {"modifier_settings": _SMOOTH if has_shapes(workspace) else _EXPONENTIAL}
    with numpy_backend():
        return _read(workspace, measurement, poi, settings)


def _read(workspace: Mapping[str, Any], measurement: str | None, poi: str | None, settings: Mapping[str, Any]) -> Any:
    try:
        read = pyhf.Workspace(dict(workspace))
        known = read.measurement_names
        if measurement is not None and measurement not in known:
            raise FivesigmaError(f"the workspace has no measurement {measurement!r}{suggestion(measurement, known)}")
        names = {name for name, _ in read.modifiers}
        if poi is not None and poi not in names:
            raise FivesigmaError(f"the workspace has no parameter {poi!r}{suggestion(poi, sorted(names))}")
        of_interest = poi or read.get_measurement(measurement_name=measurement)["config"]["poi"]
        of_interest = of_interest if of_interest in names else None
        return read.model(measurement_name=measurement, poi_name=of_interest, **settings)
    except (pyhf.exceptions.InvalidSpecification, pyhf.exceptions.InvalidModel) as error:
        raise FivesigmaError(f"not a HistFactory workspace: {error}") from error


@contextlib.contextmanager
def numpy_backend() -> Iterator[None]:
    """Hold pyhf's global backend at numpy in double precision, and give back whatever it was."""
    tensorlib, optimizer = pyhf.get_backend()
    foreign = (tensorlib.name, tensorlib.precision) != ("numpy", "64b")
    with warnings.catch_warnings():
        # pyhf 0.7 resolves its schema's references in a way that jsonschema has deprecated
        warnings.filterwarnings("ignore", message=r"jsonschema\.RefResolver is deprecated", category=DeprecationWarning)
        if foreign:
            pyhf.set_backend("numpy", precision="64b")
        try:
            yield
        finally:
            if foreign:
                pyhf.set_backend(tensorlib, optimizer)
