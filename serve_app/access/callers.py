"""Who asks, and what they may do."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Annotated, Final

import msgspec
from fastapi import Depends
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from starlette.requests import HTTPConnection

from actors.runtime.api import Clock
from retender.errors import Forbidden, RateLimited, Unauthorized
from serve_app.access.api_keys import Scope
from serve_app.access.key_file import Keyring
from serve_app.access.rates import Rate, neighbourhood
from serve_app.limits import WRONG_KEYS_PER_MINUTE

_FORWARDING: Final = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


class Caller(msgspec.Struct, frozen=True):
    """`owner` is whose jobs these are; of None all are: there are no keys, or it is an admin's."""

    name: str = ""
    """The id of the key, for logs and limits; never the key."""
    owner: str | None = None
    scopes: frozenset[Scope] = frozenset(Scope)


ANYONE = Caller()
"""Where no keys are set, whoever reaches the service may do everything."""


class Gate:
    """Lets in who has a good key, and no more often than is allowed."""

    def __init__(self, keys: Keyring, clock: Clock, submissions_per_minute: int) -> None:
        self.keys = keys
        self._clock = clock
        self._per_minute = submissions_per_minute
        self._submissions = Rate(submissions_per_minute)
        self._wrong = Rate(WRONG_KEYS_PER_MINUTE)

    def admit(self, connection: HTTPConnection) -> Caller:
        """By the key that came with the request. Raises `Unauthorized` or `RateLimited`.

        A good key is let in whatever else came from its address: otherwise whoever shares an
        address with others could lock them out.
        """
        if self.keys.open:
            return ANYONE
        text = presented(connection.headers)
        if not text:
            raise Unauthorized("a key is needed: send it as `Authorization: Bearer …`")
        key = self.keys.find(text)
        if key is not None:
            return Caller(key.id, None if key.admin else key.owner, key.grants)
        wait = self._wrong.wait(neighbourhood(address(connection)), self._clock.monotonic())
        if wait:
            raise RateLimited("too many wrong keys came from your address", retry_after=wait)
        raise Unauthorized("this key is not known, or is good no more")

    def count_submission(self, connection: HTTPConnection, who: Caller) -> None:
        """Against the key, or the address where there is none. Raises `RateLimited`."""
        whose = who.name or neighbourhood(address(connection))
        wait = self._submissions.wait(whose, self._clock.monotonic())
        if wait:
            raise RateLimited(
                f"more than {self._per_minute} submissions a minute are not taken from one caller",
                limit=self._per_minute,
                retry_after=wait,
            )


def presented(headers: Mapping[str, str]) -> str:
    """The key that a request carries; empty where there is none."""
    kind, _, value = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and value.strip():
        return value.strip()
    return headers.get("x-api-key", "").strip()


def address(connection: HTTPConnection) -> str:
    """Of whoever asks: as a trusted proxy tells it, or as it is."""
    return connection.client.host if connection.client is not None else ""


def from_this_machine(connection: HTTPConnection) -> bool:
    """Not through a proxy, which may stand here for anyone."""
    if any(name in connection.headers for name in _FORWARDING):
        return False
    try:
        return ipaddress.ip_address(address(connection)).is_loopback
    except ValueError:
        return False


def caller(connection: HTTPConnection) -> Caller:
    """Whoever has been let in already (by a ticket, say), or is let in now."""
    state = connection.state
    found: Caller | None = getattr(state, "caller", None)
    if found is None:
        found = state.caller = _gate(connection).admit(connection)
    return found


def known(connection: HTTPConnection) -> Caller | None:
    """For what is open to all and tells more to some."""
    try:
        return caller(connection)
    except (Unauthorized, RateLimited):
        return None


class _With(SecurityBase):
    """A dependency that the service's description of itself shows as well."""

    scheme_name = "key"
    model = HTTPBearer(
        description="A key made by `retender keys create`, where the service asks for one. "
        "`X-API-Key: …` does as well."
    )

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def __call__(self, connection: HTTPConnection) -> Caller:
        who = caller(connection)
        if self._scope not in who.scopes:
            raise Forbidden(
                f"this key may not do that: it lacks the scope {self._scope}", scope=self._scope
            )
        return who


Submitter = Annotated[Caller, Depends(_With(Scope.SUBMIT))]
Reader = Annotated[Caller, Depends(_With(Scope.READ))]
Admin = Annotated[Caller, Depends(_With(Scope.ADMIN))]


class _Overseeing(_With):
    def __init__(self) -> None:
        super().__init__(Scope.ADMIN)

    def __call__(self, connection: HTTPConnection) -> Caller:
        return ANYONE if from_this_machine(connection) else super().__call__(connection)


Overseer = Annotated[Caller, Depends(_Overseeing())]
"""Who watches over the service: an admin, or a program beside it."""


def _uploading(connection: HTTPConnection, who: Submitter) -> Caller:
    _gate(connection).count_submission(connection, who)
    return who


Uploader = Annotated[Caller, Depends(_uploading)]
"""A `Submitter` who makes a job with this request: of these only so many come in a minute."""


def _gate(connection: HTTPConnection) -> Gate:
    gate: Gate = connection.app.state.services.gate
    return gate
