"""Limits of jobs and deliveries."""

from __future__ import annotations

from typing import Final

NAME_CHARS: Final = 200
"""Characters of a job's name. A longer one is refused; that of a file is cut."""

DELIVERY_ATTEMPT_SECONDS: Final = 30.0
"""Seconds. If the outcome of an attempt is not reported, the next one comes no sooner than this."""

CONVEX_QUEUES: Final = 16
"""Deliveries to Convex that are under way at a time, each of another job; the others wait."""

PARKED_BATCH: Final = 200
"""Parked deliveries that are retried in one transaction; the next one continues."""
