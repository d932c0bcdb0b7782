"""What bounds requests to strangers, and what happens at each bound."""

from __future__ import annotations

from typing import Final

DELIVERY_RESULT_BYTES: Final = 256 * 1024
"""The longest result in a webhook; a longer one is left out, and said where it is."""

DELIVERY_ERROR_CHARS: Final = 200
"""Kept of the reason why an attempt failed."""

URL_CHARS: Final = 2048
"""A longer URL is refused."""

ADDRESSES_TRIED: Final = 4
"""Of all that a name stands for so many are tried; then it counts as out of reach."""

OUTBOUND_CONNECTIONS: Final = 32
"""Connections to such addresses at a time; further ones wait their turn."""
