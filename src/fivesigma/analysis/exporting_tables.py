"""The tables of a run's page as files, for a spreadsheet and for a paper."""

from __future__ import annotations

from pathlib import Path

from fivesigma.analysis.directory import RunDirectory
from fivesigma.analysis.page_content import of_this_version, stored_content
from fivesigma.report.sections import sections
from fivesigma.report.table_files import named_tables, to_csv, to_latex

__all__ = ["export_tables"]


def export_tables(root: Path, output: Path | None = None) -> list[Path]:
    """Write each table of a run's page as CSV and as LaTeX, and return the files.

    Parameters
    ----------
    root
        The run directory.
    output
        Where to; ``tables`` in the run directory if None.

    Raises
    ------
    DataError
        If there is no finished run, or another version made it.
    """
    place, written, content = RunDirectory(output or root / "tables"), [], stored_content(root)
    with of_this_version(root):
        tables = named_tables(sections(content, {}))
    for name, table in tables.items():
        for suffix, text in (("csv", to_csv(table)), ("tex", to_latex(table, name))):
            place.write_text(f"{name}.{suffix}", text)
            written.append(place.root / f"{name}.{suffix}")
    return written
