"""An event loop whose time stands still while anything can run and then jumps to the next timer.

A test that asks for the fixture `virtual_clock` runs on it: hours pass in no time, the same test
takes the same course each time, and one that waits for what cannot come fails at once. Nothing
outside the process exists here: no sockets, no subprocesses, and threads only in that what is
sent to an executor runs on the spot.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Executor
from typing import Any, ClassVar, TypeVar, TypeVarTuple

import pytest

R = TypeVar("R")
Ts = TypeVarTuple("Ts")

EPOCH = 1_700_000_000.0
HORIZON = 30 * 86400.0

SIM = "sim"
"""A test with this among its parameters runs in virtual time, too."""


class Stuck(RuntimeError):
    """Nothing can run any more, or nothing but timers ran up to the horizon."""


class NumberedTask(asyncio.Task[Any]):
    """Sets of tasks, such as a TaskGroup's, have the same order in every run."""

    def __init__(self, number: int, *args: Any, **kwargs: Any) -> None:
        self._number = number
        super().__init__(*args, **kwargs)

    def __hash__(self) -> int:
        return self._number


class VirtualTimeLoop(asyncio.BaseEventLoop):
    _ready: deque[asyncio.Handle]
    _scheduled: list[Any]
    _stopping: bool
    _timer_cancelled_count: int

    def __init__(self, horizon: float = HORIZON) -> None:
        super().__init__()
        self._now = 0.0
        self._horizon = horizon
        self.mishaps: list[str] = []
        self.set_exception_handler(self._note)

    def time(self) -> float:
        return self._now

    def _run_once(self) -> None:
        """One turn: what is ready now runs; what it makes ready waits for the next."""
        scheduled, ready = self._scheduled, self._ready
        self._drop_cancelled()
        if not ready and not self._stopping:
            self._jump()
        while scheduled and scheduled[0].when() <= self._now:
            timer = heapq.heappop(scheduled)
            timer._scheduled = False
            ready.append(timer)
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle.cancelled():
                handle._run()

    def _drop_cancelled(self) -> None:
        while self._scheduled and self._scheduled[0].cancelled():
            heapq.heappop(self._scheduled)._scheduled = False
            self._timer_cancelled_count -= 1

    def _jump(self) -> None:
        if not self._scheduled:
            raise Stuck(f"nothing is ready and no timer is set; waiting: {self._waiting()}")
        self._now = max(self._now, self._scheduled[0].when())
        if self._now > self._horizon:
            raise Stuck(f"no end in sight after {self._now:g} s; waiting: {self._waiting()}")

    def _waiting(self) -> str:
        tasks = sorted(asyncio.all_tasks(self), key=asyncio.Task.get_name)
        return "; ".join(f"{task.get_name()} in {_place(task)}" for task in tasks) or "no task"

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], R], *args: *Ts
    ) -> asyncio.Future[R]:
        done: asyncio.Future[R] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - it is the caller's, as from a real executor
            done.set_exception(error)
        return done

    def _write_to_self(self) -> None:
        """Nothing sleeps here that would have to be woken."""

    def _note(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        self.mishaps.append(f"{context['message']}: {error!r}")


class VirtualClock:
    """The loop's time. The wall clock can be set, as people and NTP do; the other cannot."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._shift = EPOCH

    def now(self) -> float:
        return self._loop.time() + self._shift

    def monotonic(self) -> float:
        return self._loop.time()

    def shift(self, seconds: float) -> None:
        self._shift += seconds


@pytest.fixture
async def virtual_clock() -> AsyncIterator[VirtualClock]:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    yield VirtualClock(loop)
    assert loop.mishaps == [], "errors that no one caught"


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    virtual = "virtual_clock" in getattr(item, "fixturenames", ())
    if virtual or SIM in getattr(item, "callspec", _NoParameters).params.values():
        return {"virtual": VirtualTimeLoop}
    return {"real": asyncio.new_event_loop}


class _NoParameters:
    params: ClassVar[dict[str, object]] = {}


def _numbered(
    numbers: Iterator[int],
    loop: asyncio.AbstractEventLoop,
    coro: Coroutine[Any, Any, Any],
    **kwargs: Any,
) -> NumberedTask:
    return NumberedTask(next(numbers), coro, loop=loop, **kwargs)


def _place(task: asyncio.Task[Any]) -> str:
    """The line of the innermost coroutine of a waiting task."""
    frames = task.get_stack()
    awaited: Any = task.get_coro()
    while (inner := getattr(awaited, "cr_await", None)) is not None:
        awaited = inner
    frame = getattr(awaited, "cr_frame", None) or (frames[-1] if frames else None)
    return "nothing" if frame is None else f"{frame.f_code.co_qualname}:{frame.f_lineno}"
