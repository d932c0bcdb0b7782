"""Who asks, and what they may do."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Annotated

import msgspec
from fastapi import Depends
from starlette.requests import HTTPConnection

from retender.errors import Forbidden


class Scope(enum.StrEnum):
    SUBMIT = "submit"
    READ = "read"
    ADMIN = "admin"


class Caller(msgspec.Struct, frozen=True):
    """`owner` is whose jobs these are; of None all are: there are no keys, or it is an admin's."""

    name: str = ""
    owner: str | None = None
    scopes: frozenset[Scope] = frozenset(Scope)


ANYONE = Caller()
"""Where no keys are set, whoever reaches the service may do everything."""


def caller(connection: HTTPConnection) -> Caller:
    found: Caller = getattr(connection.state, "caller", ANYONE)
    return found


def _with(scope: Scope) -> Callable[[HTTPConnection], Caller]:
    def check(connection: HTTPConnection) -> Caller:
        who = caller(connection)
        if scope not in who.scopes:
            raise Forbidden(f"this key may not do that: it lacks the scope {scope}", scope=scope)
        return who

    return check


Submitter = Annotated[Caller, Depends(_with(Scope.SUBMIT))]
Reader = Annotated[Caller, Depends(_with(Scope.READ))]
Admin = Annotated[Caller, Depends(_with(Scope.ADMIN))]
