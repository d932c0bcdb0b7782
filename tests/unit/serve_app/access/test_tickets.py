"""Tickets: who they let in, and how long."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.limits import TICKET_SECONDS
from retender.errors import Unauthorized
from serve_app.access.api_keys import Scope
from serve_app.access.callers import Caller
from serve_app.access.tickets import Tickets

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
    assert here.read(here.issue(ANA)).holder == ANA


def test_each_ticket_has_a_number_of_its_own() -> None:
    here = office()
    assert here.read(here.issue(ANA)).number != here.read(here.issue(ANA)).number


def test_a_ticket_is_good_for_a_minute() -> None:
    clock = Clock()
    here = office(clock=clock)
    early, late = here.issue(ANA), here.issue(ANA)
    clock.time += TICKET_SECONDS - 0.001
    assert here.read(early).until > clock.time
    clock.time += 0.001
    with pytest.raises(Unauthorized):
        here.read(late)


def test_a_ticket_for_a_recording_is_good_for_nothing_else() -> None:
    here = office()
    ticket = here.issue(ANA, job_id="a")
    assert here.read(ticket, job_id="a") == here.read(ticket, job_id="a")
    for other in ("", "b"):
        with pytest.raises(Unauthorized):
            here.read(ticket, job_id=other)
    with pytest.raises(Unauthorized):
        here.read(here.issue(ANA), job_id="a")


def test_processes_with_one_secret_take_each_others_tickets() -> None:
    assert office(b"shared").read(office(b"shared").issue(ANA)).holder == ANA
    with pytest.raises(Unauthorized):
        office(b"another").read(office(b"shared").issue(ANA))


@given(st.data())
def test_a_ticket_that_was_changed_is_none(data: st.DataObject) -> None:
    here = office()
    ticket = here.issue(ANA)
    place = data.draw(st.integers(0, len(ticket) - 3))
    letter = data.draw(st.sampled_from("ABCabc012-_"))
    changed = ticket[:place] + letter + ticket[place + 1 :]
    if changed != ticket:
        with pytest.raises(Unauthorized):
            here.read(changed)


@given(st.text())
def test_what_is_no_ticket_is_refused(text: str) -> None:
    with pytest.raises(Unauthorized):
        office().read(text)
