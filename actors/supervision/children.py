"""A supervisor's children and its next steps: values and pure rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import msgspec

from actors.runtime.api import Needs, Recipe, Spawn
from actors.supervision.restarts import Backoff, Intensity, Restart

Kind = Literal["worker", "supervisor"]
Strategy = Literal["one_for_one", "rest_for_one", "one_for_all"]
"""Which siblings are restarted with the child that died: none; those after it; all."""

Phase = Literal["starting", "running", "leaving", "waiting", "due", "down"]
"""`leaving`: asked to stop, not gone yet. `waiting`: until its backoff is over. `due`: to be
started as soon as the order allows. `down`: stays down."""

Afterwards = Literal["", "restart", "stay", "remove"]
"""What happens to a child after its stop; empty if it is not to be stopped."""

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
    # A child with its own intensity, or with `report`, has its own restart history; the others
    # share that of their supervisor.
    intensity: Intensity | None = None
    backoff: Backoff = Backoff()
    # "report": left down for the cool-down, then tried again; its siblings never notice.
    on_exhausted: Literal["escalate", "report"] = "escalate"
    cool_down: float = 60.0
    needs: Needs = Needs()

    @property
    def counted_alone(self) -> bool:
        return self.intensity is not None or self.on_exhausted == "report"

    def spawn(self) -> Spawn:
        return Spawn(self.name, self.recipe, self.host, self.mailbox, self.needs)


class Slot(msgspec.Struct, frozen=True):
    """A child under its supervisor. `instance`: the number of its latest instance, never reused."""

    spec: ChildSpec
    phase: Phase
    instance: int = 0
    afterwards: Afterwards = ""
    exhausted: bool = False
    starts: int = 0
    planned: int = 0
    """Instances that ended themselves as planned, so that another could start."""
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
    """One actor of the tree, for people: its state, since when, and why it last ended."""

    name: str
    kind: Kind
    state: State
    restarts: int = 0
    cause: str = ""
    since: float = 0.0
    children: tuple[TreeNode, ...] = ()

    def walk(self, depth: int = 0) -> Iterator[tuple[int, TreeNode]]:
        """All nodes with their depths, each after its supervisor."""
        yield depth, self
        for child in self.children:
            yield from child.walk(depth + 1)


def node(slot: Slot) -> TreeNode:
    restarts = max(0, slot.starts - slot.planned - 1)
    return TreeNode(slot.name, slot.spec.kind, slot.state, restarts, slot.cause, slot.since)


class ChildStep(NamedTuple):
    do: Literal["start", "stop"]
    slot: Slot


def affected(strategy: Strategy, slots: Sequence[Slot], name: str) -> list[Slot]:
    """The siblings that must be restarted together with this child."""
    names = [slot.name for slot in slots]
    match strategy:
        case "one_for_one":
            return []
        case "rest_for_one":
            return list(slots[names.index(name) + 1 :])
        case "one_for_all":
            return [slot for slot in slots if slot.name != name]


def next_steps(slots: Sequence[Slot], *, in_turn: bool) -> list[ChildStep]:
    """The steps that can be taken now. `in_turn`: first all stops, the last child first, then all
    starts, the first child first, each after the one before has finished. Else all at once."""
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
