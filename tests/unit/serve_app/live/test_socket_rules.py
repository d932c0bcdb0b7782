"""The rules of a conversation over a socket."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retender.errors import Draining, InvalidOption, JobNotFound, NoAnswer, Unauthorized
from serve_app.limits import BAD_MESSAGES
from serve_app.live.socket_rules import (
    Cancel,
    Close,
    CloseCode,
    Complain,
    Ping,
    Pong,
    SendStatus,
    SocketState,
    SocketTiming,
    at_time,
    next_deadline,
    number,
    on_message,
    refusal,
)

FRESH = SocketState(last_message_at=0.0, last_ping_at=0.0)
PACE = SocketTiming(ping_interval=30.0, timeout=300.0)


@pytest.mark.parametrize(
    ("said", "effect"),
    [
        ('{"type": "ping"}', Pong()),
        ('{"type": "ping", "job_id": "j", "more": [1, {}]}', Pong()),
        ('{"type": "pong"}', None),
        ('{"type": "get_status", "job_id": "j"}', SendStatus()),
        ('{"type": "cancel"}', Cancel()),
    ],
)
def test_what_a_client_may_say(said: str, effect: object) -> None:
    assert on_message(FRESH, said, "j", 5.0) == (
        SocketState(last_message_at=5.0, last_ping_at=0.0),
        effect,
    )


@pytest.mark.parametrize(
    "said",
    [
        *("", "ping", "null", "[]", "{}", '{"type": 1}', '{"type": "PING"}', "[" * 60_000),
        *('{"type": "ping", "job_id": "k"}', '{"type": "ping", "job_id": 1}', b'{"type": "ping"}'),
    ],
)
def test_what_means_nothing_is_said_to_mean_nothing(said: str | bytes) -> None:
    talk, effect = on_message(FRESH, said, "j", 5.0)
    assert isinstance(effect, Complain)
    assert effect.code == "bad_message"
    assert (talk.last_message_at, talk.bad_messages) == (5.0, 1)


@given(st.text() | st.binary())
def test_nothing_that_a_client_says_breaks_the_talk(said: str | bytes) -> None:
    talk, _ = on_message(FRESH, said, "j", 5.0)
    assert talk.last_message_at == 5.0


def test_only_meaningless_messages_in_a_row_end_the_talk() -> None:
    talk = FRESH
    for said in ("?", "?", '{"type": "ping"}', *"?" * (BAD_MESSAGES - 1)):
        talk, effect = on_message(talk, said, "j", 0.0)
        assert not isinstance(effect, Close)
    _, effect = on_message(talk, "?", "j", 0.0)
    assert isinstance(effect, Close)
    assert effect.code == CloseCode.UNINTELLIGIBLE


def test_a_client_is_pinged_from_time_to_time_and_closed_when_it_stays_silent() -> None:
    talk, pings, now = FRESH, 0, 0.0
    while True:
        now = next_deadline(talk, PACE)
        talk, effect = at_time(talk, PACE, now)
        if isinstance(effect, Close):
            break
        assert effect == Ping()
        pings += 1
    assert (now, effect.code, pings) == (300.0, CloseCode.SILENT, 9)


def test_between_times_there_is_nothing_to_do() -> None:
    assert at_time(FRESH, PACE, 29.9) == (FRESH, None)


@given(st.floats(0.0, 1000.0))
def test_there_is_something_to_do_when_it_is_due_and_not_before(heard_at: float) -> None:
    talk = SocketState(last_message_at=heard_at, last_ping_at=heard_at)
    at = next_deadline(talk, PACE)
    assert at_time(talk, PACE, at)[1] is not None
    assert at_time(talk, PACE, at - 0.001)[1] is None


def test_numbers_are_read_as_they_are_written() -> None:
    assert [number(text) for text in ("", "0", "41")] == [None, 0, 41]
    for text in ("-1", "1.0", " 1", "1e3", "x", "٣", "9" * 19):
        with pytest.raises(InvalidOption):
            number(text)


def test_a_refusal_says_whether_coming_back_is_of_use() -> None:
    assert refusal(Unauthorized("no")).code == CloseCode.NOT_ALLOWED
    assert refusal(JobNotFound("no")).code == CloseCode.NO_SUCH_JOB
    assert refusal(InvalidOption("no")).code == CloseCode.BAD_REQUEST
    assert refusal(Draining("not now")).code == CloseCode.STOPPING
    assert refusal(NoAnswer("not now")).code == CloseCode.TRY_LATER
