"""Limits of scheduling, and what happens at each of them."""

from __future__ import annotations

from typing import Final

RETRY_AFTER_BOUNDS: Final = (1.0, 300.0)
"""Seconds: the shortest and the longest `Retry-After` that a caller is sent."""

SEGMENTS_PER_EVENT: Final = 200
"""Segments in one event, so that it stays well below the size of a WebSocket frame. More segments
go into the next event."""

INTERRUPTIONS: Final = 10
"""After so many restarts of the manager while it was leased, a piece fails: it is taken to be their
cause."""

LIMIT_CHECK_SECONDS: Final = 300.0
"""Seconds. A job that waits for a rate limit is tried again after so long, even if the limit lasts
longer: else later jobs would use what becomes free earlier."""
