"""What bounds the actors, and what happens at each bound."""

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

LOG_POLL_SECONDS: Final = 10.0
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

FORGET_BATCH: Final = 200
"""Old jobs deleted in one round of housekeeping; the next round goes on."""

MANAGER_MAILBOX: Final = 10_000
"""Messages that wait for the JobManager; beyond that askers are told `Busy`, and when to return."""

BROADCASTER_MAILBOX: Final = 10_000
"""Messages that wait for the Broadcaster; beyond that passing progress is dropped."""

TICKET_SECONDS: Final = 60.0
"""A ticket for a socket is good for so long."""

TICKETS_REMEMBERED: Final = 50_000
"""Used ones that are not yet out of date; beyond that none are taken until some are."""

OUTBOX_LOOK_SECONDS: Final = 60.0
"""However far off the next delivery seems to be, after so long it is looked for again: the clock
may have been set."""

DELIVERIES_AT_ONCE: Final = 16
"""Webhooks under way, one to a host; the rest waits its turn."""

DELIVERY_SECONDS: Final = 10.0
DELIVERY_CONNECT_SECONDS: Final = 5.0
"""A receiver that has not answered, or not been reached, in so long has failed this time."""

DELIVERY_ANSWER_BYTES: Final = 16 * 1024
DELIVERY_ANSWER_SECONDS: Final = 2.0
"""So much is read, for so long, of what a receiver says beside its status, and thrown away; its
connection is closed over more."""

COMMANDS_WAITING: Final = 32
"""Wishes that wait for a worker's next sign of life; beyond that the oldest is forgotten."""
