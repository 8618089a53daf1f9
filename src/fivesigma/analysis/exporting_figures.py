"""The figures of a run as files for a paper, a talk or a web page."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Literal, TypeAlias

import pypdfium2

from fivesigma.analysis.directory import RunDirectory
from fivesigma.analysis.page_content import stored_content
from fivesigma.core.errors import DataError

__all__ = ["FigureFormat", "export_figures"]

FigureFormat: TypeAlias = Literal["png", "pdf", "svg"]
_DOTS_PER_INCH = 300
_POINTS_PER_INCH = 72
"""Of PDF, ISO 32000-1, 8.3.2.3."""


def export_figures(root: Path, output: Path | None = None, *, form: FigureFormat = "png") -> list[Path]:
    """Write each figure of a run's page, and return the files.

    Parameters
    ----------
    root
        The run directory.
    output
        Where to; a folder called after the format in the run directory if None.
    form
        ``pdf`` and ``svg`` are as the run drew them, ``png`` has 300 dots per inch.

    Raises
    ------
    DataError
        If there is no finished run, another version made it, or a figure is not there.
    """
    place, written = RunDirectory(output or root / form), []
    for figure in stored_content(root).figures:
        drawn = root / "figures" / figure.name
        name = f"{figure.name}.{form}"
        with place.writing_file(name) as part:
            if form == "png":
                part.write_bytes(_picture(Path(f"{drawn}.pdf")))
            else:
                _copy(Path(f"{drawn}.{form}"), part)
        written.append(place.root / name)
    return written


def _copy(drawn: Path, to: Path) -> None:
    try:
        shutil.copyfile(drawn, to)
    except OSError as error:
        raise DataError(f"{drawn}: not there or not readable; `fivesigma run` makes it again") from error


def _picture(drawn: Path) -> bytes:
    """Return a PDF of one page as PNG."""
    try:
        page = pypdfium2.PdfDocument(drawn)[0]
    except (OSError, pypdfium2.PdfiumError) as error:
        raise DataError(f"{drawn}: not there or not readable; `fivesigma run` makes it again") from error
    content = io.BytesIO()
    page.render(scale=_DOTS_PER_INCH / _POINTS_PER_INCH).to_pil().save(
        content, format="png", dpi=(_DOTS_PER_INCH, _DOTS_PER_INCH)
    )
    return content.getvalue()
