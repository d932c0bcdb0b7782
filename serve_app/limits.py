"""What bounds requests and sockets, and what happens at each bound."""

from __future__ import annotations

from typing import Final

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

CLOSING_SECONDS: Final = 5.0
"""So long a socket may take to have its closing sent, and all together when the service stops."""

ASK_RETRIES: Final = 25
ASK_RETRY_SECONDS: Final = 0.2
"""Questions to an actor that is being restarted are asked again so often, with so many seconds
between; then whoever follows is sent away to come back."""

MESSAGES_KEPT: Final = 32
"""Encoded messages at hand for all who follow the same job; an older one is encoded again."""

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
