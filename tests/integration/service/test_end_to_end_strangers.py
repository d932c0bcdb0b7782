"""A service that other machines can reach: what they find open, and what they may say of
themselves.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from serve_app.access.peer import HEADER
from tests.support.engines.recognition_service import linux_only
from tests.support.http.deployed_service import Served, asking, served
from tests.support.http.open_ports import open_to_others, outward
from tests.support.sound.speech import needs_speech

pytestmark = [needs_speech, linux_only]

KEY = "a-secret-of-ones-own-1234"
HERE = "127.0.0.1"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, profile: str) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("data")
    settings = {"RETENDER_PROFILE": profile, "RETENDER_API_KEYS": KEY}
    with served(folder, HOST="0.0.0.0", **settings) as service:
        yield service


@pytest.fixture
async def inside(service: Served) -> AsyncIterator[httpx.AsyncClient]:
    """On this machine."""
    async with calling(HERE, service) as http:
        yield http


@pytest.fixture
async def outside(service: Served) -> AsyncIterator[httpx.AsyncClient]:
    """Taken for another machine, for it comes from another address."""
    host = outward()
    if host is None:
        pytest.skip("this machine has no address but the loopback one")
    async with calling(host, service) as http:
        yield http


def calling(host: str, service: Served) -> httpx.AsyncClient:
    return asking(f"http://{host}:{service.port}")


def test_nothing_but_the_service_itself_is_open_to_other_machines(service: Served) -> None:
    assert open_to_others(service.processes) == {int(service.port)}


async def test_it_answers_where_it_was_told_to_listen(
    inside: httpx.AsyncClient, outside: httpx.AsyncClient
) -> None:
    for http in (inside, outside):
        assert (await http.get("/health")).status_code == 200
        assert (await http.get("/jobs")).status_code == 401
        kept = await http.get("/jobs", headers={"Authorization": f"Bearer {KEY}"})
        assert kept.status_code == 200


async def test_a_program_on_this_machine_reads_the_figures_without_a_key_and_no_other_does(
    inside: httpx.AsyncClient, outside: httpx.AsyncClient
) -> None:
    assert (await inside.get("/metrics")).status_code == 200
    assert (await outside.get("/metrics")).status_code == 401


@pytest.mark.parametrize("header", ["X-Forwarded-For", HEADER])
async def test_nobody_becomes_one_of_this_machine_by_saying_so(
    header: str, outside: httpx.AsyncClient
) -> None:
    assert (await outside.get("/metrics", headers={header: HERE})).status_code == 401


async def test_who_speaks_for_another_is_not_taken_for_one_of_this_machine(
    inside: httpx.AsyncClient,
) -> None:
    through = {"X-Forwarded-For": "203.0.113.9"}
    assert (await inside.get("/metrics", headers=through)).status_code == 401


async def test_only_a_proxy_that_is_trusted_says_how_the_service_was_called(
    inside: httpx.AsyncClient, outside: httpx.AsyncClient
) -> None:
    """One on this machine is, unless the settings say otherwise."""
    for http, believed in ((inside, True), (outside, False)):
        answer = await http.get("/health", headers={"X-Forwarded-Proto": "https"})
        assert ("Strict-Transport-Security" in answer.headers) == believed
