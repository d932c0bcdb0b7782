"""Reads the `Retry-After` header: how long a receiver wants to be left alone."""

from __future__ import annotations

from email.utils import parsedate_to_datetime


def seconds(retry_after: str | None, now: float) -> float | None:
    """Seconds from now, given as a number or as a date. None if it is neither."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after[:9])
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - now)
    except (ValueError, OverflowError):
        return None
