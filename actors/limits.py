"""Limits of the actors, and what happens at each."""

from __future__ import annotations

from typing import Final

TICK: Final = 0.5
"""Seconds between two checks of leases, delays and deadlines by the manager."""

RECENT_EVENTS: Final = 1024
"""Events kept in the manager's memory for log readers; older ones are read from the journal."""

EVENTS_PER_PAGE: Final = 500
"""Events in one page of the log; the reader asks for the next page."""

TRACE_RECORDS_KEPT: Final = 4096
"""Parts of jobs' lives kept in the manager's memory for the Tracer; beyond that the oldest are
dropped, and counted."""

TRACE_RECORDS_PER_PAGE: Final = 50
"""In one answer to the Tracer: it makes spans of them before it does anything else."""

ATTEMPTS_TRACED: Final = 256
"""Attempts at deliveries whose begin the manager remembers for their spans; beyond that those that
began first get none."""

LOST_ORDERS_AFTER: Final = 5.0
"""Seconds after which an order that its worker does not hold counts as lost."""

LOG_POLL_SECONDS: Final = 10.0
"""Seconds that a long poll for the log waits."""

SUBSCRIPTION_SECONDS: Final = 30.0
"""A subscription that is not polled for so many seconds is dropped; its owner subscribes again."""

TRACKED_JOBS: Final = 10_000
"""Unfinished jobs whose progress the Broadcaster holds, and finished ones whose ids it remembers;
the least recent one is dropped, and read again if it is needed."""

EVENTS_PER_TRACK: Final = 64
REPLAY_BYTES: Final = 4 * 1024 * 1024
"""Events of one unfinished job kept for replay, and their bytes for all jobs, as they are encoded;
in memory an event takes several times that. Other events are read from the journal."""

EVENTS_PER_BATCH: Final = 1000
"""Events in one batch to a subscriber; the rest follows in the next."""

EVENTS_WAITING: Final = 20_000
"""Events that wait for a subscriber; beyond that it must replay all jobs it follows."""

FOLLOWER_BACKLOG: Final = 5000
"""Events that wait for one follower; beyond that it is disconnected, and can resume by number."""

READS_WAITING: Final = 2000
"""Questions for texts and lists that the manager has under way; beyond that callers get `Busy`."""

AT_WORK_PER_PAGE: Final = 100
"""Jobs under way in one answer to a Broadcaster that has just started; then it asks for more."""

JOBS_PER_PAGE: Final = 500
"""Jobs in one page of a listing; the cursor leads to the next."""

FORGET_BATCH: Final = 200
"""Old jobs deleted in one commit. Batches follow one another until none is left, and other messages
come between them."""
FORGET_CHUNKS: Final = 8_000
"""The chunks of their recordings, but for a single job with more: the text of two hundred jobs of
ten hours would take seconds to delete, and everybody waits for a commit."""

INDEX_BATCH: Final = 20
INDEX_PAUSE: Final = 0.1
INDEX_RETRY: Final = 5.0
"""Jobs whose texts are indexed in one commit, and seconds until the next ones; and seconds until it
is tried again if the disk is full."""

MANAGER_MAILBOX: Final = 10_000
"""Messages that wait for the JobManager; beyond that callers get `Busy` and a retry time."""

BROADCASTER_MAILBOX: Final = 10_000
"""Messages that wait for the Broadcaster; beyond that transient progress is dropped."""

TICKET_SECONDS: Final = 60.0
"""A WebSocket ticket is valid for so many seconds."""

TICKETS_REMEMBERED: Final = 50_000
"""Used tickets that have not expired; beyond that no ticket is accepted until some expire."""

OUTBOX_LOOK_SECONDS: Final = 60.0
"""The next delivery is looked for again after so many seconds, because the clock may be set."""

DELIVERIES_AT_ONCE: Final = 16
"""Webhooks under way, one for each host; the others wait."""

DELIVERY_SECONDS: Final = 10.0
DELIVERY_CONNECT_SECONDS: Final = 5.0
"""An attempt fails if the receiver does not connect or answer within these seconds."""

CONVEX_SECONDS: Final = 5.0
"""A request to Convex fails if it is not answered within these seconds."""

CONVEX_PROGRESS_AT_ONCE: Final = 8
"""Updates of progress under way to Convex, beside the deliveries of ends."""

DELIVERY_ANSWER_BYTES: Final = 16 * 1024
DELIVERY_ANSWER_SECONDS: Final = 2.0
"""Bytes and seconds of a receiver's response body that are read and dropped; beyond that the
connection is closed."""

COMMANDS_WAITING: Final = 32
"""Commands that wait for a worker's next heartbeat; beyond that the oldest is dropped."""

CALLERS_COUNTED: Final = 20_000
"""Callers and addresses whose requests are counted. Beyond that, the count of the one that was
quiet for longest is forgotten."""
