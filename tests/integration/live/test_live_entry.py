"""Who may follow a job where keys are needed: by key, by ticket, and from which pages."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from serve_app.access.api_keys import Scope, make
from serve_app.access.key_file import Keyring
from tests.support.http.http_service import PLAIN, Site, says, site
from tests.support.http.live_client import viewing

ANA, ANAS = make(secrets.token_hex, at=1.0, scopes=(Scope.SUBMIT, Scope.READ), owner="ana")
BEN, BENS = make(secrets.token_hex, at=1.0, scopes=(Scope.SUBMIT, Scope.READ), owner="ben")
READER, READERS = make(secrets.token_hex, at=1.0, scopes=(Scope.READ,), owner="ana")
SENDER, SENDERS = make(secrets.token_hex, at=1.0, scopes=(Scope.SUBMIT,), owner="ana")

FROM_A_PAGE = msgspec.structs.replace(PLAIN, cors_origins=("https://app.example",))


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    """With a job of Ana's that nobody works on."""
    keys = Keyring([ANAS, BENS, READERS, SENDERS])
    async with site(tmp_path, settings=FROM_A_PAGE, keys=keys, workers=False) as opened:
        await opened.submit(says("hello"), owner="ana")
        yield opened


def bearing(key: str, **more: str) -> dict[str, Any]:
    return {"additional_headers": {"Authorization": f"Bearer {key}", **more}}


async def ticket(here: Site, key: str = ANA) -> str:
    answer = await here.http.post("/ws-ticket", headers={"Authorization": f"Bearer {key}"})
    assert answer.json()["expires_in"] == 60.0
    return str(answer.json()["ticket"])


async def test_a_key_in_a_header_lets_its_owner_follow(here: Site) -> None:
    async with viewing(here, **bearing(ANA)) as viewer:
        assert (await viewer.next())["type"] == "connected"


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("", id="none"),
        pytest.param("rt_0123456789ab_" + "0" * 64, id="unknown"),
        pytest.param(SENDER, id="may only submit"),
    ],
)
async def test_who_may_not_read_is_not_let_in(here: Site, key: str) -> None:
    async with viewing(here, **bearing(key)) as viewer:
        assert await viewer.closed() == 4401
        assert not viewer.heard


async def test_the_jobs_of_others_are_not_there(here: Site) -> None:
    async with viewing(here, **bearing(BEN)) as viewer:
        assert await viewer.closed() == 4404


async def test_a_ticket_is_good_once(here: Site) -> None:
    query = f"?ticket={await ticket(here)}"
    async with viewing(here, query=query) as viewer:
        assert (await viewer.next())["type"] == "connected"
    async with viewing(here, query=query) as again:
        assert await again.closed() == 4401
    assert (await here.http.get(f"/job/a/events{query}")).status_code == 401


async def test_a_ticket_opens_a_stream_of_its_holders_jobs_only(here: Site) -> None:
    async with here.http.stream("GET", f"/job/a/events?ticket={await ticket(here)}") as answer:
        assert answer.status_code == 200
    bens = await here.http.get(f"/job/a/events?ticket={await ticket(here, BEN)}")
    assert bens.status_code == 404


@pytest.mark.parametrize("text", ["x", "AAAA", "%00", "A" * 5000])
async def test_what_is_no_ticket_lets_nobody_in(here: Site, text: str) -> None:
    async with viewing(here, query=f"?ticket={text}") as viewer:
        assert await viewer.closed() == 4401


async def test_a_ticket_is_for_those_who_have_a_key(here: Site) -> None:
    assert (await here.http.post("/ws-ticket")).status_code == 401


async def test_who_may_only_read_cannot_cancel(here: Site) -> None:
    for options in (bearing(READER), {"query": f"?ticket={await ticket(here, READER)}"}):
        async with viewing(here, **options) as viewer:
            await viewer.until("status")
            await viewer.say("cancel")
            assert (await viewer.until("error"))["data"]["code"] == "forbidden"
            await viewer.say("ping")
            await viewer.until("pong")


async def test_only_pages_that_were_named_and_our_own_may_follow(here: Site) -> None:
    own = here.url
    for origin, code in (
        (own, None),
        ("https://app.example", None),
        ("https://evil.example", 4401),
    ):
        async with viewing(here, **bearing(ANA, Origin=origin)) as viewer:
            if code is None:
                assert (await viewer.next())["type"] == "connected"
            else:
                assert await viewer.closed() == code


async def test_where_no_keys_are_needed_a_ticket_can_be_had_and_does_no_harm(
    tmp_path: Path,
) -> None:
    async with site(tmp_path, workers=False) as open_site:
        await open_site.submit(says("hello"))
        answer = await open_site.http.post("/ws-ticket")
        async with viewing(open_site, query=f"?ticket={answer.json()['ticket']}") as viewer:
            assert (await viewer.next())["type"] == "connected"
