"""``fivesigma doctor``."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from platform import platform, python_version

import click

from fivesigma.core.version import __version__

__all__ = ["doctor"]

_NEEDED = (
    "numpy",
    "scipy",
    "scikit-learn",
    "polars",
    "uproot",
    "pyhf",
    "iminuit",
    "matplotlib",
    "mplhep",
    "safetensors",
    "skops",
)
_EXTRAS = (
    ("torch", ("torch",), "networks"),
    ("boosting", ("xgboost-cpu", "xgboost"), "XGBoost's trees"),
    ("boosting", ("lightgbm",), "LightGBM's trees"),
    ("keras", ("keras",), "networks in Keras"),
    ("keras", ("tensorflow-cpu", "tensorflow"), "networks in Keras on TensorFlow"),
    ("onnx", ("onnx",), "exporting models"),
    ("onnx", ("onnxruntime",), "models from elsewhere"),
    ("tune", ("optuna",), "seeking parameters"),
    ("dask", ("distributed",), "work on a Dask cluster"),
    ("simulate", ("pythia8mc",), "making events"),
    ("simulate", ("fastjet",), "making events with jets"),
    ("hdf5", ("hdf5plugin",), "compressed HDF5 files"),
)
"""The extra, the names under which its library is distributed, and what it is for."""


@click.command()
def doctor() -> None:
    """Say what is installed, and what is missing for what; exits with 1 if something needed is missing."""
    click.echo(f"fivesigma {__version__}, Python {python_version()}, {platform()}, {os.cpu_count()} cores")
    missing = [name for name in _NEEDED if not _line([name], "needed; install fivesigma again")]
    for extra, distributions, purpose in _EXTRAS:
        _line(distributions, f"for {purpose}: pip install 'fivesigma[{extra}]'")
    if missing:
        raise click.ClickException(f"missing: {', '.join(missing)}")


def _line(distributions: Sequence[str], otherwise: str) -> bool:
    """Print the version of a library by the first of its distributions that is there, or what to do without it."""
    for name in distributions:
        with contextlib.suppress(PackageNotFoundError):
            click.echo(f"  {name:<14} {version(name)}")
            return True
    click.echo(f"  {distributions[-1]:<14} not installed; {otherwise}")
    return False
