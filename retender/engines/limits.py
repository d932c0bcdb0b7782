"""What bounds engines, and what happens at each bound."""

from __future__ import annotations

from typing import Final

FAILURES_KEPT: Final = 16
"""Models that were wished for and could not be had, of which a worker tells why; the oldest is
forgotten."""

RETURNING_REQUESTS_KEPT: Final = 20
"""Places in that line that are kept for those who will ask again; who comes after them has none,
and may be passed."""
