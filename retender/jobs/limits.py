"""What bounds jobs and deliveries, and what happens at each bound."""

from __future__ import annotations

from typing import Final

DELIVERY_ATTEMPT_SECONDS: Final = 30.0
"""A delivery whose attempt nobody has told the end of is made again after so long, or later."""
