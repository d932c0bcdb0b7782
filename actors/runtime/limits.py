"""Limits of actors and their processes, and what happens at each."""

from __future__ import annotations

from typing import Final

FRAME_BYTES: Final = 8 * 1024 * 1024
"""Size of one message. A longer one is refused: audio and models never travel in messages."""

OUTBOX_BYTES: Final = 4 * FRAME_BYTES
"""Messages that wait for a process to read; beyond that asks get `Busy`. Answers are always
accepted."""

BARE_MESSAGE_CHARS: Final = 2000
"""Of an error that cannot be sent whole, so much of its message is sent."""

CAUSE_CHARS: Final = 500
"""Exit causes are cut to so many characters."""

LINGER_SECONDS: Final = 2.0
"""A child process may take so long to exit after its last message; then it counts as ended."""

SETTLE_SECONDS: Final = 0.05
"""Socket and exit status report a child's end: after the first, the second is awaited so long,
because it may have the cause."""

ORPHAN_SECONDS: Final = 1.0
"""A child that lost its parent may take so long to stop in order; then it is killed."""

KILL_TRIES: Final = 10
"""Attempts to kill a process, one a second; after them it is left alone."""

GAP_SECONDS: Final = 5.0
"""On a cluster an overtaken message is awaited so long; then those after it are delivered."""

SENDERS_KEPT: Final = 4096
"""Senders whose next message number an actor on a cluster remembers."""

CELL_CALLS: Final = 100_000
"""Concurrent messages to one process on a cluster; mailboxes have their own, smaller limits."""

ROOT_PAUSE_SECONDS: Final = 5.0
"""The root of a tree on a cluster restarts so many seconds after it gave up."""

UNATTENDED_SECONDS: Final = 300.0
ATTEND_EVERY: Final = 30.0
"""A tree on a cluster stops in order after so many seconds without a heartbeat; ingress processes
send one every `ATTEND_EVERY` seconds."""

UNPLACED_SECONDS: Final = 60.0
"""A warning is logged if an actor waits so long for resources of the cluster."""

NAME_SECONDS: Final = 10.0
"""An actor on a cluster waits so long for its name while an earlier instance ends."""

UNRECEIVED_SECONDS: Final = 60.0
"""The same error that nobody waits for is a warning at most once in so many seconds."""
