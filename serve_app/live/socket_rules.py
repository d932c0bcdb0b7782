"""What is said over a socket, as rules: what came in and what time it is, to what is to be done.

    opening ──► following ──► closed
       │                        ▲
       └────────────────────────┘  not allowed, no such job, a bad `since`, nothing left to tell

Whoever opens a socket is told where the job is (`Opening`); then the news is followed, and the
client may ask in between (`hear`) and must be heard of from time to time (`pass_time`). Nothing
in here waits or sends.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec

from retender.errors import InvalidOption, RetenderError
from retender.jobs.events import Event, TransientProgress
from retender.jobs.job import Job
from serve_app.limits import BAD_MESSAGES


class Code(enum.IntEnum):
    """Why a socket is closed. Those above 4000 are our own."""

    TOLD_ALL = 1000
    STOPPING = 1001
    UNINTELLIGIBLE = 1008
    TRY_LATER = 1013
    BAD_REQUEST = 4400
    NOT_ALLOWED = 4401
    NO_SUCH_JOB = 4404
    SILENT = 4408
    TOO_SLOW = 4429


class Close(NamedTuple):
    code: Code
    reason: str


class Ping(NamedTuple):
    """Ask for a sign of life."""


class Pong(NamedTuple):
    """The answer to the client's ping."""


class ShowStatus(NamedTuple):
    """Tell how the job is."""


class CallOff(NamedTuple):
    """Cancel the job."""


class Complain(NamedTuple):
    code: str
    sentence: str


Effect = Close | Ping | Pong | ShowStatus | CallOff | Complain


# The beginning and the end


class Opening(NamedTuple):
    """How the news begins for one client."""

    snapshot: bool
    """Whether the job is shown as it is now."""
    since: int
    """The events after this one are told."""
    over: bool
    """Nothing is left to tell."""


_NUMBER: Final = re.compile(r"[0-9]{1,18}")


def number(text: str) -> int | None:
    """A `since` as it was written. None: there is none. Raises `InvalidOption`."""
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise InvalidOption("since must be the number of an event, 0 or more", field="since")
    return int(text)


def opening(job: Job, since: int | None) -> Opening:
    """With no number, and with one that this job has not come to, the client is shown the job as
    it is; of a finished one it gets the end as well."""
    if since is None or since > job.seq:
        return Opening(True, job.seq - 1 if job.finished else job.seq, False)
    return Opening(False, since, job.finished and since == job.seq)


_REFUSALS: Final[Mapping[str, Code]] = {
    "draining": Code.STOPPING,
    "invalid_option": Code.BAD_REQUEST,
    "unauthorized": Code.NOT_ALLOWED,
    "forbidden": Code.NOT_ALLOWED,
    "job_not_found": Code.NO_SUCH_JOB,
}


def refusal(error: RetenderError) -> Close:
    """Whatever else goes wrong will be right again in a while."""
    return Close(_REFUSALS.get(error.code, Code.TRY_LATER), error.message)


def ends(news: Event | TransientProgress, known: int) -> bool:
    """Whether nothing follows. The end of an attempt before the one that was `known` about at the
    opening is none."""
    return isinstance(news, Event) and news.last and news.seq >= known


# In between


_ASKED: Final[Mapping[str, Effect | None]] = {
    "ping": Pong(),
    "pong": None,
    "get_status": ShowStatus(),
    "cancel": CallOff(),
}


class SocketTiming(msgspec.Struct, frozen=True):
    ping_interval: float
    timeout: float


class SocketState(msgspec.Struct, frozen=True):
    """What counts of the conversation so far."""

    heard_at: float
    pinged_at: float
    bad_messages: int = 0
    """In a row."""


class _ClientMessage(msgspec.Struct):
    type: str
    job_id: str | None = None


def hear(
    talk: SocketState, frame: str | bytes, job_id: str, now: float
) -> tuple[SocketState, Effect | None]:
    """Any message is a sign of life, even one that means nothing."""
    effect = _meaning(frame, job_id)
    bad = talk.bad_messages + 1 if isinstance(effect, Complain) else 0
    if bad >= BAD_MESSAGES:
        effect = Close(Code.UNINTELLIGIBLE, f"{bad} messages in a row mean nothing")
    return SocketState(now, talk.pinged_at, bad), effect


def _meaning(frame: str | bytes, job_id: str) -> Effect | None:
    if isinstance(frame, bytes):
        return Complain("bad_message", "binary messages mean nothing here; send JSON as text")
    try:
        said = msgspec.json.decode(frame, type=_ClientMessage)
    except (msgspec.DecodeError, RecursionError):
        return Complain("bad_message", 'a message is a JSON object such as {"type": "ping"}')
    if said.job_id not in {None, job_id}:
        return Complain("bad_message", f"this socket is for job {job_id}")
    if said.type not in _ASKED:
        return Complain("bad_message", f"known are {', '.join(_ASKED)}")
    return _ASKED[said.type]


def pass_time(
    talk: SocketState, pace: SocketTiming, now: float
) -> tuple[SocketState, Effect | None]:
    if now >= talk.heard_at + pace.timeout:
        return talk, Close(Code.SILENT, f"nothing was heard for {pace.timeout:g} s")
    if now >= talk.pinged_at + pace.ping_interval:
        return msgspec.structs.replace(talk, pinged_at=now), Ping()
    return talk, None


def due(talk: SocketState, pace: SocketTiming) -> float:
    """When to look at the time again."""
    return min(talk.heard_at + pace.timeout, talk.pinged_at + pace.ping_interval)
