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

CONVEX_BODY_BYTES: Final = 512 * 1024
CONVEX_SEGMENTS: Final = 200
CONVEX_CHUNK_BYTES: Final = 256 * 1024
"""A result with more segments than this, or in a message longer than this, is sent to Convex in
chunks of at most so many segments and so many bytes of JSON."""

CONVEX_WORDS: Final = 4000
"""Words of one segment that Convex takes; a segment with more goes without the times of its words.
"""

CONVEX_MESSAGE_CHARS: Final = 2000
CONVEX_ERROR_CHARS: Final = 4000
"""Characters of a message and of an error that Convex takes; the rest is cut off."""

CONVEX_JOBS: Final = 10_000
"""Unfinished jobs whose progress is synced; of further ones Convex learns the end alone."""

CONVEX_PROGRESS_SECONDS: Final = 1.0
"""The least time between two updates of a job's progress; what happens between is left out."""

CONVEX_TRY_PAUSES: Final = (0.5, 1.5)
"""Seconds between the three tries of a request; then it waits in the outbox."""

CONVEX_FAILURES: Final = 3
"""Requests failed in a row, with all their tries, after which Convex counts as away."""

CONVEX_PROBE_SECONDS: Final = (1.0, 30.0)
"""The first and the longest pause between two questions whether Convex is back. Until it is,
nothing else is sent to it."""

TRACES_WAITING: Final = 2048
"""Spans that wait to be sent to the collector of traces; beyond that the oldest are dropped."""

TRACES_SEND_SECONDS: Final = 5.0
"""A batch of spans that the collector has not taken within this time is dropped."""

TRACES_CLOSE_SECONDS: Final = 2.0
"""At the end, spans are sent for so long; a request under way is waited for as long again."""
