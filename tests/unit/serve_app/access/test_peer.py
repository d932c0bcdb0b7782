"""Who comes through a door of our own, and what a stranger may say of himself."""

from __future__ import annotations

from typing import Any

import pytest
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from serve_app.access.peer import HEADER, Peer

STRANGER = "203.0.113.9"
OTHER = "198.51.100.1"
PROXY = "10.0.0.7"

TRUSTED = [PROXY]


async def seen(*headers: tuple[str, str], told: bool, kind: str = "http") -> dict[str, Any]:
    """The scope that the application gets, of a request that has come from HAProxy beside it and
    that Serve has looked at already."""
    scopes: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)

    behind: Any = ProxyHeadersMiddleware(app, TRUSTED)
    door = Peer(behind, added=told)
    scope = {
        "type": kind,
        "scheme": "https",
        "client": ("127.0.0.1", 4711),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
    }
    await door(scope, None, None)  # type: ignore[arg-type]  # nobody speaks
    return scopes[0]


def host(scope: dict[str, Any]) -> str | None:
    client: tuple[str, int] | None = scope["client"]
    return client and client[0]


async def test_the_door_says_who_comes() -> None:
    scope = await seen((HEADER, STRANGER), told=True)
    assert (host(scope), scope["scheme"], scope["headers"]) == (STRANGER, "http", [])


@pytest.mark.parametrize("told", [True, False])
async def test_where_nobody_says_it_nobody_is_taken_for_one_of_this_machine(told: bool) -> None:
    assert host(await seen(told=told)) is None


async def test_a_stranger_cannot_say_it_where_the_door_does_not() -> None:
    scope = await seen((HEADER, "127.0.0.1"), told=False)
    assert (host(scope), scope["headers"]) == (None, [])


async def test_only_a_proxy_that_is_trusted_speaks_for_others() -> None:
    claims = (("X-Forwarded-For", OTHER), ("X-Forwarded-Proto", "https"))
    through = await seen((HEADER, PROXY), *claims, told=True)
    assert (host(through), through["scheme"]) == (OTHER, "https")
    alone = await seen((HEADER, STRANGER), *claims, told=True)
    assert (host(alone), alone["scheme"]) == (STRANGER, "http")


async def test_a_socket_is_one_still() -> None:
    assert (await seen((HEADER, STRANGER), told=True, kind="websocket"))["scheme"] == "ws"
