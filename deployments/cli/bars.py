"""Progress bars on a terminal; nothing if the output is not a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from deployments.cli.tables import clock
from deployments.client.backend import OnStep, TranscriptionStep

NAME_CHARS: Final = 32


class Bars:
    """A bar for each recording that is being transcribed."""

    def __init__(self, console: Console, count: int) -> None:
        self._console = console
        self._count = count
        self._done = 0
        self._bars = Progress(
            TextColumn("{task.fields[name]}", markup=False),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[left]:>7}", markup=False),
            TextColumn("{task.description}", markup=False),
            console=console,
            transient=True,
            disable=not console.is_terminal,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    @contextmanager
    def watching(self, name: str) -> Iterator[OnStep]:
        """A bar while the block lasts."""
        bar = self._bars.add_task("", total=100.0, name=_cut(name), left="")

        def watch(step: TranscriptionStep) -> None:
            left = clock(step.remaining)
            self._bars.update(
                bar, completed=step.percent, description=step.message, left=left and f"-{left}"
            )

        try:
            yield watch
        finally:
            self._bars.remove_task(bar)

    def tell(self, sentence: str) -> None:
        """Print a line above the bars: one more recording is done."""
        self._done += 1
        if self._console.is_terminal:
            whole = f"({self._done}/{self._count}) " if self._count > 1 else ""
            self._console.print(f"{whole}{sentence}", soft_wrap=True)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Hide the bars while the block prints something."""
        self._bars.stop()
        try:
            yield
        finally:
            self._bars.start()


def _cut(name: str) -> str:
    return name if len(name) <= NAME_CHARS else f"{name[: NAME_CHARS - 1]}…"
