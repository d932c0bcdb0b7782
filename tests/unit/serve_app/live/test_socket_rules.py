"""The rules of a conversation over a socket."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retender.errors import Draining, InvalidOption, JobNotFound, NoAnswer, Unauthorized
from retender.jobs.events import Event, EventKind
from retender.jobs.job import Job
from retender.jobs.messages import Note
from retender.jobs.states import Stage, Status
from serve_app.limits import BAD_MESSAGES
from serve_app.live.socket_rules import (
    CallOff,
    Close,
    Code,
    Complain,
    Opening,
    Ping,
    Pong,
    ShowStatus,
    SocketState,
    SocketTiming,
    due,
    ends,
    hear,
    number,
    opening,
    pass_time,
    refusal,
)

FRESH = SocketState(heard_at=0.0, pinged_at=0.0)
PACE = SocketTiming(ping_interval=30.0, timeout=300.0)


def job(status: Status, seq: int) -> Job:
    return Job(id="j", owner="", status=status, stage=Stage.QUEUED, created_at=0.0, seq=seq)


def event(kind: EventKind, seq: int) -> Event:
    return Event(
        job_id="j",
        seq=seq,
        at=0.0,
        kind=kind,
        status=Status.PROCESSING,
        stage=Stage.TRANSCRIBING,
        progress=0.0,
        note=Note("x"),
    )


@pytest.mark.parametrize(
    ("said", "effect"),
    [
        ('{"type": "ping"}', Pong()),
        ('{"type": "ping", "job_id": "j", "more": [1, {}]}', Pong()),
        ('{"type": "pong"}', None),
        ('{"type": "get_status", "job_id": "j"}', ShowStatus()),
        ('{"type": "cancel"}', CallOff()),
    ],
)
def test_what_a_client_may_say(said: str, effect: object) -> None:
    assert hear(FRESH, said, "j", 5.0) == (SocketState(heard_at=5.0, pinged_at=0.0), effect)


@pytest.mark.parametrize(
    "said",
    [
        *("", "ping", "null", "[]", "{}", '{"type": 1}', '{"type": "PING"}', "[" * 60_000),
        *('{"type": "ping", "job_id": "k"}', '{"type": "ping", "job_id": 1}', b'{"type": "ping"}'),
    ],
)
def test_what_means_nothing_is_said_to_mean_nothing(said: str | bytes) -> None:
    talk, effect = hear(FRESH, said, "j", 5.0)
    assert isinstance(effect, Complain)
    assert effect.code == "bad_message"
    assert (talk.heard_at, talk.bad_messages) == (5.0, 1)


@given(st.text() | st.binary())
def test_nothing_that_a_client_says_breaks_the_talk(said: str | bytes) -> None:
    talk, _ = hear(FRESH, said, "j", 5.0)
    assert talk.heard_at == 5.0


def test_only_meaningless_messages_in_a_row_end_the_talk() -> None:
    talk = FRESH
    for said in ("?", "?", '{"type": "ping"}', *"?" * (BAD_MESSAGES - 1)):
        talk, effect = hear(talk, said, "j", 0.0)
        assert not isinstance(effect, Close)
    _, effect = hear(talk, "?", "j", 0.0)
    assert isinstance(effect, Close)
    assert effect.code == Code.UNINTELLIGIBLE


def test_a_client_is_pinged_from_time_to_time_and_closed_when_it_stays_silent() -> None:
    talk, pings, now = FRESH, 0, 0.0
    while True:
        now = due(talk, PACE)
        talk, effect = pass_time(talk, PACE, now)
        if isinstance(effect, Close):
            break
        assert effect == Ping()
        pings += 1
    assert (now, effect.code, pings) == (300.0, Code.SILENT, 9)


def test_between_times_there_is_nothing_to_do() -> None:
    assert pass_time(FRESH, PACE, 29.9) == (FRESH, None)


@given(st.floats(0.0, 1000.0))
def test_there_is_something_to_do_when_it_is_due_and_not_before(heard_at: float) -> None:
    talk = SocketState(heard_at=heard_at, pinged_at=heard_at)
    at = due(talk, PACE)
    assert pass_time(talk, PACE, at)[1] is not None
    assert pass_time(talk, PACE, at - 0.001)[1] is None


@pytest.mark.parametrize(
    ("status", "since", "expected"),
    [
        (Status.PROCESSING, None, Opening(True, 7, False)),
        (Status.PROCESSING, 0, Opening(False, 0, False)),
        (Status.PROCESSING, 7, Opening(False, 7, False)),
        (Status.PROCESSING, 8, Opening(True, 7, False)),
        (Status.COMPLETED, None, Opening(True, 6, False)),
        (Status.COMPLETED, 6, Opening(False, 6, False)),
        (Status.COMPLETED, 7, Opening(False, 7, True)),
        (Status.FAILED, 8, Opening(True, 6, False)),
    ],
)
def test_where_the_news_begins(status: Status, since: int | None, expected: Opening) -> None:
    assert opening(job(status, 7), since) == expected


@pytest.mark.parametrize(
    ("kind", "seq", "last"),
    [
        (EventKind.PROGRESS, 9, False),
        (EventKind.COMPLETED, 7, True),
        (EventKind.ERROR, 9, True),
        (EventKind.ERROR, 6, False),
    ],
)
def test_the_end_of_an_earlier_attempt_is_not_the_end(
    kind: EventKind, seq: int, last: bool
) -> None:
    assert ends(event(kind, seq), known=7) == last


def test_numbers_are_read_as_they_are_written() -> None:
    assert [number(text) for text in ("", "0", "41")] == [None, 0, 41]
    for text in ("-1", "1.0", " 1", "1e3", "x", "٣", "9" * 19):
        with pytest.raises(InvalidOption):
            number(text)


def test_a_refusal_says_whether_coming_back_is_of_use() -> None:
    assert refusal(Unauthorized("no")).code == Code.NOT_ALLOWED
    assert refusal(JobNotFound("no")).code == Code.NO_SUCH_JOB
    assert refusal(InvalidOption("no")).code == Code.BAD_REQUEST
    assert refusal(Draining("not now")).code == Code.STOPPING
    assert refusal(NoAnswer("not now")).code == Code.TRY_LATER
