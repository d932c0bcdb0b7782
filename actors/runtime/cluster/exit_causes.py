"""Ray's reason for the end of a process, in words for people."""

from __future__ import annotations

from typing import Final

from actors.runtime.limits import CAUSE_CHARS

_CAUSES: Final = {
    "running low on memory": "its node ran out of memory, and it was ended",
    "owner has died": "who had started it has died",
    "node has died": "its node died",
    "connection error code 2": "its process was killed, or crashed",
    "killed by `ray.kill`": "it was killed",
    "temporarily unavailable": "its process could not be reached",
}


def cause_of(said: str) -> str:
    """One line. Unknown reasons are left in Ray's words."""
    said = " ".join(said.split())
    for sign, cause in _CAUSES.items():
        if sign in said:
            return cause
    _, _, reason = said.rpartition("The actor is dead because ")
    return reason[:CAUSE_CHARS]
