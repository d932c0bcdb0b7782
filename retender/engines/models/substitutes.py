"""Which models may do a job that names none, where the default model cannot be had."""

from __future__ import annotations

from collections.abc import Iterable

from retender.engines.models.fitting import substitutes_of
from retender.engines.models.names import KNOWN_MODELS, canonical


def candidates(default: str, fallback: str, here: Iterable[str]) -> tuple[str, ...]:
    """The best first: plain models of `here` (those on this machine) that are smaller than the
    default one, and the fallback, which may have to be downloaded. None if there is no fallback."""
    if not fallback:
        return ()
    asked, chosen = canonical(default), canonical(fallback)
    plain = {name for name in map(canonical, here) if name in substitutes_of(asked)}
    others = [name for name in {*plain, chosen} if name != asked and not _larger(name, asked)]
    return tuple(sorted(others, key=lambda name: (-_millions(name, 1e6), name)))


def _larger(name: str, than: str) -> bool:
    """A larger model would take more time and memory than the owner has chosen to spend."""
    return _millions(name, 0.0) > _millions(than, 1e6)


def _millions(name: str, unknown: float) -> float:
    known = KNOWN_MODELS.get(name)
    return unknown if known is None else known.millions
