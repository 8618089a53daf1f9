"""Names, patterns and placeholders to files, and files to sources."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fivesigma.core.errors import DataError, suggestion
from fivesigma.events.formats.opening import no_file, open_source
from fivesigma.events.friends import Friends
from fivesigma.events.parameters import Parametrised
from fivesigma.events.source import Source

__all__ = ["BESIDE", "FoundFile", "filled", "located", "placeholders", "sources_of"]

BESIDE = ("name", "stem")
"""What placeholders of friends stand for: the name of the file that they are beside, and that without suffix."""
_PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)\}")
_NUMBER = r"(-?\d+(?:[.p]\d+)?)"
"""A number in a file's name: 500, 12.5, or 12p5 where a full stop has no place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A file, and what the placeholders of its pattern stand for in its name."""

    path: Path
    parameters: Mapping[str, float] = field(default_factory=dict)


def placeholders(pattern: str) -> tuple[str, ...]:
    """Return the names that stand in braces in a pattern, each once."""
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(pattern)))


def filled(pattern: str, values: Mapping[str, str]) -> str:
    """Return a pattern with placeholders replaced; those without a value stay."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), pattern)


def located(patterns: str | Path | Sequence[str | Path], folder: Path = Path()) -> tuple[FoundFile, ...]:
    """Return the files that names, glob patterns or patterns with ``{placeholders}`` stand for, each once.

    A placeholder stands for a number in the file's name: ``stop_{m_stop}_{m_lsp}.root`` finds ``stop_500_470.root``, whose
    parameters are ``m_stop`` = 500 and ``m_lsp`` = 470. Such files are ordered by their parameters, others as given and by name.

    Parameters
    ----------
    patterns
        One, or several in the order in which files are read.
    folder
        What relative names are relative to.

    Raises
    ------
    DataError
        If a name or pattern finds nothing; names of the folder like it are offered. If a pattern finds a table twice, packed by
        gzip and as it is.
    """
    found: dict[Path, FoundFile] = {}
    for pattern in [patterns] if isinstance(patterns, str | Path) else patterns:
        matches = _matches(str(pattern), folder)
        if not matches:
            raise DataError(_nothing(str(pattern), folder))
        _require_unpacked_once(matches)
        for match in matches:
            found.setdefault(match.path, match)
    return tuple(found.values())


def _require_unpacked_once(matches: Sequence[FoundFile]) -> None:
    """Raise DataError if a pattern finds a table both packed and as it is: its events would count twice."""
    paths = {match.path for match in matches}
    for path in paths:
        if (packed := path.with_name(f"{path.name}.gz")) in paths:
            raise DataError(f"{packed}: {path.name} beside it is the same table unpacked; move one of them away")


def _matches(pattern: str, folder: Path) -> list[FoundFile]:
    whole = folder / pattern
    if whole.is_file():
        return [FoundFile(path=whole)]
    names = placeholders(pattern)
    if not names:
        return [FoundFile(path=Path(p)) for p in _globbed(str(whole))]
    expected = re.compile(_as_regex(str(whole)))
    files = []
    for path in _globbed(_PLACEHOLDER.sub("*", str(whole))):
        if match := expected.fullmatch(path):
            values = {name: float(text.replace("p", ".")) for name, text in match.groupdict().items()}
            files.append(FoundFile(path=Path(path), parameters=values))
    return sorted(files, key=lambda file: (*file.parameters.values(), file.path))


def _globbed(pattern: str) -> list[str]:
    return [path for path in sorted(glob.glob(pattern, recursive=True)) if Path(path).is_file()]  # noqa: PTH207 - absolute patterns too


def _as_regex(pattern: str) -> str:
    """Return a pattern as a regular expression: a name in braces is a number, the same wherever it is named; stars are stars."""
    parts, seen = [], set()
    for piece in re.split(r"(\{[A-Za-z_]\w*\}|\*\*|\*|\?)", pattern):
        name = piece[1:-1]
        if _PLACEHOLDER.fullmatch(piece):
            parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>{_NUMBER[1:-1]})")
            seen.add(name)
        else:
            parts.append({"*": "[^/]*", "**": ".*", "?": "[^/]"}.get(piece, re.escape(piece)))
    return "".join(parts)


def _nothing(pattern: str, folder: Path) -> str:
    if (folder / pattern).exists():
        return no_file(folder / pattern)
    place = (folder / pattern).parent
    there = sorted(p.name for p in place.iterdir() if p.is_file()) if place.is_dir() else []
    hint = suggestion(Path(pattern).name, there) if there else f"; {_without_files(place)}"
    what = ": its placeholders stand for numbers" if placeholders(pattern) else ""
    return f"{folder / pattern}: no such file{what}{hint}"


def _without_files(place: Path) -> str:
    if not place.is_dir():
        beside = [p.name for p in place.parent.iterdir() if p.is_dir()] if place.parent.is_dir() else []
        return f"there is no folder {place}{suggestion(place.name, beside)}"
    folders = sorted(p.name for p in place.iterdir() if p.is_dir())
    held = f"only folders: {', '.join(folders[:6])}" if folders else "nothing"
    return f"the folder {place} holds {held}"


def sources_of(
    files: Iterable[FoundFile],
    *,
    tree: str | Sequence[str] | None = None,
    friends: Sequence[str] = (),
    header: Sequence[str] | None = None,
    folder: Path = Path(),
) -> tuple[Source, ...]:
    """Return the events of each file, one after the other.

    Parameters
    ----------
    files
        The files.
    tree
        Name of the tree or key in them; several are read one after the other.
    friends
        Where further columns of the same events lie, one for each friend: ``"BDT/{name}"`` is the file of the same name in the
        folder ``BDT``, ``{stem}`` the name without suffix; ``":scores"`` a tree of the same file, ``"BDT/{name}:scores"`` one
        of the other.
    header
        Names of the columns of CSV files that have no line with them.
    folder
        What the names of friends are relative to.

    Raises
    ------
    DataError
        If no tree is named, or a friend is not there.
    """
    trees = [tree] if tree is None or isinstance(tree, str) else list(tree)
    if not trees:
        raise DataError("tree: an empty list names none; leave it out for the only one of a file")
    return tuple(_source(file, one, friends, header, folder) for file in files for one in trees)


def _source(
    file: FoundFile, tree: str | None, friends: Sequence[str], header: Sequence[str] | None, folder: Path
) -> Source:
    source = open_source(file.path, tree, header=header)
    if friends:
        source = Friends(source, tuple(_friend(friend, file.path, folder) for friend in friends))
    return Parametrised(source, file.parameters) if file.parameters else source


def _friend(friend: str, path: Path, folder: Path) -> Source:
    where, _, tree = friend.partition(":")
    names = dict(zip(BESIDE, (path.name, path.name.partition(".")[0]), strict=True))
    for name in placeholders(where):
        if name not in names:
            raise DataError(f"friend {friend!r}: no placeholder {name!r}{suggestion(name, names)}")
    beside = folder / filled(where, names) if where else path
    if not beside.is_file():
        raise DataError(f"{no_file(beside)}, which should be the friend of {path}")
    return open_source(beside, tree or None)
