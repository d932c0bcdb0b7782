"""The rules of a WebSocket: what is to be done when a message comes, and when time passes.

    opening ──► following ──► closed
       │                        ▲
       └────────────────────────┘  not allowed, no such job, a bad `since`, nothing left to tell

While the job is followed, the client may ask something (`on_message`), and must send a message from
time to time (`at_time`). Nothing in this module waits or sends.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec

from retender import foreign_json
from retender.errors import InvalidOption, RetenderError
from serve_app.limits import BAD_MESSAGES


class CloseCode(enum.IntEnum):
    """Why a socket is closed. Codes above 4000 are the service's own."""

    ALL_SENT = 1000
    STOPPING = 1001
    UNINTELLIGIBLE = 1008
    TRY_LATER = 1013
    BAD_REQUEST = 4400
    NOT_ALLOWED = 4401
    NO_SUCH_JOB = 4404
    SILENT = 4408
    TOO_SLOW = 4429


class Close(NamedTuple):
    code: CloseCode
    reason: str


class Ping(NamedTuple):
    """Ask the client for a message."""


class Pong(NamedTuple):
    """Answer the client's ping."""


class SendStatus(NamedTuple):
    """Send the job as it is now."""


class Cancel(NamedTuple):
    """Cancel the job."""


class Complain(NamedTuple):
    code: str
    sentence: str


Effect = Close | Ping | Pong | SendStatus | Cancel | Complain


# Opening and refusing

_NUMBER: Final = re.compile(r"[0-9]{1,18}")


def number(text: str) -> int | None:
    """The value of `since`; None if it is left out. Raises `InvalidOption`."""
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise InvalidOption("since must be the number of an event, 0 or more", field="since")
    return int(text)


_REFUSALS: Final[Mapping[str, CloseCode]] = {
    "draining": CloseCode.STOPPING,
    "invalid_option": CloseCode.BAD_REQUEST,
    "unauthorized": CloseCode.NOT_ALLOWED,
    "forbidden": CloseCode.NOT_ALLOWED,
    "job_not_found": CloseCode.NO_SUCH_JOB,
}


def refusal(error: RetenderError) -> Close:
    """An error that is not in the table passes: the client is told to try again later."""
    return Close(_REFUSALS.get(error.code, CloseCode.TRY_LATER), error.message)


# Following

_COMMANDS: Final[Mapping[str, Effect | None]] = {
    "ping": Pong(),
    "pong": None,
    "get_status": SendStatus(),
    "cancel": Cancel(),
}


class SocketTiming(msgspec.Struct, frozen=True):
    """In seconds."""

    ping_interval: float
    timeout: float


class SocketState(msgspec.Struct, frozen=True):
    last_message_at: float
    last_ping_at: float
    bad_messages: int = 0
    """In a row."""


class _ClientMessage(msgspec.Struct):
    type: str
    job_id: str | None = None


def on_message(
    state: SocketState, frame: str | bytes, job_id: str, now: float
) -> tuple[SocketState, Effect | None]:
    """Any message shows that the client is alive, even one that means nothing."""
    effect = _meaning(frame, job_id)
    bad = state.bad_messages + 1 if isinstance(effect, Complain) else 0
    if bad >= BAD_MESSAGES:
        effect = Close(CloseCode.UNINTELLIGIBLE, f"{bad} messages in a row mean nothing")
    return SocketState(now, state.last_ping_at, bad), effect


def _meaning(frame: str | bytes, job_id: str) -> Effect | None:
    if isinstance(frame, bytes):
        return Complain("bad_message", "binary messages mean nothing here; send JSON as text")
    try:
        said = foreign_json.decode(frame, _ClientMessage)
    except msgspec.DecodeError:
        return Complain("bad_message", 'a message is a JSON object such as {"type": "ping"}')
    if said.job_id not in {None, job_id}:
        return Complain("bad_message", f"this socket is for job {job_id}")
    if said.type not in _COMMANDS:
        return Complain("bad_message", f"known are {', '.join(_COMMANDS)}")
    return _COMMANDS[said.type]


def at_time(
    state: SocketState, timing: SocketTiming, now: float
) -> tuple[SocketState, Effect | None]:
    if now >= state.last_message_at + timing.timeout:
        return state, Close(CloseCode.SILENT, f"nothing was heard for {timing.timeout:g} s")
    if now >= state.last_ping_at + timing.ping_interval:
        return msgspec.structs.replace(state, last_ping_at=now), Ping()
    return state, None


def next_deadline(state: SocketState, timing: SocketTiming) -> float:
    """When `at_time` must be asked again, on the monotonic clock."""
    return min(state.last_message_at + timing.timeout, state.last_ping_at + timing.ping_interval)
