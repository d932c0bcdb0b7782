"""Bodies that stall, crawl, lie about their length, break off, or never end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest
from loguru import logger

from serve_app.settings import BodyTimeouts, HttpSettings
from tests.support.http.http_service import PLAIN, Site, says, site
from tests.support.http.raw_client import FORM, Line, form, line, part

PIECES, PAUSE = 10, 0.25
BODY = form(part("file", b"sound" * 1000, filename="a.wav"))


def waiting(poll_seconds: BodyTimeouts) -> HttpSettings:
    return msgspec.structs.replace(PLAIN, body_timeouts=poll_seconds)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path, workers=False) as opened:
        yield opened


@pytest.fixture
async def impatient(tmp_path: Path) -> AsyncIterator[Site]:
    """With a client that is silent."""
    async with site(tmp_path, settings=waiting(BodyTimeouts(idle=0.2)), workers=False) as opened:
        yield opened


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What the service says in its log that it should not have to."""
    said: list[str] = []
    sink = logger.add(lambda message: said.append(message.record["message"]), level="ERROR")
    yield said
    logger.remove(sink)


async def nothing_is_left(here: Site, folder: Path) -> None:
    assert (await here.http.get("/jobs")).json()["jobs"] == []
    async with asyncio.timeout(60):
        while True:
            if not any((folder / "incoming").iterdir()):
                break
            await asyncio.sleep(0.01)
    assert not any((folder / "blobs").iterdir())


async def begin(wire: Line, length: int, method: str = "POST") -> None:
    await wire.head(method, "/transcribe-job", Content_Type=FORM, Content_Length=length)


async def test_an_upload_that_stalls_is_ended(impatient: Site, tmp_path: Path) -> None:
    async with line(impatient.url) as wire:
        await begin(wire, len(BODY))
        await wire.send(BODY[:100])
        answer = await wire.answer()
    assert (answer.status, answer.error) == (408, "upload_stalled")
    await nothing_is_left(impatient, tmp_path)


async def test_an_upload_that_crawls_is_ended(tmp_path: Path) -> None:
    async def crawl(wire: Line) -> None:
        for at in range(len(BODY)):
            await wire.send(BODY[at : at + 1])
            await asyncio.sleep(0.02)

    settings = waiting(BodyTimeouts(least_rate=1000, window=0.3))
    async with site(tmp_path, settings=settings, workers=False) as here:
        async with line(here.url) as wire:
            await begin(wire, 10_000_000)
            crawling = asyncio.create_task(crawl(wire))
            answer = await wire.answer()
            crawling.cancel()
        assert (answer.status, answer.error) == (408, "upload_stalled")
        assert "bytes a second" in answer.body.decode()
        await nothing_is_left(here, tmp_path)


async def test_a_slow_upload_that_keeps_coming_is_taken(tmp_path: Path) -> None:
    """It takes longer than a silence may, and longer than its pace is watched at a time."""
    poll_seconds = BodyTimeouts(idle=0.8 * PIECES * PAUSE, least_rate=100, window=2 * PAUSE)
    async with (
        site(tmp_path, settings=waiting(poll_seconds), workers=False) as here,
        line(here.url) as wire,
    ):
        await begin(wire, len(BODY))
        for piece in batched(BODY, PIECES):
            await wire.send(piece)
            await asyncio.sleep(PAUSE)
        assert (await wire.answer()).status == 202


def batched(body: bytes, pieces: int) -> list[bytes]:
    size = -(-len(body) // pieces)
    return [body[at : at + size] for at in range(0, len(body), size)]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
async def test_a_client_that_leaves_in_the_middle_leaves_no_job_and_no_file(
    here: Site, tmp_path: Path, complaints: list[str], share: float
) -> None:
    body = form(part("file", b"sound" * 1_000_000, filename="a.wav"))
    async with line(here.url) as wire:
        await begin(wire, len(body))
        await wire.send(body[: int(share * len(body))])
        wire.leave()
    await nothing_is_left(here, tmp_path)
    assert "a bug in the service" not in complaints


async def test_a_form_without_its_end_is_incomplete(here: Site, tmp_path: Path) -> None:
    cut = BODY[: -len("--cut-here--\r\n")]
    answer = await here.http.post("/transcribe-job", content=cut, headers={"Content-Type": FORM})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "incomplete_upload"
    await nothing_is_left(here, tmp_path)


async def test_a_length_that_promises_more_than_comes_is_waited_for_no_longer_than_for_any_stall(
    impatient: Site, tmp_path: Path
) -> None:
    async with line(impatient.url) as wire:
        await begin(wire, len(BODY) + 1)
        await wire.send(BODY)
        answer = await wire.answer()
    assert (answer.status, answer.error) == (408, "upload_stalled")
    await nothing_is_left(impatient, tmp_path)


async def test_a_length_that_hides_some_of_what_comes_is_no_job(here: Site, tmp_path: Path) -> None:
    async with line(here.url) as wire:
        await begin(wire, len(BODY) - 50)
        await wire.send(BODY)
        # What follows the body is no request: the server may say so before the app says its own.
        assert (await wire.answer()).status == 400
    await nothing_is_left(here, tmp_path)


@pytest.mark.parametrize("length", ["-1", "many", "1, 2"])
async def test_a_length_that_is_no_number_is_refused(here: Site, length: str) -> None:
    async with line(here.url) as wire:
        await wire.head("POST", "/transcribe-job", Content_Type=FORM, Content_Length=length)
        answer = await wire.answer()
    assert answer.status == 400


async def test_who_waits_to_be_told_to_go_on_is_told(here: Site) -> None:
    async with line(here.url) as wire:
        await wire.head(
            "POST",
            "/transcribe-job",
            Content_Type=FORM,
            Content_Length=len(BODY),
            Expect="100-continue",
        )
        assert (await wire.answer()).status == 100
        await wire.send(BODY)
        assert (await wire.answer()).status == 202


async def test_who_waits_to_be_told_to_go_on_is_told_not_to_where_it_is_too_much(
    here: Site,
) -> None:
    async with line(here.url) as wire:
        await wire.head(
            "POST",
            "/transcribe-job",
            Content_Type=FORM,
            Content_Length=10**12,
            Expect="100-continue",
        )
        assert (await wire.answer()).status == 413


async def test_who_is_refused_in_the_middle_of_sending_still_reads_why(here: Site) -> None:
    async with line(here.url) as wire:
        size = here.services.settings.most_bytes + 10_000_000
        await begin(wire, size, "PUT")
        # Sent to the last byte before the answer is read, as simple clients do.
        for _ in range(size // 100_000):
            await wire.send(b"x" * 100_000)
        answer = await wire.answer()
    assert (answer.status, answer.error) == (413, "too_large")


async def test_a_body_where_none_belongs_is_bounded_too(here: Site) -> None:
    async with line(here.url) as wire:
        await wire.head("DELETE", "/job/x", Content_Length=100_000)
        answer = await wire.answer()
    assert (answer.status, answer.error) == (413, "too_large")


async def test_a_form_sent_chunk_by_chunk_is_whole(here: Site) -> None:
    async with line(here.url) as wire:
        await wire.head("POST", "/transcribe-job", Content_Type=FORM, Transfer_Encoding="chunked")
        for at in range(0, len(BODY), 7):
            await wire.chunk(BODY[at : at + 7])
        await wire.chunk(b"")
        assert (await wire.answer()).status == 202


async def test_stalled_uploads_keep_nobody_else_waiting(tmp_path: Path) -> None:
    async with site(tmp_path, workers=False) as here:
        stalled = [line(here.url) for _ in range(50)]
        wires = [await each.__aenter__() for each in stalled]
        for wire in wires:
            await begin(wire, len(BODY))
            await wire.send(BODY[:200])
        answer = await here.http.put("/transcribe-job", content=says("quick").recorded())
        assert answer.status_code == 202
        for each in stalled:
            await each.__aexit__(None, None, None)


async def test_a_full_disk_is_said_and_leaves_nothing(
    here: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("retender.storage.spool.os.write", full)
        answer = await here.http.put("/transcribe-job", content=b"x" * 3_000_000)
    assert answer.status_code == 507
    assert answer.json()["error"]["code"] == "storage_full"
    await nothing_is_left(here, tmp_path)
