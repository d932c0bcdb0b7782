"""Tickets for clients that cannot send a key: a browser opens its WebSockets without headers.

A ticket names its holder and is signed: every process with the same secret can read it. The
Broadcaster, which all processes ask, knows the tickets that have been used. A ticket for a job's
recording may be used again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Final

import msgspec

from actors.limits import TICKET_SECONDS
from actors.runtime.api import Clock
from retender.errors import Unauthorized
from serve_app.access.callers import Caller

_SIGNATURE_BYTES: Final = hashlib.sha256().digest_size
_TICKET_CHARS: Final = 2048


class Ticket(msgspec.Struct, frozen=True, array_like=True):
    number: str
    until: float
    holder: Caller
    job_id: str = ""
    """The job whose recording it is good for; empty: it is good for one socket or stream."""


class Tickets:
    def __init__(self, secret: bytes, clock: Clock, new_id: Callable[[], str]) -> None:
        self._secret = secret
        self._clock = clock
        self._new_id = new_id

    def issue(self, holder: Caller, *, job_id: str = "", seconds: float = TICKET_SECONDS) -> str:
        until = self._clock.now() + seconds
        body = msgspec.msgpack.encode(Ticket(self._new_id(), until, holder, job_id))
        return base64.urlsafe_b64encode(self._signature(body) + body).decode().rstrip("=")

    def read(self, text: str, *, job_id: str = "") -> Ticket:
        """Raises `Unauthorized` if the ticket is not signed with this secret, is for something
        else, or has expired."""
        ticket = self._decoded(text)
        if ticket is None or ticket.job_id != job_id or ticket.until <= self._clock.now():
            raise invalid_ticket()
        return ticket

    def _decoded(self, text: str) -> Ticket | None:
        """None if it was not signed with this secret."""
        if len(text) > _TICKET_CHARS:
            return None
        try:
            whole = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except ValueError:
            return None
        signature, body = whole[:_SIGNATURE_BYTES], whole[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._signature(body)):
            return None
        return msgspec.msgpack.decode(body, type=Ticket)

    def _signature(self, body: bytes) -> bytes:
        return hmac.digest(self._secret, body, "sha256")


def invalid_ticket() -> Unauthorized:
    return Unauthorized("this ticket is not good, or not any more; get another")
