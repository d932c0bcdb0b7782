"""What bounds the server, the log and the command line, and what happens at each bound."""

from __future__ import annotations

from typing import Final

CONNECTIONS: Final = 20_000
"""Connections of one process; who comes beyond that is answered 503."""

HEAD_BYTES: Final = 64 * 1024
HEAD_SECONDS: Final = 30.0
"""The address and the headers of a request; one that has more of them is refused, and a connection
whose next request has begun and not come to their end in so long is cut."""

SOCKET_FRAME_BYTES: Final = 64 * 1024
"""The longest message that a WebSocket client may send; a longer one closes its socket (1009)."""

UNREAD_SECONDS: Final = 120.0
"""A connection whose client takes nothing of an answer for so long is cut."""

INGRESS_CONNECTIONS: Final = 20_000
"""On a cluster, at each process that takes uploads and feeds clients."""

LOG_CHARS_WAITING: Final = 1 << 20
"""Of lines that nobody has read yet; beyond that lines are left out, and counted."""

LOG_FLUSH_SECONDS: Final = 2.0
"""So long the end of a process waits for whoever reads its log."""

FILES_AT_ONCE: Final = 4
"""Recordings of one command that are handed in or worked on at a time; the others wait for them."""

SUBMIT_RETRIES: Final = 8
"""How often a recording is handed in to a service that has no room, or whose connection breaks;
then it counts as failed."""

RETURN_SECONDS: Final = 15.0
"""The longest pause between two tries to reach a service again."""

SILENCE_SECONDS: Final = 120.0
"""A service that was there and of which nothing is heard for so long is given up."""

SOCKET_TRIES: Final = 3
SOCKET_AGAIN: Final = 10
"""Where so many WebSockets in a row have failed, the job is asked after instead, and only every
tenth time is a socket tried again."""

TOLD_BYTES: Final = 16 << 20
"""The longest message that is taken from a service."""
