"""Limits of requests and sockets, and what happens at each limit."""

from __future__ import annotations

from typing import Final

# Followers of jobs

SOCKETS: Final = 10_000
"""Open WebSockets of one process. Further ones are closed with 1013: try again later."""

LIVE_MESSAGE_BYTES: Final = 256 * 1024
"""A message that its result would make longer is sent without it, and says where to fetch it."""

FRAMES_WAITING: Final = 8
"""Messages of one WebSocket client that wait for an answer. Beyond that, no more are read."""

BAD_MESSAGES: Final = 3
"""Messages in a row that mean nothing. With the last of them the socket is closed (1008)."""

SEND_SECONDS: Final = 20.0
"""A follower that takes nothing of a message for so long is cut off. It can come back by number."""

CLOSING_SECONDS: Final = 5.0
"""Time to send the closing of one socket, and of all together when the service stops."""

ASK_RETRIES: Final = 25
ASK_RETRY_SECONDS: Final = 0.2
"""How often a lost answer of an actor is asked for again, and the pause before each retry. After
that the follower is sent away to come back."""

MESSAGES_KEPT: Final = 32
"""Encoded messages in the cache for all followers. Others are encoded again."""

# Lists

QUERY_CHARS: Final = 200
"""Length of a search. A longer one is refused."""

FOUND_PER_PAGE: Final = 50
"""Jobs in one page of a search, whatever `limit` says: for each its text is read."""

EXPORTED_JOBS: Final = 200
"""Jobs in one export. One of more is refused."""

JOB_ID_CHARS: Final = 64
"""The ids that are made here have 32."""

# Callers

KEY_CHARS: Final = 200
"""Length of a key. A longer one is not known."""

KEYS_KEPT: Final = 1000
"""Valid keys at a time. Beyond that, none is made until one is revoked. As many revoked keys are
remembered; the oldest are forgotten."""

KEYS_READ_EVERY: Final = 1.0
"""Seconds between two looks at the file of keys: a revoked key may stay valid for so long."""

AUDIO_TICKET_SECONDS: Final = 3600.0
"""A ticket for a recording is valid for so long; its player then needs another."""

WRONG_KEYS_PER_MINUTE: Final = 30
"""From one address. Beyond that, wrong keys are answered 429; right ones are still accepted."""

TAKES_AT_ONCE: Final = 500
"""Requests in one question to the RateLimiter. Further ones are in the next question."""

LIMITER_SECONDS: Final = 2.0
LIMITER_AWAY_SECONDS: Final = 5.0
"""If the RateLimiter does not answer for so long, each process counts by itself, and asks it again
after so many seconds."""

# Bodies of requests

FORM_PARTS: Final = 64
"""Parts of a form. A form with more is refused."""

FORM_HEADERS: Final = 8
FORM_HEADER_BYTES: Final = 4096
"""Headers of one part, and the length of each. A form with more is refused."""

FORM_FIELD_BYTES: Final = 64 * 1024
"""All fields of a form together, without the recording. A longer form is refused."""

FORM_BYTES: Final = 1 << 20
"""What a form may have around its recording, boundaries and headers included. A request that is
longer than a recording and this is refused as too large."""

PLAIN_BODY_BYTES: Final = 64 * 1024
"""Body of a request that brings no recording. A longer one is refused."""

TRANSCRIPT_BYTES: Final = 16 << 20
"""Body of an edited transcript: ten hours with all their words have ten. A longer one is
refused."""

BODY_IDLE_SECONDS: Final = 15.0
"""A body of which nothing arrives for so long is refused."""

BODY_LEAST_RATE: Final = 1024
BODY_WINDOW_SECONDS: Final = 30.0
"""Bytes a second at which a body must arrive, measured over so many seconds of waiting for it. A
slower one is refused."""

LINGER_SECONDS_MOST: Final = 10.0
LINGER_IDLE_SECONDS: Final = 2.0
"""A client that is refused in the middle of an upload has so long to read why, and so long without
sending a byte; what it still sends is thrown away. Then the connection is closed."""

# Submissions

TEXT_OPTION_CHARS: Final = 4000
"""Length of a prompt, or of hotwords. A longer one is refused. A model reads fewer."""

USER_ID_CHARS: Final = 256
"""A longer one is refused."""

IDEMPOTENCY_KEY_CHARS: Final = 255
"""A longer one is refused."""

HIGHEST_PRIORITY: Final = 10
"""The lowest is its negative. A priority outside is refused."""

USUAL_PRIORITY_MAX: Final = 0
"""The highest priority of callers with a key, if neither the key nor the service names another:
they may let others pass, and pass nobody. A higher one is refused."""

SUBMIT_RETRIES: Final = 3
SUBMIT_RETRY_SECONDS: Final = 0.2
"""How often a submission is sent again whose answer is lost, and the pause before the first retry;
each further pause is twice as long. After that the client gets the error."""

# Recordings that arrive in parts, and fetched ones

CHECKPOINT_BYTES: Final = 16 << 20
"""So much of one long part of a resumable upload may be lost when the service dies. The client
sends it again."""

CLEANUP_SECONDS: Final = 600.0
CLEANUP_RETRY_SECONDS: Final = 5.0
"""Pause between two cleanups of unfinished uploads, and after one that failed."""

PROGRESS_SECONDS: Final = 1.0
"""Pause between two reports of how much of an upload has arrived."""

FETCHES_AT_ONCE: Final = 4
"""Recordings that are fetched at a time. Further ones wait as pending jobs."""

FETCH_TRIES: Final = 3
FETCH_PAUSE: Final = 2.0
"""How often a recording is requested from a host that gives no good answer, and the pause before
the first retry. After that the job fails."""

FETCH_SECONDS: Final = 3600.0
"""All tries to fetch a recording together. After that the job fails."""

FETCH_CONNECT_SECONDS: Final = 10.0
FETCH_IDLE_SECONDS: Final = 20.0
"""Time to connect to a host, and to get the next bytes from it. After that the try has failed."""

REDIRECTS: Final = 3
"""From one address to the next, each checked like the first. With one more the fetch fails."""
