"""How the sync to Convex is, for the operator."""

from __future__ import annotations

import msgspec


class ConvexStatus(msgspec.Struct, frozen=True, kw_only=True):
    reachable: bool
    waiting: int
    """Ends of jobs that have yet to be sent."""
    oldest: float | None
    """When the oldest of them happened."""
    parked: int
    """Jobs that Convex refuses, and why it refuses one of them."""
    reason: str
    behind: int
    """Unfinished jobs whose latest progress has yet to be sent."""
    last_error: str
    last_error_at: float | None
    answers: dict[str, int] = {}
    """Requests by how they went: stored, unchanged, again (with all their tries), refused."""
