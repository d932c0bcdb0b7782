"""The bounds of requests to addresses of clients, and what happens at each bound."""

from __future__ import annotations

from typing import Final

DELIVERY_RESULT_BYTES: Final = 256 * 1024
"""The longest result in a webhook. A longer one is left out, and its address is sent instead."""

DELIVERY_ERROR_CHARS: Final = 200
"""The reason why an attempt failed is cut to this length."""

URL_CHARS: Final = 2048
"""A longer URL is refused."""

ADDRESSES_TRIED: Final = 4
"""How many of a host's addresses are tried; then the host counts as unreachable."""

OUTBOUND_CONNECTIONS: Final = 32
"""Connections to such addresses at the same time; further ones wait."""
