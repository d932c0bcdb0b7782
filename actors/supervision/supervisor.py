"""Job: start children in order, restart them when they die, stop them in reverse order.
Receives: starts and ends of its children; start_child, stop_child, restart_child, describe.
Sends: describe, to those of its children that are supervisors themselves.
A crash: no child outlives it; its own supervisor learns which child it gave up on, and why.

Every decision is made in a message, so no two decisions overlap. Starts, stops and pauses run in
the background and report back with the number of their instance; a report about an instance that
is over is ignored. A supervisor's own start does not wait for children with `on_exhausted:
report`: there may be no place for them for a long time.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from itertools import count
from typing import Any

from loguru import logger
from msgspec.structs import replace

from actors.long_poll import at_once
from actors.runtime.api import NORMAL, Context, Exit, Later
from actors.supervision.child_instance import ChildInstance, cause_of
from actors.supervision.children import (
    Afterwards,
    ChildSpec,
    Slot,
    Strategy,
    TreeNode,
    affected,
    next_steps,
    node,
)
from actors.supervision.restarts import History, Intensity, decide_restart, delay, planned, streak
from retender.errors import ActorGone, Draining, Refusal, Unreachable

DESCRIBE_SECONDS = 1.0

# Key of the restart history that children share. No actor has an empty name.
_SHARED = ""


class ChildFailed(Exception):
    """A supervisor gives up because of this child. `cause`: why the child itself ended."""

    def __init__(self, child: str, what: str, cause: str) -> None:
        super().__init__(f"{child} {what}: {cause}")
        self.child = child
        self.cause = cause


class Supervisor:
    def __init__(
        self,
        children: tuple[ChildSpec, ...] = (),
        strategy: Strategy = "one_for_one",
        intensity: Intensity = Intensity(),  # noqa: B008 - frozen
    ) -> None:
        self._strategy = strategy
        self._intensity = intensity
        self._slots: dict[str, Slot] = {}
        self._instances: dict[int, ChildInstance] = {}
        self._numbers = count(1)
        self._histories: dict[str, History] = {}
        self._start_asked: dict[str, asyncio.Future[None]] = {}
        self._stop_asked: defaultdict[str, list[asyncio.Future[Exit]]] = defaultdict(list)
        self._failure: ChildFailed | None = None
        for spec in children:
            self._admit(spec)

    async def started(self, ctx: Context) -> None:
        self._ctx = ctx
        self._since = ctx.clock.now()
        for slot in self._present():
            if slot.spec.on_exhausted == "report":
                self._new_instance(slot)[1].start_in_background()
            else:
                await self._start_first(slot)

    async def stopping(self) -> None:
        for slot in reversed(self._present()):
            instance = self._instances.get(slot.instance)
            if instance is not None:
                await instance.stop()

    async def start_child(self, spec: ChildSpec) -> Later[None]:
        """Add a child after the others. Answered once it has started; a child that fails to start
        is not kept. A handler of this very actor must not wait for the answer."""
        self._refuse_while_failing()
        self._admit(spec)
        asked = self._start_asked[spec.name] = asyncio.get_running_loop().create_future()
        self._act()
        return Later(asked)

    async def stop_child(self, name: str) -> Later[Exit]:
        """Stop a child in order and remove it. An unknown child counts as stopped."""
        slot = self._slots.get(name)
        if slot is None or not slot.alive:
            self._forget(name, NORMAL)
            return at_once(NORMAL)
        self._put(slot, afterwards="remove")
        asked: asyncio.Future[Exit] = asyncio.get_running_loop().create_future()
        self._stop_asked[name].append(asked)
        self._act()
        return Later(asked)

    async def restart_child(self, name: str, reason: str) -> None:
        """Kill a child, which then counts as crashed for this reason. A child that is down or waits
        for its restart is started now."""
        self._refuse_while_failing()
        slot = self._slots.get(name)
        if slot is None:
            raise ActorGone(f"{self._ctx.name} has no {name}")
        if slot.alive:
            self._instances[slot.instance].kill_in_background(reason)
            return
        self._put(slot, phase="due", exhausted=False, cause=reason)
        self._act()

    async def describe(self, seconds: float = DESCRIBE_SECONDS) -> Later[TreeNode]:
        """The tree from here down. A supervisor below has `seconds` to answer, its children half of
        that, and so on; one that does not answer is shown as silent."""
        return Later(asyncio.ensure_future(self._describe_all(seconds)))

    async def child_down(self, name: str, exit_: Exit) -> None:
        """For subclasses: a child has ended; its restart, if any, is already scheduled."""

    def children(self) -> tuple[TreeNode, ...]:
        """For subclasses: the children without their own children."""
        return tuple(node(slot) for slot in self._present())

    # Reports

    async def _came_up(self, name: str, number: int) -> None:
        if number in self._instances:
            self._note_start(self._slots[name])
            self._act()

    async def _went_down(self, name: str, number: int, exit_: Exit) -> None:
        instance = self._instances.pop(number)
        slot = self._slots[name]
        if instance.has_started:
            slot = self._note_start(slot)
        self._handle_exit(slot, exit_)
        self._act()
        try:
            if instance.has_started:
                await self.child_down(name, exit_)
        finally:
            if self._failure is not None and not self._instances:
                raise self._failure

    async def _pause_over(self, name: str, number: int) -> None:
        slot = self._slots.get(name)
        if slot is not None and slot.instance == number and slot.phase == "waiting":
            self._put(slot, phase="due", exhausted=False)
            self._act()

    # Decisions

    def _note_start(self, slot: Slot) -> Slot:
        if slot.phase != "starting":
            return slot
        asked = self._start_asked.pop(slot.name, None)
        if asked is not None and not asked.done():
            asked.set_result(None)
        return self._put(slot, phase="running", up_at=self._ctx.clock.monotonic())

    def _handle_exit(self, slot: Slot, exit_: Exit) -> None:
        if slot.afterwards == "remove" or (not slot.afterwards and slot.name in self._start_asked):
            self._forget(slot.name, exit_)
        elif slot.afterwards:
            phase = "due" if slot.afterwards == "restart" else "down"
            self._put(slot, phase=phase, afterwards="", cause=exit_.cause or slot.cause)
        else:
            self._decide(slot, exit_)

    def _decide(self, slot: Slot, exit_: Exit) -> None:
        spec, now = slot.spec, self._ctx.clock.monotonic()
        uptime = 0.0 if slot.up_at is None else now - slot.up_at
        if planned(spec.restart, exit_, uptime):
            self._restart_affected(slot, exit_.cause or "ended by itself")
            return
        ledger, intensity = self._ledger(spec), spec.intensity or self._intensity
        history = self._histories.get(ledger, ())
        history, verdict = decide_restart(spec.restart, exit_, intensity, history, now)
        self._histories[ledger] = history
        slot = self._put(
            slot,
            phase="down" if verdict == "rest" else "waiting",
            exhausted=verdict == "exhausted",
            streak=streak(slot.streak, uptime, intensity),
            cause=exit_.cause or "ended by itself",
        )
        if verdict == "rest":
            if spec.restart == "temporary":
                self._forget(spec.name, exit_)
        elif verdict == "restart":
            self._pause(slot, delay(spec.backoff, slot.streak, self._ctx.random.random()))
            self._end_with(affected(self._strategy, self._present(), slot.name), "restart")
        elif spec.on_exhausted == "report":
            self._pause(self._put(slot, streak=0), spec.cool_down)
        else:
            self._give_up(slot, intensity)

    def _restart_affected(self, slot: Slot, cause: str) -> None:
        logger.info("{} begins anew: {}", slot.name, cause)
        self._put(slot, phase="due", planned=slot.planned + 1, streak=0, cause=cause)
        self._end_with(affected(self._strategy, self._present(), slot.name), "restart")

    def _pause(self, slot: Slot, seconds: float) -> None:
        logger.warning("{} is down ({}); again in {:.1f} s", slot.name, slot.cause, seconds)
        self._ctx.after(seconds, Supervisor._pause_over, slot.name, slot.instance)

    def _give_up(self, slot: Slot, intensity: Intensity) -> None:
        too_often = f"has died once more than {intensity.restarts} times in {intensity.within:g} s"
        self._failure = ChildFailed(slot.name, too_often, slot.cause)
        logger.error("{} gives up: {}", self._ctx.name, self._failure)
        for name in tuple(self._start_asked):
            if not self._slots[name].alive:
                self._forget(name, Exit("killed", str(self._failure)))
        self._end_with(self._present(), "stay")

    def _end_with(self, slots: Iterable[Slot], afterwards: Afterwards) -> None:
        for slot in slots:
            if not slot.alive:
                if afterwards == "stay":
                    self._put(slot, phase="down")
            elif slot.spec.restart == "temporary":
                self._put(slot, afterwards="remove")
            elif slot.afterwards != "remove":
                self._put(slot, afterwards=afterwards)

    # Steps

    async def _start_first(self, slot: Slot) -> None:
        slot, instance = self._new_instance(slot)
        try:
            await instance.start()
        except Exception as error:
            del self._instances[slot.instance]
            await self.stopping()
            raise ChildFailed(slot.name, "did not start", cause_of(error)) from error
        self._note_start(slot)

    def _act(self) -> None:
        in_turn = self._strategy != "one_for_one" or self._failure is not None
        for do, slot in next_steps(self._present(), in_turn=in_turn):
            if do == "start":
                _, instance = self._new_instance(slot)
                instance.start_in_background()
            else:
                self._put(slot, phase="leaving")
                self._instances[slot.instance].stop_in_background()

    def _new_instance(self, slot: Slot) -> tuple[Slot, ChildInstance]:
        ctx, name, number = self._ctx, slot.name, next(self._numbers)
        self._instances[number] = instance = ChildInstance(
            ctx,
            slot.spec,
            up=lambda: ctx.after(0, Supervisor._came_up, name, number),
            ended=lambda exit_: ctx.after(0, Supervisor._went_down, name, number, exit_),
        )
        starts = slot.starts + 1
        return self._put(
            slot, phase="starting", instance=number, starts=starts, up_at=None
        ), instance

    def _present(self) -> tuple[Slot, ...]:
        return tuple(self._slots.values())

    def _put(self, slot: Slot, **changes: Any) -> Slot:
        after = replace(slot, **changes)
        if after.state != slot.state or after.instance != slot.instance:
            after = replace(after, since=self._ctx.clock.now())
        self._slots[slot.name] = after
        return after

    def _admit(self, spec: ChildSpec) -> None:
        present = self._slots.get(spec.name)
        if present is not None and present.phase != "down":
            raise Refusal(f"there is a child named {spec.name} already")
        if spec.on_exhausted == "report" and self._strategy != "one_for_one":
            raise Refusal(f"{spec.name} cannot be left down: others go with it ({self._strategy})")
        self._slots.pop(spec.name, None)
        self._slots[spec.name] = Slot(spec, "due")

    def _forget(self, name: str, exit_: Exit) -> None:
        self._slots.pop(name, None)
        self._histories.pop(name, None)
        start_asked = self._start_asked.pop(name, None)
        if start_asked is not None and not start_asked.done():
            cause = exit_.cause or "it was stopped before"
            start_asked.set_exception(ActorGone(f"{name} did not start: {cause}", cause=cause))
        for stop_asked in self._stop_asked.pop(name, ()):
            if not stop_asked.done():
                stop_asked.set_result(exit_)

    def _ledger(self, spec: ChildSpec) -> str:
        return spec.name if spec.counted_alone else _SHARED

    def _refuse_while_failing(self) -> None:
        if self._failure is not None:
            raise Draining(f"{self._ctx.name} is going down: {self._failure}", retry_after=1.0)

    async def _describe_all(self, seconds: float) -> TreeNode:
        children = await asyncio.gather(
            *(self._ask_child(child, seconds) for child in self.children())
        )
        me = TreeNode(self._ctx.name, "supervisor", "running", since=self._since)
        if self._failure is not None:
            me = replace(me, state="stopping", cause=str(self._failure))
        return replace(me, children=tuple(children))

    async def _ask_child(self, child: TreeNode, seconds: float) -> TreeNode:
        if child.kind != "supervisor" or child.state != "running":
            return child
        below = self._ctx.ref(Supervisor, child.name).within(seconds)
        try:
            found = await below.ask(Supervisor.describe, seconds / 2)
        except Unreachable as error:
            return replace(child, state="silent", cause=error.message)
        return replace(child, state=found.state, children=found.children)
