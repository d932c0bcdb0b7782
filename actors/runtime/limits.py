"""What bounds actors and the processes they live in, and what happens at each bound."""

from __future__ import annotations

from typing import Final

FRAME_BYTES: Final = 8 * 1024 * 1024
"""One message; a longer one is refused, whoever sends it, for audio and models never travel."""

OUTBOX_BYTES: Final = 4 * FRAME_BYTES
"""Messages that wait for a process to read; beyond that askers are told `Busy`. Answers always
find room."""

BARE_MESSAGE_CHARS: Final = 2000
"""Of an error whose details cannot travel so much of its sentence does."""

CAUSE_CHARS: Final = 500
"""What an actor died of is cut to so much."""

LINGER_SECONDS: Final = 2.0
"""So long a child may take to leave after its last words; then they are taken for its end."""

SETTLE_SECONDS: Final = 0.05
"""After the first sign of a child's end so long is waited for the second, which may say why."""

ORPHAN_SECONDS: Final = 1.0
"""A child that has lost its parent may take so long to stop in order; then it is killed."""

KILL_TRIES: Final = 10
"""What was killed and has not ended is struck again every second, so often; then let go."""

GAP_SECONDS: Final = 5.0
"""On a cluster a message that was overtaken is waited for so long; then those after it go on."""

SENDERS_KEPT: Final = 4096
"""Of so many senders an actor on a cluster knows which message of theirs is next."""

CELL_CALLS: Final = 100_000
"""Messages under way to one process on a cluster: mailboxes have their own, smaller bounds."""

ROOT_PAUSE_SECONDS: Final = 5.0
"""When the root of a tree on a cluster gives up, it is started anew after so long."""

UNATTENDED_SECONDS: Final = 300.0
ATTEND_EVERY: Final = 30.0
"""A tree on a cluster ends in order when nobody has served it for so long; whoever serves it says
so this often."""

UNPLACED_SECONDS: Final = 60.0
"""An actor that has found no place on the cluster for so long is spoken of."""

NAME_SECONDS: Final = 10.0
"""So long an actor on a cluster waits for its name, while an earlier one of it is being ended."""
