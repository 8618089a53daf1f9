"""Files to the tables of a first analysis: which tree is which kind of sample."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fivesigma.core.sample import Kind
from fivesigma.events.describe import ColumnDescription, Description, describe
from fivesigma.events.formats.opening import open_source, tables

__all__ = ["StarterTable", "starter_tables"]

_DATA = re.compile(
    r"(?<!meta)data|run\d{4}|egamma|muons$|double(mu|e)|single(mu|e)(?!.*top)|jetht|period[a-z]|collision|observed"
)
_SIGNAL = re.compile(
    r"(^|[^a-z])(dm|bsm|np|vlq|lq|hh|ggh|vbfh?|hplus|axion|alp|wr)([^a-z]|$)|sig(?!n?at|ma)|higgs|stop|sbottom|susy|gluino|squark|"
    r"slepton|chargino|neutralino|[zw]_?prime|graviton|(^|[^a-z])h_?\d{3}|t2(tt|bb|degstop)|tohh|monopole|darkmatter|heavyn|leptoquark"
)
_VARIED = re.compile(r"(varied|variation|up|down|syst\w*|jes|jer)$")
_SUFFIX = re.compile(r"\.(root|csv|tsv|txt|parquet|pq|h5|hdf5?)(\.gz)?$", re.IGNORECASE)
_FULL_STOP = re.compile(r"(?<!\d)\.|\.(?!\d)")
"""One that is none within a number."""
_MOST_VALUES = 50_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StarterTable:
    """A table of events, or a part of one, that becomes a sample.

    Attributes
    ----------
    path, tree
        The file as the user named it; the tree or key if the file holds several.
    stem
        What the sample may be called: the tree's name if the file holds several samples, else the telling part of the file's.
    kind, guessed
        What kind of sample it is, and whether that was guessed from its name.
    description
        Its columns.
    select
        Which of its events are the sample's; all if None.
    remark
        What the user should know.
    """

    path: Path
    tree: str | None
    stem: str
    kind: Kind
    guessed: bool
    description: Description
    select: str | None = None
    remark: str = ""

    @property
    def columns(self) -> Mapping[str, ColumnDescription]:
        """The columns by name."""
        return self.description.columns


def starter_tables(
    given: Mapping[Kind, Sequence[Path]], unknown: Sequence[Path] = ()
) -> tuple[list[StarterTable], list[str]]:
    """Return the tables that become samples, and remarks on what was left out.

    Parameters
    ----------
    given
        Files by kind.
    unknown
        Files whose kind is to be guessed from their names.

    Raises
    ------
    DataError
        If a file cannot be read.
    """
    remarks = list[str]()
    wanted = [
        (path, tree, sample, kind is None)
        for kind, paths in (*given.items(), (None, unknown))
        for path in dict.fromkeys(paths)
        for tree, sample in _trees(path, kind, remarks)
    ]
    columns = {(path, tree): set(open_source(path, tree).columns()) for path, tree, _, _ in wanted}
    described = {key: _described(*key) for key in _alike(wanted, columns, remarks)}
    of_file = Counter(path for path, _ in described)
    found = []
    for path, tree, kind, guessed in wanted:
        if (table := described.get((path, tree))) is None:
            continue
        if table.events:
            stem = _stem(path, tree if of_file[path] > 1 else None)
            found.append(StarterTable(path=path, tree=tree, stem=stem, kind=kind, guessed=guessed, description=table))
        else:
            remarks.append(f"{table.name} holds no events and is left out")
    return found, remarks


def _stem(path: Path, tree: str | None) -> str:
    if tree is not None:
        return tree.rpartition("/")[2]
    parts = [part for part in _FULL_STOP.split(_SUFFIX.sub("", path.name)) if part]
    return next((part for part in reversed(parts) if not part.isdigit()), path.name)


def _described(path: Path, tree: str | None) -> Description:
    source = open_source(path, tree)
    return describe(source, rows=max(1, _MOST_VALUES // max(len(source.columns()), 1)))


def _trees(path: Path, kind: Kind | None, remarks: list[str]) -> list[tuple[str | None, Kind]]:
    """Return the trees of a file that are samples, with their kinds; one that a file holds alone need not be named."""
    there = tables(path)
    if len(there) <= 1:
        return [(None, kind or _kind_of(path.name, *there))]
    nominal = [tree for tree in there if not _VARIED.search(tree.lower())] or list(there)
    if skipped := [tree for tree in there if tree not in nominal]:
        remarks.append(f"{path}: left out, for they look like variations: {', '.join(skipped)}")
    nominal = _of_events(path, nominal, remarks)
    if len(nominal) == 1:
        return [(nominal[0], kind or _kind_of(path.name, *nominal))]
    if kind is None:
        tell = any(_kind_of(tree) != "background" for tree in nominal)
        return [(tree, _kind_of(tree if tell else path.name)) for tree in nominal]
    fitting = [tree for tree in nominal if _kind_of(tree) == kind]
    if not fitting:
        fitting = [max(nominal, key=lambda tree: describe(open_source(path, tree), ()).events)]
        remarks.append(f"{path}: of its trees {', '.join(there)} the largest was taken as {kind}")
    return [(tree, kind) for tree in fitting]


def _of_events(path: Path, trees: Sequence[str], remarks: list[str]) -> list[str]:
    """Return trees but for those that have little in common with the largest, as the runs and lumi sections of NanoAOD."""
    columns = {tree: open_source(path, tree).columns().keys() for tree in trees}
    largest = max(trees, key=lambda tree: len(columns[tree]) * describe(open_source(path, tree), ()).events)
    kept = [tree for tree in trees if 2 * len(columns[tree] & columns[largest]) >= len(columns[largest])]
    if others := [tree for tree in trees if tree not in kept]:
        remarks.append(f"{path}: left out, for their columns are not those of {largest}: {', '.join(others)}")
    return kept


def _kind_of(*names: str) -> Kind:
    """Return what kind of sample names tell of, the first that tells something; background if none does."""
    for name in map(str.lower, names):
        if not re.match(r"(.*[^a-z])?mc([^a-z]|$)", name) and _DATA.search(name):
            return "data"
        if _SIGNAL.search(name):
            return "signal"
    return "background"


def _alike(
    wanted: Sequence[tuple[Path, str | None, Kind, bool]],
    columns: Mapping[tuple[Path, str | None], set[str]],
    remarks: list[str],
) -> list[tuple[Path, str | None]]:
    """Return the tables but for those of guessed kind that have little in common with most others, as lists of cross sections."""
    names = Counter(name for path, tree, _, _ in wanted for name in columns[path, tree])
    common = {name for name, times in names.items() if 2 * times > len(wanted)}
    kept = []
    for path, tree, _, guessed in wanted:
        if guessed and 2 * len(common & columns[path, tree]) < len(common):
            remarks.append(f"{path} has other columns than most files and is left out")
        else:
            kept.append((path, tree))
    return list(dict.fromkeys(kept))
