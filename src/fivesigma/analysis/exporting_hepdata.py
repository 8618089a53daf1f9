"""What a run found as files for HEPData."""

from __future__ import annotations

import tarfile
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from fivesigma.analysis.directory import RunDirectory
from fivesigma.analysis.page_content import of_this_version, stored_content
from fivesigma.core.errors import DataError
from fivesigma.report.hepdata import CURVES, SPECTRA, WRITTEN_BY, hepdata_submission

__all__ = ["export_hepdata"]

_FIRST = "submission.yaml"


def export_hepdata(root: Path, output: Path | None = None) -> Path:
    """Write a submission to HEPData, and return the archive that is uploaded; its files lie in the folder beside it.

    Parameters
    ----------
    root
        The run directory.
    output
        The folder, made anew; ``hepdata`` in the run directory if None.

    Raises
    ------
    DataError
        If there is no finished run, another version made it, or something lies in the folder's place that no export wrote.
    """
    content, folder = stored_content(root), output or root / "hepdata"
    if folder.exists() and not _is_ours(folder):
        raise DataError(f"{folder}: was not written by `fivesigma export`; give another --output")
    drawn = [figure.name for figure in content.figures if figure.name.startswith((CURVES, SPECTRA))]
    numbers = {name: RunDirectory(root).read_json(f"figures/{name}.json") for name in drawn}
    with of_this_version(root):
        files = hepdata_submission(content, numbers)
    yaml, place = YAML(), RunDirectory(folder.parent)
    yaml.width = 120
    with place.writing_folder(folder.name) as part:
        for name, documents in files.items():
            with (part / name).open("w", encoding="utf-8") as file:
                yaml.dump_all(documents, file)
    archive = f"{folder.name}.tar.gz"
    with place.writing_file(archive) as part, tarfile.open(part, "w:gz") as tar:
        for path in sorted(folder.iterdir()):
            tar.add(path, arcname=path.name)
    return place.root / archive


def _is_ours(folder: Path) -> bool:
    """Return whether a folder holds a submission that an export wrote."""
    try:
        with (folder / _FIRST).open(encoding="utf-8") as file:
            first = next(iter(YAML(typ="safe").load_all(file)), None)
    except (OSError, UnicodeDecodeError, YAMLError):
        return False
    return isinstance(first, dict) and WRITTEN_BY in str(first.get("comment"))
