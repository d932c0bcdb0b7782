"""A Groq that hears two sentences, whatever it is sent, and an engine that asks it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from retender.engines.groq.engine import GroqEngine
from tests.support.groq.orders import Desk, listen
from tests.support.groq.rules import GroqService
from tests.support.groq.server import GroqServer


@pytest.fixture
async def server() -> AsyncIterator[GroqServer]:
    async with GroqServer(GroqService(listen)).running() as server:
        yield server


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, lambda: 1_700_000_000.0)


@pytest.fixture
async def engine(server: GroqServer, desk: Desk) -> AsyncIterator[GroqEngine]:
    engine = desk.engine(server.address)
    await engine.open()
    yield engine
    await engine.close()
