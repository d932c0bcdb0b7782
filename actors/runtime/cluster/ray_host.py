"""Actors on a Ray cluster: each gets its own process on some node.

Ray starts and ends processes, finds them by name and carries messages; everything else works as on
the other hosts. A process holds one `Cell`: the actor in the usual mailbox loop, and the actors
that it starts in its own process. Ray's restarts and retries are off: supervisors decide. Only
the root is detached and restarted by Ray, because no actor is above it; the others end with the
process that started them.

An actor whose name is unknown to the cluster is in the root's process.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any, Final

import msgspec
import ray
from loguru import logger
from ray.exceptions import ActorUnavailableError, RayError

from actors.runtime.api import KILLED, Child, Exit, Recipe, Spawn
from actors.runtime.cluster.cell import NOBODY, Cell, Tell
from actors.runtime.cluster.channel import InstanceChannel, Lost, Reached
from actors.runtime.cluster.exit_causes import cause_of
from actors.runtime.cluster.root_cell import RootCell
from actors.runtime.instance import Endpoint, Instance, not_started
from actors.runtime.limits import CELL_CALLS, LINGER_SECONDS, NAME_SECONDS, UNPLACED_SECONDS
from actors.runtime.local import Host, LocalRuntime, gone, live
from actors.runtime.mailbox import describe, unanswered_by
from actors.runtime.process.frames import (
    Blueprint,
    ChildEnded,
    ChildStarted,
    MessageDropped,
    StartChild,
    from_bytes,
    to_bytes,
)
from retender.errors import ActorGone, RetenderError

RAY: Final = "ray"
"""The name of this host."""

_AGAIN: Final = 0.02
_UNREACHED_AGAIN: Final = 0.2


class TreeLocation(msgspec.Struct, frozen=True):
    """Where a tree is on a cluster, and how its processes start."""

    namespace: str
    root: str
    clock: Blueprint
    prepare: Blueprint | None = None
    """Called in each process before its actor is made, to set up logging for example."""

    @classmethod
    def of(
        cls, namespace: str, root: str, clock: Recipe, prepare: Recipe | None = None
    ) -> TreeLocation:
        prepared = None if prepare is None else Blueprint.of(prepare)
        return cls(namespace, root, Blueprint.of(clock), prepared)


class RayRuntime(LocalRuntime):
    """Reaches actors of this process, those it started on the cluster, and all others by name."""

    def __init__(
        self, place: TreeLocation, *, seed: object = None, pass_on: Tell | None = None
    ) -> None:
        """`pass_on` is called, too, for undelivered tells."""
        self._host = RayHost(place)
        hosts: dict[str, Host] = {"local": _Beside(), RAY: self._host}
        super().__init__(place.clock.build(), seed=seed, hosts=hosts)
        self._place = place
        self._pass_on = pass_on
        self._lines: dict[str, InstanceChannel] = {}
        self._watches: dict[str, asyncio.Task[None]] = {}
        self._closed: ActorGone | None = None

    def drop(self, to: str, method: str, why: str) -> None:
        super().drop(to, method, why)
        if self._pass_on is not None:
            self._pass_on(to, method, why)

    async def all_dropped(self) -> Mapping[str, int]:
        """Undelivered tells of the tree, counted by the root, and of this process."""
        found = Counter(self.dropped)
        with suppress(ValueError, RayError):
            root = Root(await self._host.named(self._place.root))
            found.update(await root.dropped())
        return found

    async def close(self) -> None:
        """Stop sending, and end all waiting."""
        self._closed = ActorGone("this process is ending")
        for line in self._lines.values():
            await line.close(self._closed)
        for watch in self._watches.values():
            watch.cancel()
        await asyncio.gather(*self._watches.values(), return_exceptions=True)

    async def found(self, spec: Spawn, likeness: bytes) -> Root:
        """The root: the existing one, or a new one with this fingerprint. Raises `ActorGone` if
        there can be none at the moment."""
        with _going():
            handle = await asyncio.to_thread(
                self._host.create, spec, self.seed_for(spec.name), likeness
            )
        return Root(handle)

    def _elsewhere(self, to: str) -> Endpoint:
        if self._closed is not None:
            raise self._closed
        line = self._lines.get(to)
        if line is None or line.over:
            self._lines = {name: each for name, each in self._lines.items() if not each.over}
            line = self._lines[to] = InstanceChannel(to, lambda: self._find(to), self.drop)
        return line

    async def _find(self, name: str) -> Reached:
        try:
            for each in (name, self._place.root):
                with suppress(ValueError):
                    handle = await self._host.named(each)
                    return _Reached(name, handle, self._watch(each, handle))
        except RayError as error:
            raise ActorGone(f"{name} cannot be looked for: {describe(error)}") from error
        raise gone(name)

    def _watch(self, process: str, handle: Any) -> asyncio.Task[None]:
        """One watch for all channels to the actor, so that its death is noticed before the next
        message is sent."""
        watch = self._watches.get(process)
        if watch is None or watch.done():
            self._watches = {name: each for name, each in self._watches.items() if not each.done()}
            watch = self._watches[process] = asyncio.create_task(_outlive(handle))
        return watch


class _Beside:
    """Starts actors in this process from recipes that came from another one."""

    async def start(self, spec: Spawn, runtime: LocalRuntime) -> Child:
        try:
            actor = Blueprint.of(spec.recipe).build()
        except Exception as error:
            raise not_started(spec.name, describe(error)) from error
        return await live(spec.name, actor, spec.mailbox, runtime)


class RayHost:
    """Starts each actor in its own process on the cluster."""

    def __init__(self, place: TreeLocation) -> None:
        self._place = place

    async def start(self, spec: Spawn, runtime: LocalRuntime) -> Child:
        instance = _RayInstance(spec, self, runtime)
        return await instance.start(instance.line)

    async def named(self, name: str) -> Any:
        """Raises `ValueError` if there is none."""
        return await asyncio.to_thread(ray.get_actor, name, self._place.namespace)

    def create(self, spec: Spawn, seed: str, likeness: bytes | None = None) -> Any:
        """Return when the cluster has registered the actor. `likeness`: the fingerprint of a root.
        Raises `ValueError` if the name is taken, `RetenderError` for what cannot be sent."""
        place = self._place
        birth = StartChild(
            name=spec.name,
            actor=Blueprint.of(spec.recipe),
            clock=place.clock,
            prepare=place.prepare,
            seed=seed,
            mailbox=spec.mailbox,
            path=[],
        )
        needs = spec.needs
        begun = (to_bytes(birth), place.namespace, place.root)
        options: dict[str, Any] = {"max_restarts": 0}
        if likeness is not None:
            options = {"max_restarts": -1, "lifetime": "detached", "get_if_exists": True}
        cell = _known_to_ray(RayCell if likeness is None else RayRoot)
        made = cell.options(
            name=spec.name,
            namespace=place.namespace,
            num_cpus=needs.cpus,
            num_gpus=needs.gpus,
            memory=needs.memory or None,
            resources=needs.others,
            scheduling_strategy="SPREAD" if needs.cpus or needs.gpus else "DEFAULT",
            max_concurrency=CELL_CALLS,
            max_task_retries=0,
            **options,
        )
        return made.remote(*begun) if likeness is None else made.remote(*begun, likeness)


class RayCell(Cell):
    """The Ray actor around a `Cell`. Only processes of the same tree call it."""

    def __init__(self, birth: bytes, namespace: str, root: str) -> None:
        begun = _born(birth)
        place = TreeLocation(namespace, root, begun.clock, begun.prepare)
        super().__init__(begun, lambda tell: RayRuntime(place, seed=begun.seed, pass_on=tell))


class RayRoot(RootCell):
    """The same for the root, which also counts undelivered tells of the tree."""

    def __init__(self, birth: bytes, namespace: str, root: str, likeness: bytes) -> None:
        begun = _born(birth)
        place = TreeLocation(namespace, root, begun.clock, begun.prepare)
        super().__init__(begun, lambda _: RayRuntime(place, seed=begun.seed), likeness)

    def _vanish(self) -> None:
        _end(ray.get_runtime_context().current_actor)

    def _restart(self) -> None:
        os._exit(1)


class Root:
    """The root of a tree, as seen by processes outside the tree."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    async def is_like(self, likeness: bytes) -> bool:
        """Raises `ActorGone` while it is stopping or starting."""
        with _going():
            found: bytes = await self._handle.likeness.remote()
        return found == likeness

    async def attend(self) -> None:
        """Send a heartbeat. Raises `ActorGone`, as above."""
        with _going():
            await self._handle.attend.remote()

    async def dropped(self) -> dict[str, int]:
        """Undelivered tells of the whole tree, by receiver."""
        found: dict[str, int] = await self._handle.total_dropped.remote()
        return found

    async def stop(self, grace: float) -> None:
        """Stop the whole tree in order, within the grace time."""
        with suppress(RayError, TimeoutError):
            await asyncio.wait_for(self._handle.stop.remote(), grace)
        _end(self._handle)


class _Reached:
    """Implements `Reached` by calls to the actor's process."""

    def __init__(self, name: str, handle: Any, over: asyncio.Future[Any]) -> None:
        self._name = name
        self._handle = handle
        self.over = over

    async def deliver(self, line: str, number: int, frame: bytes) -> bytes | None:
        try:
            answer: bytes | None = await self._handle.deliver.remote(line, number, frame)
        except RayError as error:
            gone_so = unanswered_by(self._name, Exit("crashed", cause_of(str(error))))
            for_good = not isinstance(error, ActorUnavailableError)
            raise Lost(gone_so, for_good=for_good) from error
        if answer == NOBODY:
            raise Lost(gone(self._name))
        return answer


class _RayInstance(Instance):
    def __init__(self, spec: Spawn, host: RayHost, runtime: LocalRuntime) -> None:
        super().__init__(spec.name, runtime)
        self._spec = spec
        self._host = host
        self._runtime = runtime
        self._handle: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._struck = False
        self.line = InstanceChannel(spec.name, self._reached, runtime.drop)

    async def _live(self, started: asyncio.Future[None]) -> Exit:
        try:
            self._handle.set_result(await self._create())
        except (RetenderError, RayError, ValueError) as error:
            exit_ = KILLED if self._struck else Exit("crashed", describe(error))
        else:
            exit_ = await self._watch(started)
        self._registry.unregister(self.name, self.line)
        if self._handle.done():
            await self.line.settle(LINGER_SECONDS)
            _end(self._handle.result())
        await self.line.close(unanswered_by(self.name, exit_))
        return exit_

    async def _create(self) -> Any:
        """Retry while an earlier actor of this name is still ending."""
        seed = self._runtime.seed_for(self.name)
        until = asyncio.get_running_loop().time() + NAME_SECONDS
        while True:
            try:
                return await asyncio.to_thread(self._host.create, self._spec, seed)
            except ValueError:
                if self._struck or asyncio.get_running_loop().time() > until:
                    raise
                await asyncio.sleep(_AGAIN)

    async def _watch(self, started: asyncio.Future[None]) -> Exit:
        """Watch until the end: one call is always pending, and Ray fails it at once when the
        process dies."""
        handle = self._handle.result()
        if self._struck:
            _end(handle)
        loop = asyncio.get_running_loop()
        notice = loop.call_later(UNPLACED_SECONDS, self._say_it_waits, started)
        try:
            return await self._hear(handle, started)
        finally:
            notice.cancel()

    async def _hear(self, handle: Any, started: asyncio.Future[None]) -> Exit:
        heard = 0
        while True:
            try:
                words = [from_bytes(word) for word in await handle.words.remote(heard)]
            except ActorUnavailableError as error:
                logger.warning("{} cannot be reached at the moment: {}", self.name, error)
                await asyncio.sleep(_UNREACHED_AGAIN)
                continue
            except RayError as error:
                return KILLED if self._struck else Exit("crashed", cause_of(str(error)))
            heard += len(words)
            for word in words:
                match word:
                    case ChildStarted():
                        started.set_result(None)
                    case MessageDropped(to, method, why):
                        self._runtime.drop(to, method, why)
                    case ChildEnded(exit_):
                        return exit_

    def _say_it_waits(self, started: asyncio.Future[None]) -> None:
        if not started.done():
            logger.warning(
                "{} has not come up on the cluster yet, where it needs {}",
                self.name,
                self._spec.needs.told,
            )

    async def _reached(self) -> Reached:
        return _Reached(self.name, await asyncio.shield(self._handle), self._task)

    def _wind_down(self) -> None:
        if self._handle.done():
            self._handle.result().stop.remote()

    def _strike(self) -> None:
        self._struck = True
        if self._handle.done():
            _end(self._handle.result())


@cache
def _known_to_ray(cell: type[Cell]) -> Any:
    """Defined once in each process, because Ray keeps every definition."""
    return ray.remote(cell)


def _born(birth: bytes) -> StartChild:
    begun = from_bytes(birth)
    assert isinstance(begun, StartChild)
    return begun


@contextmanager
def _going() -> Iterator[None]:
    try:
        yield
    except RayError as error:
        raise ActorGone(f"the root cannot be reached: {describe(error)}") from error


async def _outlive(handle: Any) -> None:
    with suppress(RayError):
        await handle.last.remote()


def _end(handle: Any) -> None:
    """Also needed for a dead process: only this frees its name."""
    with suppress(RayError):
        ray.kill(handle)
