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

HEAD_BYTES: Final = 64 * 1024
HEAD_SECONDS: Final = 30.0
"""The address and the headers of a request; one that has more of them is refused, and a connection
whose next request has begun and not come to their end in so long is cut."""

SOCKET_FRAME_BYTES: Final = 64 * 1024
"""The longest message that a WebSocket client may send; a longer one closes its socket (1009)."""

SOCKETS: Final = 10_000
"""WebSockets of one process; who comes beyond that is told to try again later (1013)."""

NEWS_FRAME_BYTES: Final = 256 * 1024
"""A message in which a result would make more is sent without it, and says where to fetch it."""

FRAMES_WAITING: Final = 8
"""Messages of one WebSocket client that wait to be answered; it is not read from beyond that."""

BAD_MESSAGES: Final = 3
"""Messages in a row that mean nothing; with the last of them the socket is closed (1008)."""

SEND_SECONDS: Final = 20.0
"""A follower that takes nothing of what is sent to it for so long is cut off; it comes back by
number."""

GOODBYE_SECONDS: Final = 5.0
"""So long a socket may take to have its closing sent, and all together when the service stops."""

UNREAD_SECONDS: Final = 120.0
"""A connection whose client takes nothing of an answer for so long is cut."""

ASKED_ANEW: Final = 25
ASKED_ANEW_AFTER: Final = 0.2
"""Questions to an actor that is being restarted are asked again so often, with so many seconds
between; then whoever follows is sent away to come back."""

MESSAGES_KEPT: Final = 32
"""Encoded messages at hand for all who follow the same job; an older one is encoded again."""

TICKET_SECONDS: Final = 60.0
"""A ticket for a socket is good for so long."""

TICKETS_REMEMBERED: Final = 50_000
"""Used ones that are not yet out of date; beyond that none are taken until some are."""

KEY_CHARS: Final = 200
"""The longest key; a longer one is no key that is known."""

KEYS_KEPT: Final = 1000
"""Keys that may be good at a time; beyond that no more are made until one is revoked. As many
revoked ones are remembered, the oldest are forgotten."""

KEYS_READ_EVERY: Final = 1.0
"""Seconds between two looks at the file of keys: so long a revoked one may still be good."""

CALLERS_COUNTED: Final = 20_000
"""Callers and addresses of which it is known how much they ask for; beyond that the one that was
quiet for longest is forgotten, and may ask anew."""

WRONG_KEYS_PER_MINUTE: Final = 30
"""From one address; beyond that wrong keys are answered 429, and right ones as ever."""

# Telling others

DELIVERY_HAND_SECONDS: Final = 30.0
"""A delivery whose attempt nobody has told the end of is made again after so long, or later."""

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

DELIVERY_RESULT_BYTES: Final = 256 * 1024
"""The longest result in a webhook; a longer one is left out, and said where it is."""

DELIVERY_ERROR_CHARS: Final = 200
"""Kept of the reason why an attempt failed."""

# Between processes

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

INGRESS_CONNECTIONS: Final = 20_000
"""On a cluster, at each process that takes uploads and feeds clients."""

GAP_SECONDS: Final = 5.0
"""On a cluster a message that was overtaken is waited for so long; then those after it go on."""

LINES_KEPT: Final = 4096
"""Of so many senders an actor on a cluster knows which message of theirs is next."""

CELL_CALLS: Final = 100_000
"""Messages under way to one process on a cluster: mailboxes have their own, smaller bounds."""

ROOT_PAUSE_SECONDS: Final = 5.0
"""When the root of a tree on a cluster gives up, it is started anew after so long."""

DESERTED_SECONDS: Final = 300.0
ATTEND_EVERY: Final = 30.0
"""A tree on a cluster ends in order when nobody has served it for so long; whoever serves it says
so this often."""

NO_ROOM_SECONDS: Final = 60.0
"""An actor that has found no place on the cluster for so long is spoken of."""

NAME_SECONDS: Final = 10.0
"""So long an actor on a cluster waits for its name, while an earlier one of it is being ended."""

# Strangers' files

PROGRAM_MEMORY: Final = 256 << 20
"""Bytes that ffmpeg can write to; beyond that it is refused more, and the file with it."""

PROGRAM_ADDRESSES: Final = 1 << 30
"""Bytes that its libraries and stacks may take up on paper beside that; likewise."""

PROGRAM_ALLOCATION: Final = 256 << 20
"""Bytes that it may ask for at once; it then takes the file for damaged."""

PROGRAM_CPU_SECONDS: Final = 60
"""CPU time for what does not depend on a recording's length; then it is stopped."""

PROGRAM_SECONDS: Final = 600.0
"""The same on the clock, however busy the machine is; then it is killed."""

PROGRAM_FILES: Final = 64
"""Files it can have open; it is refused more."""

SAID_FIRST_BYTES: Final = 256 * 1024
SAID_LAST_BYTES: Final = 4 * 1024
"""Kept of what a program says; what lies between its beginning and its end is dropped."""

DECODING_CPU_SHARE: Final = 1 / 20
"""Seconds of CPU time that a second of sound may take to decode; usual is a five-hundredth. At
the limit decoding is stopped, and the file refused."""

DECODING_START_SECONDS: Final = 60
"""CPU time beside that, for opening a file with a long index."""

DECODING_WAIT: Final = 10
"""Decoding may take so many times its CPU time on the clock: a tenth of a CPU is the least that
it is given. Then it is killed."""

LISTENING_SECONDS: Final = 60
"""Of a recording so much is in memory at once while speech is looked for; the rest comes after."""

# Where two chunks share sound

TAIL_SECONDS: Final = 2.0
TAIL_WORDS: Final = 24
TAIL_LETTERS: Final = 24
"""Remembered of the end of a chunk and of each word in it; older words are not compared with. No
chunks may overlap by more."""

HEAD_WORDS: Final = 4 * TAIL_WORDS
"""Words at the beginning of a chunk that are compared with the end of the one before; later ones
are kept as they are."""

TROUBLES_KEPT: Final = 16
"""Models that were wished for and could not be had, of which a worker tells why; the oldest is
forgotten."""

WISHES_WAITING: Final = 32
"""Wishes that wait for a worker's next sign of life; beyond that the oldest is forgotten."""

# Where an engine is rationed

ROOM_ASKED_EVERY: Final = 300.0
"""Seconds. Who waits for room asks again after so long, however long the wait is said to be: else
its place in the line is another's."""

PLACES_KEPT: Final = 20
"""Places in that line that are kept for those who will ask again; who comes after them has none,
and may be passed."""

# Addresses that strangers name

URL_CHARS: Final = 2048
"""A longer URL is refused."""

ADDRESSES_TRIED: Final = 4
"""Of all that a name stands for so many are tried; then it counts as out of reach."""

OUTBOUND_CONNECTIONS: Final = 32
"""Connections to such addresses at a time; further ones wait their turn."""

# Uploads

FORM_PARTS: Final = 64
"""Parts of a form; one with more is refused."""

FORM_HEADERS: Final = 8
FORM_HEADER_BYTES: Final = 4096
"""Headers of one part, and the length of each; a form with more is refused."""

FORM_FIELD_BYTES: Final = 64 * 1024
"""All fields of a form together, but for the recording; a longer form is refused."""

FORM_BYTES: Final = 1 << 20
"""What a form may have around its recording, boundaries and headers included; beyond that it is
taken for a longer recording, and refused as too large."""

PLAIN_BODY_BYTES: Final = 64 * 1024
"""The body of a request that brings no recording; a longer one is refused."""

BODY_IDLE_SECONDS: Final = 15.0
"""A body of which nothing has come for so long is given up."""

BODY_LEAST_RATE: Final = 1024
BODY_WINDOW_SECONDS: Final = 30.0
"""Bytes a second that a body must come at, over so many seconds of waiting; a slower one is given
up."""

LINGER_SECONDS_MOST: Final = 10.0
LINGER_IDLE_SECONDS: Final = 2.0
"""Who is refused in the middle of an upload may take so long to hear of it, and so long without a
byte, while what still comes is thrown away; then the connection is closed."""

TEXT_OPTION_CHARS: Final = 4000
"""A prompt, or hotwords; longer ones are refused. A model looks at fewer."""

USER_ID_CHARS: Final = 256
"""A longer one is refused."""

IDEMPOTENCY_KEY_CHARS: Final = 255
"""A longer one is refused."""

HIGHEST_PRIORITY: Final = 10
"""And the lowest is its negative; what is beyond is refused."""

SUBMIT_TRIES: Final = 4
"""How often a submission is asked of a manager whose answer gets lost; then the caller is told."""

CHECKPOINT_BYTES: Final = 16 << 20
"""Of one long part of a resumable upload so much may be lost when the service dies; the client
sends it again."""

SWEEP_SECONDS: Final = 600.0
SWEEP_AGAIN_SECONDS: Final = 5.0
"""How often unfinished uploads are looked after, and how soon again when that went wrong."""

PROGRESS_SECONDS: Final = 1.0
"""How often it is told how far an upload is."""

FETCHES_AT_ONCE: Final = 4
"""Recordings that are fetched at a time; further ones wait as pending jobs."""

FETCH_TRIES: Final = 3
FETCH_PAUSE: Final = 2.0
"""How often a recording is asked for whose host does not answer well, and how long is waited in
between at first; then its job fails."""

FETCH_SECONDS: Final = 3600.0
"""All tries to fetch a recording together; then its job fails."""

FETCH_CONNECT_SECONDS: Final = 10.0
FETCH_IDLE_SECONDS: Final = 20.0
"""A host that takes longer to be reached, or to send the next bytes, is given up for this time."""

REDIRECTS: Final = 3
"""From one address to the next, each checked like the first; then the fetch fails."""

# Recordings in an object store

OBJECT_BLOCK_BYTES: Final = 8 << 20
"""What is held in memory of a file on its way to the store or from it. A store that takes a file in
at most 10,000 parts takes 80 GB so."""

LEND_TRIES: Final = 3
"""How often a file is fetched that is let go of, for want of room, before it can be worked with;
then the work is told that there is none."""

TIDY_SECONDS: Final = 600.0
"""How often a machine lets go of its copies of what was collected elsewhere."""

STRAY_WORK_SECONDS: Final = 3600.0
"""The folder of a job of which nothing is in the store may be one whose work has just begun, for so
long."""

# The log

LOG_CHARS_WAITING: Final = 1 << 20
"""Of lines that nobody has read yet; beyond that lines are left out, and counted."""

LOG_GOODBYE_SECONDS: Final = 2.0
"""So long the end of a process waits for whoever reads its log."""

# The command line

FILES_AT_ONCE: Final = 4
"""Recordings of one command that are handed in or worked on at a time; the others wait for them."""

HANDING_IN_TRIES: Final = 8
"""How often a recording is handed in to a service that has no room, or whose connection breaks;
then it counts as failed."""

RETURN_SECONDS: Final = 15.0
"""The longest pause between two tries to reach a service again."""

UNHEARD_SECONDS: Final = 120.0
"""A service that was there and of which nothing is heard for so long is given up."""

SOCKET_TRIES: Final = 3
SOCKET_AGAIN: Final = 10
"""Where so many WebSockets in a row have failed, the job is asked after instead, and only every
tenth time is a socket tried again."""

TOLD_BYTES: Final = 16 << 20
"""The longest message that is taken from a service."""

# A journal on PostgreSQL

DATABASE_PATIENCE: Final = 60.0
DATABASE_PAUSES: Final = (0.05, 2.0)
"""A database that is away is waited for, and so is a newer service that has the journal: so many
seconds of pauses between attempts, the first and the longest of which are these. Then the manager
ends, and waits again in its next life."""

DATABASE_CONNECT_SECONDS: Final = 5
"""One attempt to connect may take so long."""

DATABASE_LOCK_SECONDS: Final = 5
"""So long the ledger may be held by another's commit; then it counts as away."""

DATABASE_IDLE_SECONDS: Final = 10
"""A commit of which the database hears no more for so long is undone, and the ledger is free: its
manager has been cut off, or stands still."""

DATABASE_SILENCE_SECONDS: Final = 20
"""A connection at whose other end nothing stirs for so long is given up, by us and by the server.
"""
