"""The result of one check."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

PAGE: Final = "docs/troubleshooting.md"

SECTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "settings": "the-service-does-not-start",
        "ffmpeg": "a-job-stays-queued",
        "isolation": "ffmpeg-is-not-isolated",
        "engine": "a-job-stays-queued",
        "model": "the-model-does-not-load",
        "model hub": "the-model-does-not-load",
        "memory": "out-of-memory",
        "device": "no-gpu-is-found",
        "data folder": "the-disk-is-full",
        "disk": "the-disk-is-full",
        "object store": "the-disk-is-full",
        "keys": "the-service-does-not-start",
        "database": "the-service-does-not-start",
        "service": "the-service-does-not-start",
        "groq": "a-job-stays-queued",
        "convex": "convex-does-not-accept-the-key",
    }
)
"""The section of the page for problems of each check."""


class State(enum.StrEnum):
    GOOD = "ok"
    DOUBTFUL = "warning"
    """The service works, but perhaps not as expected."""
    BAD = "bad"
    """Something that the service needs is missing."""


class Finding(msgspec.Struct, frozen=True):
    about: str
    state: State
    found: str
    advice: str = ""
    """What to do."""
    page: str = ""
    """The section of the docs about problems of this kind; empty if there is no problem."""


def good(about: str, found: str) -> Finding:
    return Finding(about, State.GOOD, found)


def doubtful(about: str, found: str, advice: str) -> Finding:
    return Finding(about, State.DOUBTFUL, found, advice, _page(about))


def bad(about: str, found: str, advice: str) -> Finding:
    return Finding(about, State.BAD, found, advice, _page(about))


def _page(about: str) -> str:
    return f"{PAGE}#{SECTIONS[about]}"
