"""``fivesigma doctor``."""

from __future__ import annotations

import os
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
_EXTRAS = {"torch": ("torch", "networks"), "simulate": ("pythia8mc", "making events")}


@click.command()
def doctor() -> None:
    """Say what is installed, and what is missing for what; exits with 1 if something needed is missing."""
    click.echo(f"fivesigma {__version__}, Python {python_version()}, {platform()}, {os.cpu_count()} cores")
    missing = [name for name in _NEEDED if not _line(name, "needed; install fivesigma again")]
    for extra, (library, purpose) in _EXTRAS.items():
        _line(library, f"for {purpose}: pip install 'fivesigma[{extra}]'")
    if missing:
        raise click.ClickException(f"missing: {', '.join(missing)}")


def _line(library: str, otherwise: str) -> bool:
    """Print a library's version, or what to do without it; return whether it is there."""
    try:
        click.echo(f"  {library:<14} {version(library)}")
    except PackageNotFoundError:
        click.echo(f"  {library:<14} not installed; {otherwise}")
        return False
    return True
