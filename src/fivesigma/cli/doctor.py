"""``fivesigma doctor``."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
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
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")
_LITTLE_MEMORY, _LITTLE_SPACE = 4.0, 1.0  # GB


@click.command()
def doctor() -> None:
    """Say what is installed, and what is missing for what; exits with 1 if something needed is missing."""
    click.echo(f"fivesigma {__version__}, Python {python_version()}, {platform()}")
    for line in _machine():
        click.echo(line)
    click.echo("needed:")
    missing = [name for name in _NEEDED if not _line([name], "install fivesigma again")]
    click.echo("by extra:")
    lacking = [
        extra
        for extra, distributions, purpose in _EXTRAS
        if not _line(distributions, f"for {purpose}: pip install 'fivesigma[{extra}]'")
    ]
    if missing:
        raise click.ClickException(f"missing: {', '.join(missing)}")
    extras = ", ".join(dict.fromkeys(lacking))
    click.echo(f"fivesigma is ready, without {extras}" if lacking else "fivesigma is ready, with every extra")


def _machine() -> Iterator[str]:
    """Yield what there is to compute with, and what of it is little."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    space = shutil.disk_usage(Path.cwd()).free / 1e9
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield f"{usable} cores, {memory:.0f} GB of memory{_little(memory, _LITTLE_MEMORY, 'use one worker')}"
    yield f"{space:.0f} GB free in {Path.cwd()}{_little(space, _LITTLE_SPACE, 'a run may need more')}"
    set_here = [f"{name}={os.environ[name]}" for name in _THREADS if name in os.environ]
    yield f"threads: {', '.join(set_here) or 'as libraries choose; workers of a run use one each'}"


def _little(there: float, enough: float, advice: str) -> str:
    return f" (little: {advice})" if there < enough else ""


def _line(distributions: Sequence[str], otherwise: str) -> bool:
    """Print the version of a library by the first of its distributions that is there, or what to do without it."""
    for name in distributions:
        with contextlib.suppress(PackageNotFoundError):
            click.echo(f"  {name:<14} {version(name)}")
            return True
    click.echo(f"  {distributions[-1]:<14} not installed; {otherwise}")
    return False
