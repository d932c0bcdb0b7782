"""Bugs beside the requests, which nobody who asks is to notice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from loguru import logger

from actors.broadcasting.hub import Hub
from actors.broadcasting.subscriptions import EventBatch
from tests.support.http.http_service import DEADLINE, says, site


@pytest.fixture
def errors() -> Iterator[list[str]]:
    """What the log tells of them."""
    told: list[str] = []
    sink = logger.add(lambda message: told.append(message.record["message"]), level="ERROR")
    yield told
    logger.remove(sink)


async def test_who_follows_a_job_misses_nothing_through_a_bug_in_reading_the_news(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, errors: list[str]
) -> None:
    sound = Hub._take_batch

    def broken_once(hub: Hub, batch: EventBatch) -> None:
        if any(event.last for event in batch.events):
            # The batch counts as read, and nothing comes after it by which one could tell.
            hub._received = batch.number
            monkeypatch.setattr(Hub, "_take_batch", sound)
            raise ZeroDivisionError("a bug")
        sound(hub, batch)

    monkeypatch.setattr(Hub, "_take_batch", broken_once)
    async with site(tmp_path) as here:
        await here.submit(says("one", "two"))
        async with asyncio.timeout(DEADLINE):
            await here.ended("a")
        assert (await here.job("a"))["status"] == "completed"
    assert errors == ["a bug in reading the news; it is begun anew"]
