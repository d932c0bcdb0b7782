"""The bounds of engines, and what happens at each bound."""

from __future__ import annotations

from typing import Final

FAILURES_KEPT: Final = 16
"""Models that could not be loaded, whose error a worker remembers; the oldest is forgotten."""

RETURNING_REQUESTS_KEPT: Final = 20
"""Requests over the rate limit whose position in the queue is kept until they ask again. A further
one loses its position."""
