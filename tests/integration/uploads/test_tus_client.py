"""Resumable uploads by a client that was written for tus, not for this service."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tusclient.client import TusClient

from tests.support.http.http_service import Site, says, site

RECORDING = says(*("word",) * 20_000).recorded()
PART = 50_000


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as opened:
        yield opened


def uploader(here: Site, **options: Any) -> Any:
    client = TusClient(f"{here.url}/uploads")
    return client.uploader(
        file_stream=io.BytesIO(RECORDING),
        chunk_size=PART,
        metadata={"filename": "a.wav", "language": "en"},
        **options,
    )


async def text_of(here: Site, url: str) -> str:
    job_id = url.rpartition("/")[2]
    await here.ended(job_id)
    body: Any = await here.job(job_id)
    text: str = body["result"]["text"]
    return text


@pytest.mark.parametrize("checked", [False, True])
async def test_it_uploads_part_by_part(here: Site, *, checked: bool) -> None:
    upload = await asyncio.to_thread(uploader, here, upload_checksum=checked)
    await asyncio.to_thread(upload.upload)
    assert await text_of(here, upload.url) == " ".join(("word",) * 20_000)


async def test_another_life_of_it_goes_on_where_the_first_was(here: Site) -> None:
    first = await asyncio.to_thread(uploader, here)
    await asyncio.to_thread(first.upload_chunk)
    second = await asyncio.to_thread(uploader, here, url=first.url)
    assert second.offset == PART
    await asyncio.to_thread(second.upload)
    assert await text_of(here, first.url) == " ".join(("word",) * 20_000)
