"""The recordings that a command names, and the file name for each transcript."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

from deployments.client.backend import RecordingSource
from retender.transcript.formats import ENDINGS, Format

_SCHEMES: Final = ("https://", "http://")
_WILD: Final = "*?["


class SourceNotFound(Exception):
    """The message names what was not found."""


def sources(named: Sequence[str]) -> list[RecordingSource]:
    """Recordings in the given order, each once. Raises `SourceNotFound`."""
    found = (source for name in named for source in _sources_of(name))
    return list(dict.fromkeys(found))


def targets(found: Sequence[RecordingSource], folder: Path, kind: Format) -> list[Path]:
    """A path for each transcript. Paths differ from each other and from the recordings; the same
    recordings always give the same paths."""
    taken = {_comparable(source.at) for source in found if isinstance(source.at, Path)}
    ending = ENDINGS.get(kind, kind)
    placed = []
    for source in found:
        stem = _stem(source)
        names = (f"{stem}{number}.{ending}" for number in _numbers())
        place = next(folder / name for name in names if _comparable(folder / name) not in taken)
        taken.add(_comparable(place))
        placed.append(place)
    return placed


def _sources_of(name: str) -> Iterator[RecordingSource]:
    if name.startswith(_SCHEMES):
        yield RecordingSource(name)
        return
    path = Path(name)
    if path.is_file():
        yield RecordingSource(path)
    elif path.is_dir():
        raise SourceNotFound(f"{name} is a folder; name what is in it: '{path / '*'}'")
    elif any(wild in name for wild in _WILD):
        files = [Path(each) for each in sorted(glob.glob(name, recursive=True))]  # noqa: PTH207 - absolute patterns, too
        yield from (RecordingSource(file) for file in files if file.is_file())
        if not any(file.is_file() for file in files):
            raise SourceNotFound(f"no file is called like {name}")
    else:
        raise SourceNotFound(f"there is no file {name}")


def _stem(source: RecordingSource) -> str:
    if isinstance(source.at, Path):
        return source.at.stem
    last = PurePosixPath(unquote(urlsplit(source.at).path)).stem
    return last.replace("\0", "").strip(". ") or "recording"


def _numbers() -> Iterator[str]:
    yield ""
    number = 2
    while True:
        yield f"-{number}"
        number += 1


def _comparable(path: Path) -> str:
    """The absolute path without case, as some file systems compare it."""
    return str(path.absolute()).casefold()
