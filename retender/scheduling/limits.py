"""What bounds scheduling, and what happens at each bound."""

from __future__ import annotations

from typing import Final

RETRY_AFTER_BOUNDS: Final = (1.0, 300.0)
"""The least and the most that a caller is told to wait before coming back, in seconds."""

SEGMENTS_PER_EVENT: Final = 200
"""Segments in one event, so that it stays well under a frame's size; the rest comes with the next.
"""

INTERRUPTIONS: Final = 10
"""Deaths of the manager that one piece may be out at; then it is taken for their cause and fails.
"""

LIMIT_CHECK_SECONDS: Final = 300.0
"""Seconds. Who waits for room asks again after so long, however long the wait is said to be: else
its place in the line is another's."""
