"""A family to supervise: children that do as the test says, and a diary of what became of them."""

from __future__ import annotations

import asyncio

from actors.runtime.api import Child, Context, Exit, Recipe, Ref, Runtime, Spawn
from actors.supervision.children import ChildSpec, Strategy, TreeNode
from actors.supervision.restarts import Backoff, Intensity
from actors.supervision.supervisor import Supervisor
from retender.errors import Busy

DIARY = "diary"
DEADLINE = 3600.0
AT_ONCE = Backoff(first=0.0)


class Diary:
    """Notes what happens, and knows how each child is to behave."""

    def __init__(self) -> None:
        self._notes: list[str] = []
        self._manners: dict[str, str] = {}

    async def note(self, what: str) -> None:
        self._notes.append(what)

    async def read(self) -> list[str]:
        """The notes since they were last read."""
        notes, self._notes = self._notes, []
        return notes

    async def teach(self, name: str, manner: str) -> None:
        self._manners[name] = manner

    async def manner(self, name: str) -> str:
        return self._manners.get(name, "")


class Worker:
    """Manners: fails or hangs when starting; dawdles or dies when stopping."""

    async def started(self, ctx: Context) -> None:
        self._ctx = ctx
        self._diary = ctx.ref(Diary, DIARY).within(DEADLINE)
        match await self._diary.ask(Diary.manner, ctx.name):
            case "fails":
                raise LookupError("no model")
            case "hangs":
                await self._diary.ask(Diary.note, f"{ctx.name} hangs")
                await forever()
        await self._diary.ask(Diary.note, f"{ctx.name} up")

    async def stopping(self) -> None:
        match await self._diary.ask(Diary.manner, self._ctx.name):
            case "dawdles":
                await forever()
            case "dies":
                raise LookupError("died on the way out")
        await self._diary.ask(Diary.note, f"{self._ctx.name} down")

    async def crash(self, text: str = "boom") -> None:
        raise LookupError(text)

    async def finish(self, cause: str = "") -> None:
        self._ctx.end(cause)

    async def echo(self, text: str) -> str:
        return text


class Foreman(Supervisor):
    """A supervisor as a pool may be one: it has messages of its own and wants to know of deaths."""

    async def started(self, ctx: Context) -> None:
        await super().started(ctx)
        self._diary = ctx.ref(Diary, DIARY).within(DEADLINE)

    async def child_down(self, name: str, exit_: Exit) -> None:
        await self._diary.ask(Diary.note, f"{name} {exit_.reason}: {exit_.cause}")
        if await self._diary.ask(Diary.manner, self._ctx.name) == "stumbles":
            raise Busy("no one listens")

    async def crash(self) -> None:
        raise LookupError("a bug in the foreman")

    async def be_busy(self) -> None:
        await forever()


def worker(name: str, **settings: object) -> ChildSpec:
    defaults: dict[str, object] = {"backoff": AT_ONCE, "grace": 5.0}
    return ChildSpec(name, Recipe.of(Worker), **{**defaults, **settings})  # type: ignore[arg-type] # a test names the fields


def under(
    name: str,
    *children: ChildSpec,
    strategy: Strategy = "one_for_one",
    intensity: Intensity = Intensity(),  # noqa: B008 - frozen
    **settings: object,
) -> ChildSpec:
    """A supervisor as a child of another."""
    recipe = Recipe.of(Foreman, children=children, strategy=strategy, intensity=intensity)
    return ChildSpec(name, recipe, kind="supervisor", **{"backoff": AT_ONCE, **settings})  # type: ignore[arg-type] # a test names the fields


class Family:
    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._roots: list[Child] = []

    async def found(
        self,
        *children: ChildSpec,
        strategy: Strategy = "one_for_one",
        intensity: Intensity = Intensity(),  # noqa: B008 - frozen
    ) -> Child:
        """Start the supervisor `root` over these."""
        recipe = under("root", *children, strategy=strategy, intensity=intensity).recipe
        root = await self.runtime.spawn(Spawn("root", recipe))
        self._roots.append(root)
        return root

    async def dissolve(self) -> None:
        for root in self._roots:
            await root.kill()

    @property
    def root(self) -> Ref[Foreman]:
        return self.runtime.ref(Foreman, "root").within(DEADLINE)

    @property
    def diary(self) -> Ref[Diary]:
        return self.runtime.ref(Diary, DIARY)

    def member(self, name: str) -> Ref[Worker]:
        return self.runtime.ref(Worker, name)

    def crash(self, *names: str, text: str = "boom") -> None:
        for name in names:
            self.member(name).tell(Worker.crash, text)

    def finish(self, name: str, cause: str = "") -> None:
        self.member(name).tell(Worker.finish, cause)

    async def teach(self, name: str, manner: str) -> None:
        await self.diary.ask(Diary.teach, name, manner)

    async def notes(self) -> list[str]:
        return await self.diary.ask(Diary.read)

    async def tree(self) -> TreeNode:
        return await self.root.ask(Supervisor.describe)

    async def child(self, name: str) -> TreeNode:
        return {child.name: child for child in (await self.tree()).children}[name]

    async def alive(self, name: str) -> bool:
        try:
            return await self.member(name).ask(Worker.echo, name) == name
        except Exception:  # noqa: BLE001 - whatever keeps it from answering
            return False


async def settle(seconds: float = 0.01) -> None:
    """Let everything happen that happens within this (virtual) time."""
    await asyncio.sleep(seconds)


async def forever() -> None:
    await asyncio.get_running_loop().create_future()
