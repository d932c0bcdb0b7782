"""The language that was found in a recording, noted in its job's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from retender.transcript.languages import LanguageShare

NOTE: Final = "language.json"


class Detected(msgspec.Struct, frozen=True):
    language: str
    probability: float
    candidates: tuple[LanguageShare, ...] = ()
    """The most probable languages, this one first."""


def noted(folder: Path) -> Detected | None:
    try:
        return msgspec.json.decode((folder / NOTE).read_bytes(), type=Detected)
    except FileNotFoundError:
        return None


def note(folder: Path, detected: Detected, token: str) -> None:
    """`token` tells writers apart: whole notes only are ever seen."""
    part = folder / f"{NOTE}.{token}"
    part.write_bytes(msgspec.json.encode(detected))
    part.replace(folder / NOTE)
