"""Limits of deliveries."""

from __future__ import annotations

from typing import Final

DELIVERY_ATTEMPT_SECONDS: Final = 30.0
"""Seconds. If the outcome of an attempt is not reported, the next one comes no sooner than this."""
