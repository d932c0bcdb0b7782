"""Playing a recording where keys are on, in a player that sends no header."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from serve_app.access.api_keys import Key, make
from serve_app.access.key_file import KeyFile, Keyring
from tests.support.http.http_service import Site, says, site

RECORDING = says("good", "morning")


@pytest.fixture
def file(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys" / "keys.json")


@pytest.fixture
def mine(file: KeyFile) -> tuple[str, Key]:
    text, key = make(lambda count: "ab" * count, at=1.0)
    file.add(key)
    return text, key


@pytest.fixture
async def here(tmp_path: Path, file: KeyFile, mine: tuple[str, Key]) -> AsyncIterator[Site]:
    async with site(tmp_path, keys=Keyring(file=file, closed=True)) as opened:
        for job_id in ("a", "b"):
            await opened.ended(await opened.submit(RECORDING, job_id, owner=mine[1].owner))
        yield opened


async def issued(here: Site, text: str, job_id: str = "a") -> httpx.Response:
    headers = {"Authorization": f"Bearer {text}"}
    return await here.http.post(f"/job/{job_id}/audio-ticket", headers=headers)


async def test_a_player_gets_range_after_range_with_one_ticket(
    here: Site, mine: tuple[str, Key]
) -> None:
    url = (await issued(here, mine[0])).json()["url"]
    for start in (0, 5):
        answer = await here.http.get(url, headers={"Range": f"bytes={start}-{start + 4}"})
        assert (answer.status_code, answer.content) == (
            206,
            RECORDING.recorded()[start : start + 5],
        )
    assert (await here.http.get("/job/a/audio")).status_code == 401


async def test_a_ticket_opens_nothing_but_its_recording(here: Site, mine: tuple[str, Key]) -> None:
    ticket = (await issued(here, mine[0])).json()["ticket"]
    for path in ("/job/b/audio", "/job/a", "/job/a/result", "/job/a/events", "/jobs"):
        answer = await here.http.get(path, params={"ticket": ticket})
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized"), path
    headers = {"Authorization": f"Bearer {mine[0]}"}
    for_socket = (await here.http.post("/ws-ticket", headers=headers)).json()["ticket"]
    answer = await here.http.get("/job/a/audio", params={"ticket": for_socket})
    assert answer.status_code == 401


async def test_a_ticket_ends_with_its_key(here: Site, file: KeyFile, mine: tuple[str, Key]) -> None:
    text, key = mine
    url = (await issued(here, text)).json()["url"]
    file.revoke(key.id, 2.0)
    await here.services.keys._refresh(file)
    assert (await here.http.get(url)).status_code == 401


async def test_nobody_gets_a_ticket_for_a_job_of_others(here: Site, file: KeyFile) -> None:
    text, key = make(lambda count: "cd" * count, at=1.0)
    file.add(key)
    await here.services.keys._refresh(file)
    answer = await issued(here, text)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "job_not_found")


async def test_without_keys_a_ticket_does_no_harm(tmp_path: Path) -> None:
    async with site(tmp_path) as open_to_all:
        await open_to_all.ended(await open_to_all.submit(RECORDING))
        url = (await open_to_all.http.post("/job/a/audio-ticket")).json()["url"]
        assert (await open_to_all.http.get(url)).content == RECORDING.recorded()
