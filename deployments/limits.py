"""Limits of the server, the log and the command line, and what happens at each."""

from __future__ import annotations

from typing import Final

CONNECTIONS: Final = 20_000
"""Connections of one process; further ones are answered 503."""

HEAD_BYTES: Final = 64 * 1024
HEAD_SECONDS: Final = 30.0
"""Size of a request's address and headers, and the time they may take to arrive. A larger request
is refused; a connection that takes longer is closed."""

SOCKET_FRAME_BYTES: Final = 64 * 1024
"""The longest message that a WebSocket client may send; a longer one closes its socket (1009)."""

UNREAD_SECONDS: Final = 120.0
"""A connection whose client reads nothing of an answer for so long is closed."""

INGRESS_CONNECTIONS: Final = 20_000
"""On a cluster: connections of each ingress process."""

LOG_CHARS_WAITING: Final = 1 << 20
"""Characters of log lines that wait to be written; beyond that lines are dropped and counted."""

LOG_FLUSH_SECONDS: Final = 2.0
"""At its end a process waits so long for its log lines to be written."""

FILES_AT_ONCE: Final = 4
"""Recordings of one command that are transcribed at a time; the others wait."""

SUBMIT_RETRIES: Final = 8
"""Attempts to submit a recording while the queue is full or connections break; then it fails."""

UPLOAD_PART_BYTES: Final = 8 << 20
"""Of a resumable upload: what is sent in one request, and held in memory."""

RETURN_SECONDS: Final = 15.0
"""The longest pause between two attempts to reach a service."""

SILENCE_SECONDS: Final = 120.0
"""A service that does not answer for so long is given up."""

SOCKET_TRIES: Final = 3
SOCKET_RETRY_EVERY: Final = 10
"""After so many failed WebSockets in a row the job is polled, and a socket is tried again only
every tenth time."""

MESSAGE_BYTES: Final = 16 << 20
"""The longest message that is accepted from a service."""
