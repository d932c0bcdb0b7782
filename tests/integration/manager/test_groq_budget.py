"""The free tier's limits at work: days of them, in virtual time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from retender.engines.api import Progress
from retender.engines.groq.engine import REFUSALS, GroqEngine
from retender.engines.groq.rate_limiter import GroqRateLimiter, UsageLedgerFile
from retender.engines.usage_ledger import HOUR, MINUTE, UsageLedger
from retender.transcript.chunks import Chunk
from retender.workers.orders import Order
from retender.workers.usage import UsageLimits
from tests.support.actors.virtual_time import VirtualClock
from tests.support.groq.orders import Desk, broke, done, mp3, news, spoken_seconds, transcribed
from tests.support.groq.rules import Asked, GroqService, GroqTransport, Hang, Heard, refusal

TURBO = "whisper-large-v3-turbo"
TAKES = 2.0


async def listen(asked: Asked) -> Heard:
    await asyncio.sleep(TAKES)
    seconds = spoken_seconds(asked.audio)
    return Heard(seconds, ((0.0, seconds, " Hola."),))


@pytest.fixture
def desk(tmp_path: Path, virtual_clock: VirtualClock) -> Desk:
    return Desk(tmp_path, virtual_clock.now)


@pytest.fixture
def service(virtual_clock: VirtualClock) -> GroqService:
    return GroqService(listen, limits=UsageLimits(), now=virtual_clock.now)


@asynccontextmanager
async def opened(desk: Desk, service: GroqService, **settings: Any) -> AsyncIterator[GroqEngine]:
    engine = desk.engine(transport=GroqTransport(service), **settings)
    await engine.open()
    yield engine
    await engine.close()


@pytest.fixture
async def engine(desk: Desk, service: GroqService) -> AsyncIterator[GroqEngine]:
    async with opened(desk, service) as engine:
        yield engine


async def one(desk: Desk, engine: GroqEngine, seconds: float, name: str = "") -> Order:
    (order,) = await desk.prepared(engine, mp3(seconds, name))
    return order


async def work_off(engine: GroqEngine, orders: list[Order]) -> None:
    """As a worker does: each lane takes the next when it is done with one."""
    waiting = iter(orders)

    async def lane() -> None:
        for order in waiting:
            await transcribed(engine, order)

    await asyncio.gather(*(lane() for _ in range(engine.lanes)))


async def test_fifty_short_recordings_are_never_refused(
    desk: Desk, service: GroqService, engine: GroqEngine, virtual_clock: VirtualClock
) -> None:
    orders = [await one(desk, engine, 5, str(number)) for number in range(50)]
    begun = virtual_clock.monotonic()
    await work_off(engine, orders)
    assert service.refused_for_limits == 0
    assert len(service.asked) == 50
    assert 2 * MINUTE <= virtual_clock.monotonic() - begun < 3 * MINUTE


async def test_a_day_of_long_recordings_is_never_refused_and_all_of_them_are_done(
    desk: Desk, service: GroqService, engine: GroqEngine, virtual_clock: VirtualClock
) -> None:
    orders = [await one(desk, engine, 2400, str(number)) for number in range(16)]
    begun = virtual_clock.monotonic()
    await work_off(engine, orders)
    assert service.refused_for_limits == 0
    # Twelve of forty minutes are a day's allowance.
    assert 24 * HOUR <= virtual_clock.monotonic() - begun < 27 * HOUR


async def test_whoever_waits_for_room_gives_signs_of_life(
    desk: Desk, service: GroqService, virtual_clock: VirtualClock
) -> None:
    async with opened(desk, service, heartbeat=5.0) as engine:
        await transcribed(engine, await one(desk, engine, 7000))
        order = await one(desk, engine, 300)
        heard = [virtual_clock.monotonic()]
        async with aclosing(engine.work((order,))) as items:
            async for item in items:
                heard.append(virtual_clock.monotonic())
                last = item
        assert not isinstance(last, Progress)
        assert heard[-1] - heard[0] > HOUR - MINUTE
        assert max(later - sooner for sooner, later in pairwise(heard)) <= 5.1


async def test_a_short_recording_does_not_wait_for_the_hour_of_a_long_one(
    desk: Desk, engine: GroqEngine, virtual_clock: VirtualClock
) -> None:
    await transcribed(engine, await one(desk, engine, 1000))
    long, short = await one(desk, engine, 7000), await one(desk, engine, 60)
    waiting = asyncio.create_task(transcribed(engine, long))
    await asyncio.sleep(1)
    begun = virtual_clock.monotonic()
    await transcribed(engine, short)
    assert virtual_clock.monotonic() - begun < MINUTE
    assert not waiting.done()
    await waiting
    assert virtual_clock.monotonic() - begun < HOUR + MINUTE


async def test_a_restart_forgets_nothing_that_was_sent(
    desk: Desk, service: GroqService, virtual_clock: VirtualClock
) -> None:
    async with opened(desk, service) as before:
        await transcribed(before, await one(desk, before, 7000))
    async with opened(desk, service) as after:
        used = (await after.usage())[TURBO]
        assert (used.requests_today, used.audio_this_hour) == (1, 7000)
        begun = virtual_clock.monotonic()
        await transcribed(after, await one(desk, after, 600))
    assert virtual_clock.monotonic() - begun > HOUR - MINUTE
    assert service.refused_for_limits == 0


async def test_two_workers_on_one_disk_share_one_budget(desk: Desk, service: GroqService) -> None:
    async with opened(desk, service) as one_worker, opened(desk, service) as another:
        orders = [await one(desk, one_worker, 5, str(number)) for number in range(50)]
        await asyncio.gather(work_off(one_worker, orders[:25]), work_off(another, orders[25:]))
    assert service.refused_for_limits == 0


async def test_each_model_has_a_budget_of_its_own(desk: Desk, engine: GroqEngine) -> None:
    (order,) = await desk.prepared(engine, mp3(90), model="large-v3")
    await transcribed(engine, order)
    used = await engine.usage()
    assert used[TURBO].requests_today == 0
    assert used["whisper-large-v3"].audio_today == 90


async def test_a_refusal_is_waited_out_and_is_no_failed_attempt(
    desk: Desk, service: GroqService, engine: GroqEngine, virtual_clock: VirtualClock
) -> None:
    order = await one(desk, engine, 30)
    service.out_of_order.append(refusal(429, "Rate limit reached", after=42))
    begun = virtual_clock.monotonic()
    await transcribed(engine, order)
    assert virtual_clock.monotonic() - begun == pytest.approx(42 + TAKES)
    assert len(service.asked) == 2


async def test_while_one_is_refused_no_other_is_sent(
    desk: Desk, service: GroqService, engine: GroqEngine, virtual_clock: VirtualClock
) -> None:
    refused, other = await one(desk, engine, 30, "a"), await one(desk, engine, 30, "b")
    service.out_of_order.append(refusal(429, "Rate limit reached", after=42))
    first = asyncio.create_task(transcribed(engine, refused))
    await service.arrived(1)
    await asyncio.sleep(1)
    begun = virtual_clock.monotonic()
    await transcribed(engine, other)
    assert virtual_clock.monotonic() - begun >= 41
    await first


async def test_an_order_refused_again_and_again_is_given_back_with_when_to_return(
    desk: Desk, service: GroqService, engine: GroqEngine
) -> None:
    order = await one(desk, engine, 30)
    service.out_of_order.extend([refusal(429, "Rate limit reached", after=90)] * REFUSALS)
    failure = (await broke(engine, order)).failure
    assert failure.code == "engine_unavailable"
    assert failure.retryable
    assert failure.retry_after == 90
    assert len(service.asked) == REFUSALS


@pytest.mark.parametrize("said", ["", "soon", "-3", "nan", "inf"])
async def test_a_refusal_that_names_no_time_is_waited_out_all_the_same(
    desk: Desk, service: GroqService, engine: GroqEngine, said: str
) -> None:
    order = await one(desk, engine, 30)
    vague = msgspec.structs.replace(refusal(429, "Rate limit"), headers={"retry-after": said})
    service.out_of_order.append(vague)
    await transcribed(engine, order)


async def test_audio_of_a_refused_request_counts_for_nothing(
    desk: Desk, service: GroqService, engine: GroqEngine
) -> None:
    order = await one(desk, engine, 7000)
    service.out_of_order.append(refusal(400, "no"))
    await broke(engine, order)
    used = (await engine.usage())[TURBO]
    assert (used.requests_today, used.audio_today) == (1, 0)


async def test_a_silent_groq_is_given_up_on_after_a_while(
    desk: Desk, service: GroqService, engine: GroqEngine, virtual_clock: VirtualClock
) -> None:
    order = await one(desk, engine, 30)
    service.out_of_order.append(Hang())
    begun = virtual_clock.monotonic()
    *signs, outcome = await news(engine, order)
    assert virtual_clock.monotonic() - begun <= UsageLimits().longest_request + 1
    assert len(signs) > 100
    assert "did not answer" in getattr(outcome, "failure").message  # noqa: B009 - any other news has none


async def test_whoever_is_called_off_while_waiting_leaves_the_line(
    desk: Desk, engine: GroqEngine, virtual_clock: VirtualClock
) -> None:
    await transcribed(engine, await one(desk, engine, 1000))
    long, other = await one(desk, engine, 7000), await one(desk, engine, 6000)
    waiting = asyncio.create_task(news(engine, long))
    await asyncio.sleep(1)
    begun = virtual_clock.monotonic()
    next_in_line = asyncio.create_task(transcribed(engine, other))
    await asyncio.sleep(1)
    waiting.cancel()
    await next_in_line
    assert virtual_clock.monotonic() - begun < MINUTE
    assert (await engine.usage())[TURBO].requests_today == 2


async def test_whoever_is_called_off_at_the_moment_of_being_let_go_has_spent_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget = GroqRateLimiter(
        UsageLedgerFile(tmp_path / "ledger.json"), UsageLimits(), lambda: 1_700_000_000.0
    )
    loop, write = asyncio.get_running_loop(), UsageLedgerFile._write
    writing, go_on = asyncio.Event(), threading.Event()

    def slow(file: UsageLedgerFile, ledger: UsageLedger) -> None:
        loop.call_soon_threadsafe(writing.set)
        go_on.wait(30)
        write(file, ledger)

    async def spend() -> None:
        async with budget.reserve(600):
            raise AssertionError("it was called off")

    monkeypatch.setattr(UsageLedgerFile, "_write", slow)
    spending = asyncio.create_task(spend())
    await writing.wait()
    spending.cancel()
    loop.call_soon(go_on.set)
    await asyncio.gather(spending, return_exceptions=True)
    assert spending.cancelled()
    assert (await budget.usage()).requests_today == 0


async def test_a_recording_beyond_every_limit_is_refused_and_not_waited_for(
    desk: Desk, service: GroqService
) -> None:
    async with opened(desk, service) as generous:
        order = await one(desk, generous, 600)
    async with opened(desk, service, limits=UsageLimits(audio_per_hour=300)) as engine:
        failure = (await broke(engine, order)).failure
    assert (failure.code, failure.retryable) == ("too_long", False)
    assert service.asked == []


async def test_a_full_disk_is_no_licence_to_send(
    desk: Desk, service: GroqService, engine: GroqEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await one(desk, engine, 30)

    def full(_: UsageLedgerFile, __: UsageLedger) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(UsageLedgerFile, "_write", full)
    failure = (await broke(engine, order)).failure
    assert (failure.code, failure.retryable) == ("storage_full", True)
    assert failure.retry_after
    assert service.asked == []


def test_a_ledger_that_cannot_be_read_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "ledger.json"
    path.write_text("{half")
    file = UsageLedgerFile(path)
    assert file.read() == UsageLedger()
    file.change(lambda ledger: (msgspec.structs.replace(ledger, issued=7), None))
    assert UsageLedgerFile(path).read().issued == 7


def test_no_change_to_a_ledger_is_lost_among_threads(tmp_path: Path) -> None:
    path = tmp_path / "ledger.json"

    def one_more(ledger: UsageLedger) -> tuple[UsageLedger, int]:
        return msgspec.structs.replace(ledger, issued=ledger.issued + 1), ledger.issued

    changes: list[Callable[[], int]] = [lambda: UsageLedgerFile(path).change(one_more)] * 40
    answers = asyncio.run(_at_once(changes))
    assert sorted(answers) == list(range(40))


async def _at_once(changes: list[Callable[[], int]]) -> list[int]:
    return await asyncio.gather(*(asyncio.to_thread(change) for change in changes))


async def test_an_empty_recording_is_told_apart_from_a_silent_one(
    desk: Desk, engine: GroqEngine
) -> None:
    audio = await desk.upload(mp3(0))
    failure = (await broke(engine, desk.order(audio))).failure
    assert (failure.code, failure.retryable) == ("corrupt_media", False)
    silent = desk.order(await desk.upload(mp3(5)))
    assert getattr(await done(engine, silent), "plan").chunks == (Chunk(0, 80_000),)  # noqa: B009 - any other news has none
