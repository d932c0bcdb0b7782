"""Tickets: who they let in, how often and how long."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retender.errors import Busy, Unauthorized
from retender.keys import Scope
from retender.limits import TICKET_SECONDS
from serve_app.access.callers import Caller
from serve_app.live import tickets
from serve_app.live.entry import welcome
from serve_app.live.tickets import Tickets

ANA = Caller("key", "ana", frozenset({Scope.READ}))


class Clock:
    time = 1000.0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time


def office(secret: bytes = b"secret", clock: Clock | None = None) -> Tickets:
    numbers = count()
    return Tickets(secret, clock or Clock(), lambda: str(next(numbers)))


def test_a_ticket_says_who_its_holder_is() -> None:
    here = office()
    assert here.redeem(here.issue(ANA)) == ANA


def test_a_ticket_is_good_once() -> None:
    here = office()
    ticket = here.issue(ANA)
    here.redeem(ticket)
    with pytest.raises(Unauthorized):
        here.redeem(ticket)


def test_a_ticket_is_good_for_a_minute() -> None:
    clock = Clock()
    here = office(clock=clock)
    early, late = here.issue(ANA), here.issue(ANA)
    clock.time += TICKET_SECONDS - 0.001
    here.redeem(early)
    clock.time += 0.001
    with pytest.raises(Unauthorized):
        here.redeem(late)


def test_processes_with_one_secret_take_each_others_tickets() -> None:
    assert office(b"shared").redeem(office(b"shared").issue(ANA)) == ANA
    with pytest.raises(Unauthorized):
        office(b"another").redeem(office(b"shared").issue(ANA))


@given(st.data())
def test_a_ticket_that_was_changed_is_none(data: st.DataObject) -> None:
    here = office()
    ticket = here.issue(ANA)
    place = data.draw(st.integers(0, len(ticket) - 3))
    letter = data.draw(st.sampled_from("ABCabc012-_"))
    changed = ticket[:place] + letter + ticket[place + 1 :]
    if changed != ticket:
        with pytest.raises(Unauthorized):
            here.redeem(changed)


@given(st.text())
def test_what_is_no_ticket_is_refused(text: str) -> None:
    with pytest.raises(Unauthorized):
        office().redeem(text)


def test_used_tickets_are_remembered_no_longer_than_they_are_good(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tickets, "TICKETS_REMEMBERED", 3)
    clock = Clock()
    here = office(clock=clock)
    for _ in range(3):
        here.redeem(here.issue(ANA))
    with pytest.raises(Busy):
        here.redeem(here.issue(ANA))
    clock.time += TICKET_SECONDS
    assert here.redeem(here.issue(ANA)) == ANA


@pytest.mark.parametrize(
    ("origin", "others", "expected"),
    [
        (None, (), True),
        ("https://here.example", (), True),
        ("https://HERE.example", (), True),
        ("https://here.example:8443", (), False),
        ("https://app.example", (), False),
        ("https://app.example", ("https://app.example",), True),
        ("http://app.example", ("https://app.example",), False),
        ("null", (), False),
        ("https://evil.example", ("*",), True),
    ],
)
def test_pages_from_here_and_those_that_were_named_are_welcome(
    origin: str | None, others: tuple[str, ...], expected: bool
) -> None:
    assert welcome(origin, "here.example", others) == expected
