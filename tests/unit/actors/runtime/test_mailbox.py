"""An error that nobody receives is not lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from loguru import logger

from actors.runtime.api import Later
from actors.runtime.mailbox import Call, Mailbox
from retender.errors import Busy


class Sore:
    async def refuse(self) -> None:
        raise Busy("not now")

    async def refuse_later(self) -> Later[None]:
        future = asyncio.get_running_loop().create_future()
        future.set_exception(Busy("not then"))
        return Later(future)

    async def rest(self) -> None:
        await asyncio.sleep(0)

    async def crash(self) -> None:
        raise LookupError("no such thing")


@pytest.fixture
def warnings() -> Iterator[list[str]]:
    lines: list[str] = []
    sink = logger.add(lines.append, level="WARNING", format="{level} {message} {exception}")
    yield lines
    logger.remove(sink)


async def lived(*methods: str) -> None:
    mailbox = Mailbox("sore", Sore(), 10)
    for method in methods:
        mailbox.put(Call(method, (), {}), None)
    mailbox.put(Call("crash", (), {}), None)
    await mailbox.run(lambda: None, None)


@pytest.mark.parametrize(("method", "text"), [("refuse", "not now"), ("refuse_later", "not then")])
async def test_an_error_that_nobody_waits_for_is_logged_with_the_actor_and_the_message(
    warnings: list[str], method: str, text: str
) -> None:
    await lived(method, "rest")
    (line, *_) = [line for line in warnings if line.startswith("WARNING")]
    assert f"sore.{method}" in line
    assert text in line


async def test_the_same_error_again_and_again_is_one_warning(warnings: list[str]) -> None:
    await lived("refuse", "refuse", "refuse")
    assert sum(line.startswith("WARNING") for line in warnings) == 1


async def test_the_error_that_ends_an_actor_is_logged_with_its_traceback(
    warnings: list[str],
) -> None:
    await lived()
    (line,) = [line for line in warnings if line.startswith("ERROR")]
    assert "sore" in line
    assert "LookupError: no such thing" in line
    assert "in crash" in line
