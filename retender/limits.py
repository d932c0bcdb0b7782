"""The bounds. Each says what is bounded, and what happens at it."""

from __future__ import annotations

from typing import Final

TICK: Final = 0.5
"""How often the manager looks at what time alone brings about, in seconds."""

RECENT_EVENTS: Final = 4096
"""Events the manager keeps at hand for followers; older ones are read from the journal."""

EVENTS_PER_PAGE: Final = 500
"""Events in one answer; the follower asks again for the next."""

LOST_ORDERS_AFTER: Final = 5.0
"""Seconds after which an order that its worker does not know of is taken to have got lost."""

RETRY_AFTER_BOUNDS: Final = (1.0, 300.0)
"""The least and the most that a caller is told to wait before coming back, in seconds."""

LOG_PATIENCE: Final = 10.0
"""Seconds a follower of the log waits before it asks again."""

SUBSCRIPTION_SECONDS: Final = 30.0
"""A subscriber that has not asked for so long is dropped; it subscribes anew and replays."""

TRACKED_JOBS: Final = 10_000
"""Jobs whose latest news the Broadcaster holds; the one silent longest goes, and is read again."""

EVENTS_PER_TRACK: Final = 64
"""Events of one job at hand for replay; older ones are read from the journal."""

NEWS_PER_BATCH: Final = 1000
"""Events in one batch to a subscriber; the rest comes with the next."""

NEWS_WAITING: Final = 20_000
"""Events that wait for a subscriber; beyond that it is told to replay what it follows."""

FOLLOWER_BACKLOG: Final = 5000
"""Events that wait for one follower; beyond that it is cut off, and comes back by number."""

JOBS_PER_PAGE: Final = 500
"""Jobs in one answer to a listing; the cursor leads to the next."""

FORGOTTEN_AT_ONCE: Final = 200
"""Old jobs deleted in one round of housekeeping; the next round goes on."""

SEGMENTS_PER_EVENT: Final = 200
"""Segments in one event, so that it stays well under a frame's size; the rest comes with the next.
"""

INTERRUPTIONS: Final = 10
"""Deaths of the manager that one piece may be out at; then it is taken for their cause and fails.
"""

MANAGER_MAILBOX: Final = 10_000
"""Messages that wait for the JobManager; beyond that askers are told `Busy`, and when to return."""

BROADCASTER_MAILBOX: Final = 10_000
"""Messages that wait for the Broadcaster; beyond that passing progress is dropped."""

CONNECTIONS: Final = 20_000
"""Connections of one process; who comes beyond that is answered 503."""

SOCKET_FRAME_BYTES: Final = 64 * 1024
"""The longest message that a WebSocket client may send; a longer one closes its socket (1009)."""
