"""Finds out who the caller is, and what it may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

import msgspec
from fastapi import Depends
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from starlette.requests import HTTPConnection

from retender.errors import Forbidden, RateLimited, Unauthorized
from retender.rates import Counted
from serve_app.access.api_keys import Key, Scope
from serve_app.access.key_file import Keyring
from serve_app.access.networks import address_in, network_of
from serve_app.access.rate_limits import RateLimits
from serve_app.limits import HIGHEST_PRIORITY, USUAL_PRIORITY_MAX

_FORWARDING: Final = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


class Caller(msgspec.Struct, frozen=True):
    """`owner`: whose jobs the caller sees. None: all jobs, since there are no keys, or it is an
    admin."""

    name: str = ""
    """The id of the key, for logs and limits; never the key itself."""
    owner: str | None = None
    scopes: frozenset[Scope] = frozenset(Scope)
    hotwords: str = ""
    """The caller's own vocabulary, for each of its jobs."""
    priority_max: int = USUAL_PRIORITY_MAX
    """The highest priority that it may give its jobs."""

    def need(self, scope: Scope) -> None:
        """Raises `Forbidden` if the caller lacks the scope."""
        if scope not in self.scopes:
            raise Forbidden(f"this key may not do that: it lacks the scope {scope}", scope=scope)


ANYONE = Caller(priority_max=HIGHEST_PRIORITY)
"""The caller of a service without keys: it may do everything."""


class Gate:
    """Admits callers with a valid key, and limits the rate of submissions and of wrong keys."""

    def __init__(
        self, keys: Keyring, limits: RateLimits, per_minute: int, priority_max: int | None = None
    ) -> None:
        """`per_minute`: submissions, as the error tells it. `priority_max`: of callers whose key
        names none; None: see `HttpSettings`."""
        self.keys = keys
        self._limits = limits
        self._per_minute = per_minute
        self._priority_max = priority_max

    async def admit(self, connection: HTTPConnection) -> Caller:
        """By the key in the request. Raises `Unauthorized` or `RateLimited`.

        A valid key is admitted however many wrong ones came from its address: else one caller
        could lock out all others with the same address.
        """
        if self.keys.open:
            return Caller(priority_max=self._highest(None))
        text = presented(connection.headers)
        if not text:
            raise Unauthorized("a key is needed: send it as `Authorization: Bearer …`")
        key = self.keys.find(text)
        if key is not None:
            owner = None if key.admin else key.owner
            return Caller(key.id, owner, key.grants, key.hotwords, self._highest(key))
        wait = await self._limits.wait(Counted.WRONG_KEY, network_of(address(connection)))
        if wait:
            raise RateLimited("too many wrong keys came from your address", retry_after=wait)
        raise Unauthorized("this key is not known, or is good no more")

    async def count_submission(self, connection: HTTPConnection, caller: Caller) -> None:
        """By the key, or by the address if there is no key. Raises `RateLimited`."""
        name = caller.name or network_of(address(connection))
        wait = await self._limits.wait(Counted.SUBMISSION, name)
        if wait:
            raise RateLimited(
                f"more than {self._per_minute} submissions a minute are not taken from one caller",
                limit=self._per_minute,
                retry_after=wait,
            )

    def _highest(self, key: Key | None) -> int:
        """The highest priority that the caller may give its jobs."""
        if key is not None and key.priority_max is not None:
            return key.priority_max
        if self._priority_max is not None:
            return self._priority_max
        return HIGHEST_PRIORITY if key is None or key.admin else USUAL_PRIORITY_MAX


def presented(headers: Mapping[str, str]) -> str:
    """The key in a request; empty if there is none."""
    kind, _, value = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and value.strip():
        return value.strip()
    return headers.get("x-api-key", "").strip()


def address(connection: HTTPConnection) -> str:
    """The address of the caller, as a trusted proxy has forwarded it, or of the connection."""
    return connection.client.host if connection.client is not None else ""


def from_this_machine(connection: HTTPConnection) -> bool:
    """Whether the caller runs on this machine. A proxy on this machine does not count: its clients
    may be anywhere."""
    if any(name in connection.headers for name in _FORWARDING):
        return False
    found = address_in(address(connection))
    return found is not None and found.is_loopback


async def caller(connection: HTTPConnection) -> Caller:
    """The caller that was admitted before, for example by a ticket; else it is admitted now."""
    state = connection.state
    found: Caller | None = getattr(state, "caller", None)
    if found is None:
        found = state.caller = await _gate(connection).admit(connection)
    return found


async def known(connection: HTTPConnection) -> Caller | None:
    """For routes that are open to all, and say more to callers with a key. None: no valid key."""
    try:
        return await caller(connection)
    except (Unauthorized, RateLimited):
        return None


class _NeedsScope(SecurityBase):
    """A dependency that the OpenAPI description shows as well."""

    scheme_name = "key"
    model = HTTPBearer(
        description="A key made by `retender keys create`, where the service asks for one. "
        "`X-API-Key: …` does as well."
    )

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def __call__(self, connection: HTTPConnection) -> Caller:
        found = await caller(connection)
        found.need(self._scope)
        return found


Submitter = Annotated[Caller, Depends(_NeedsScope(Scope.SUBMIT))]
Reader = Annotated[Caller, Depends(_NeedsScope(Scope.READ))]
Admin = Annotated[Caller, Depends(_NeedsScope(Scope.ADMIN))]


class _NeedsOverseer(_NeedsScope):
    def __init__(self) -> None:
        super().__init__(Scope.ADMIN)

    async def __call__(self, connection: HTTPConnection) -> Caller:
        return ANYONE if from_this_machine(connection) else await super().__call__(connection)


Overseer = Annotated[Caller, Depends(_NeedsOverseer())]
"""For monitoring: an admin, or a program on this machine."""


async def _counted(connection: HTTPConnection, found: Submitter) -> Caller:
    await _gate(connection).count_submission(connection, found)
    return found


Uploader = Annotated[Caller, Depends(_counted)]
"""A `Submitter` whose request makes a job: their rate is limited."""


def _gate(connection: HTTPConnection) -> Gate:
    gate: Gate = connection.app.state.services.gate
    return gate
