"""Tickets for those who cannot send a key: a browser opens its sockets without headers.

A ticket says who its holder is, and is signed. Every process with the same secret takes it; that
it was used is remembered by the one that took it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import msgspec

from actors.runtime.api import Clock
from retender.errors import Busy, Unauthorized
from retender.limits import TICKET_SECONDS, TICKETS_REMEMBERED
from serve_app.access.callers import Caller

_SIGNATURE_BYTES: Final = hashlib.sha256().digest_size
_TICKET_CHARS: Final = 2048


class _Ticket(msgspec.Struct, frozen=True, array_like=True):
    number: str
    until: float
    holder: Caller


class Tickets:
    def __init__(self, secret: bytes, clock: Clock, new_id: Callable[[], str]) -> None:
        self._secret = secret
        self._clock = clock
        self._new_id = new_id
        self._used: OrderedDict[str, float] = OrderedDict()

    def issue(self, holder: Caller) -> str:
        until = self._clock.now() + TICKET_SECONDS
        body = msgspec.msgpack.encode(_Ticket(self._new_id(), until, holder))
        return base64.urlsafe_b64encode(self._signature(body) + body).decode().rstrip("=")

    def redeem(self, text: str) -> Caller:
        """Good once. Raises `Unauthorized`."""
        ticket = self._read(text)
        now = self._clock.now()
        if ticket is None or ticket.until <= now or ticket.number in self._used:
            raise Unauthorized("this ticket is not good, or not any more; get another")
        self._forget(now)
        if len(self._used) >= TICKETS_REMEMBERED:
            raise Busy("too many tickets are used at once", retry_after=TICKET_SECONDS)
        self._used[ticket.number] = ticket.until
        return ticket.holder

    def _read(self, text: str) -> _Ticket | None:
        """None: it was not made with our secret."""
        if len(text) > _TICKET_CHARS:
            return None
        try:
            whole = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except ValueError:
            return None
        signature, body = whole[:_SIGNATURE_BYTES], whole[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._signature(body)):
            return None
        return msgspec.msgpack.decode(body, type=_Ticket)

    def _signature(self, body: bytes) -> bytes:
        return hmac.digest(self._secret, body, "sha256")

    def _forget(self, now: float) -> None:
        """What is out of date needs not be remembered to be refused."""
        while self._used and next(iter(self._used.values())) <= now:
            self._used.popitem(last=False)
