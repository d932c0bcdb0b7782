"""What a supervisor knows of its children, and what is to be done next: values and pure rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from actors.runtime.api import Needs, Recipe, Spawn
from actors.supervision.restarts import Backoff, Intensity, Restart

Kind = Literal["worker", "supervisor"]
Strategy = Literal["one_for_one", "rest_for_one", "one_for_all"]
"""Who is started again with the one that died: nobody; those after it; everybody."""

Phase = Literal["starting", "running", "leaving", "waiting", "due", "down"]
"""`leaving`: asked to go, not gone. `waiting`: until its backoff is over. `due`: to be started as
soon as the order allows. `down`: and to stay so."""

Afterwards = Literal["", "restart", "stay", "remove"]
"""What becomes of a child that is to be stopped; empty for one that may live on."""

State = Literal["starting", "running", "restarting", "stopping", "exhausted", "stopped", "silent"]


class ChildSpec(msgspec.Struct, frozen=True):
    """How to start a child, and what to do when it ends."""

    name: str
    recipe: Recipe
    host: str = "local"
    mailbox: int = 1000
    kind: Kind = "worker"
    restart: Restart = "permanent"
    grace: float = 5.0
    # A child with an intensity of its own, or one that is only reported, is counted by itself;
    # the others share their supervisor's.
    intensity: Intensity | None = None
    backoff: Backoff = Backoff()
    # "report": left down for the cool-down, then tried anew; its siblings never notice.
    on_exhausted: Literal["escalate", "report"] = "escalate"
    cool_down: float = 60.0
    needs: Needs = Needs()

    @property
    def counted_alone(self) -> bool:
        return self.intensity is not None or self.on_exhausted == "report"

    def spawn(self) -> Spawn:
        return Spawn(self.name, self.recipe, self.host, self.mailbox, self.needs)


class Slot(msgspec.Struct, frozen=True):
    """A child's place under its supervisor. `life` numbers its latest life, none ever again."""

    spec: ChildSpec
    phase: Phase
    instance: int = 0
    afterwards: Afterwards = ""
    exhausted: bool = False
    starts: int = 0
    planned: int = 0
    """How many of its lives ended as they meant to, so that another could begin."""
    streak: int = 0
    cause: str = ""
    up_at: float | None = None
    since: float = 0.0

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def alive(self) -> bool:
        return self.phase in ("starting", "running", "leaving")

    @property
    def state(self) -> State:
        match self.phase:
            case "running":
                return "running"
            case "down":
                return "stopped"
            case "leaving" if self.afterwards != "restart":
                return "stopping"
            case "waiting" if self.exhausted:
                return "exhausted"
        crashed = self.streak or self.starts - self.planned > 1
        return "restarting" if crashed else "starting"


class TreeNode(msgspec.Struct, frozen=True):
    """One actor of the tree, for people: what it does now, since when, and why it last ended."""

    name: str
    kind: Kind
    state: State
    restarts: int = 0
    cause: str = ""
    since: float = 0.0
    children: tuple[TreeNode, ...] = ()


def node(slot: Slot) -> TreeNode:
    restarts = max(0, slot.starts - slot.planned - 1)
    return TreeNode(slot.name, slot.spec.kind, slot.state, restarts, slot.cause, slot.since)


class ChildStep(NamedTuple):
    do: Literal["start", "stop"]
    slot: Slot


def affected(strategy: Strategy, slots: Sequence[Slot], name: str) -> list[Slot]:
    """The siblings that must be started anew along with the one of this name."""
    names = [slot.name for slot in slots]
    match strategy:
        case "one_for_one":
            return []
        case "rest_for_one":
            return list(slots[names.index(name) + 1 :])
        case "one_for_all":
            return [slot for slot in slots if slot.name != name]


def next_steps(slots: Sequence[Slot], *, in_turn: bool) -> list[ChildStep]:
    """What can be done now. In turn: first all stops, the last child first, then all starts, the
    first child first, each when the one before it is through. Otherwise each for itself."""
    stops = [slot for slot in slots if slot.afterwards and slot.phase in ("starting", "running")]
    starts = [slot for slot in slots if slot.phase == "due"]
    if not in_turn:
        return [ChildStep("stop", slot) for slot in stops] + [
            ChildStep("start", slot) for slot in starts
        ]
    if any(slot.phase == "leaving" for slot in slots):
        return []
    if stops:
        return [ChildStep("stop", stops[-1])]
    unfinished = [slot for slot in slots if slot.phase in ("starting", "waiting", "due")]
    return [ChildStep("start", slot) for slot in unfinished[:1] if slot.phase == "due"]
