"""The code and the libraries that numbers come from."""

from __future__ import annotations

import contextlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from fivesigma.core.identity import digest, file_digest

__all__ = ["code_digest", "library_versions"]

_LIBRARIES = (
    "numpy",
    "scipy",
    "scikit-learn",
    "torch",
    "keras",
    "tensorflow",
    "tensorflow-cpu",
    "xgboost",
    "xgboost-cpu",
    "lightgbm",
    "onnxruntime",
    "optuna",
    "pyhf",
    "iminuit",
    "polars",
    "uproot",
    "matplotlib",
    "mplhep",
)


@cache
def code_digest() -> str:
    """Return a digest of the package's source, so that results of other code never pass for this one's."""
    package = Path(__file__).parents[1]
    return digest({str(path.relative_to(package)): file_digest(path) for path in sorted(package.rglob("*.py"))})


@cache
def library_versions() -> dict[str, str]:
    """Return the versions of the libraries that numbers come from."""
    versions = {}
    for library in _LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):
            versions[library] = version(library)
    return versions
