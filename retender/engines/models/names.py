"""The names of models, and which model each name means.

A name is one of those below, one that the owner gave to a folder, or, if the owner allows it, a
repository of the hub. Text from a client is never used as a path.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

_REPOSITORY: Final = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")


class KnownModel(msgspec.Struct, frozen=True):
    repository: str
    millions: int
    """Millions of parameters, from which its memory is calculated."""
    english_only: bool = False


KNOWN_MODELS: Final[Mapping[str, KnownModel]] = MappingProxyType(
    {
        "tiny": KnownModel("Systran/faster-whisper-tiny", 39),
        "tiny.en": KnownModel("Systran/faster-whisper-tiny.en", 39, english_only=True),
        "base": KnownModel("Systran/faster-whisper-base", 74),
        "base.en": KnownModel("Systran/faster-whisper-base.en", 74, english_only=True),
        "small": KnownModel("Systran/faster-whisper-small", 244),
        "small.en": KnownModel("Systran/faster-whisper-small.en", 244, english_only=True),
        "medium": KnownModel("Systran/faster-whisper-medium", 769),
        "medium.en": KnownModel("Systran/faster-whisper-medium.en", 769, english_only=True),
        "large-v1": KnownModel("Systran/faster-whisper-large-v1", 1550),
        "large-v2": KnownModel("Systran/faster-whisper-large-v2", 1550),
        "large-v3": KnownModel("Systran/faster-whisper-large-v3", 1550),
        "turbo": KnownModel("mobiuslabsgmbh/faster-whisper-large-v3-turbo", 809),
        "distil-small.en": KnownModel(
            "Systran/faster-distil-whisper-small.en", 166, english_only=True
        ),
        "distil-medium.en": KnownModel(
            "Systran/faster-distil-whisper-medium.en", 394, english_only=True
        ),
        "distil-large-v2": KnownModel(
            "Systran/faster-distil-whisper-large-v2", 756, english_only=True
        ),
        "distil-large-v3": KnownModel(
            "Systran/faster-distil-whisper-large-v3", 756, english_only=True
        ),
        "distil-large-v3.5": KnownModel(
            "distil-whisper/distil-large-v3.5-ct2", 756, english_only=True
        ),
    }
)

_ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "large": "large-v3",
        "large-v3-turbo": "turbo",
        "whisper-1": "turbo",
        "whisper-large-v3": "large-v3",
        "whisper-large-v3-turbo": "turbo",
    }
)


def canonical(name: str) -> str:
    """The one name of a model, so that it is stored and loaded only one time."""
    return _ALIASES.get(name, name)


def repository(name: str) -> str | None:
    """The model's repository on the hub; None if the name is neither known nor a repository."""
    known = KNOWN_MODELS.get(canonical(name))
    if known is not None:
        return known.repository
    return name if _REPOSITORY.fullmatch(name) else None


def folder_name(name: str) -> str:
    """The name of the model's folder, different for each model."""
    return canonical(name).replace("/", "--")
