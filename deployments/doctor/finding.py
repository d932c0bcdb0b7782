"""The result of one check."""

from __future__ import annotations

import enum

import msgspec


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


def good(about: str, found: str) -> Finding:
    return Finding(about, State.GOOD, found)


def doubtful(about: str, found: str, advice: str) -> Finding:
    return Finding(about, State.DOUBTFUL, found, advice)


def bad(about: str, found: str, advice: str) -> Finding:
    return Finding(about, State.BAD, found, advice)
