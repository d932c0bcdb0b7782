"""Output of commands: tables on a terminal, tab-separated lines for programs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

Row = Sequence[str]


def progress_console() -> Console:
    """Progress goes to standard error; results go to standard output."""
    return Console(stderr=True, highlight=False, markup=False)


def table(heads: Row, rows: Iterable[Row], nothing: str) -> None:
    """`nothing` is printed on a terminal if there are no rows."""
    shown = list(rows)
    if not sys.stdout.isatty():
        sys.stdout.writelines("\t".join(map(_flat, row)) + "\n" for row in shown)
    elif not shown:
        sys.stderr.write(f"{nothing}\n")
    else:
        Console(highlight=False).print(_drawn(heads, shown))


def facts(pairs: Iterable[tuple[str, str]]) -> None:
    """Name and value pairs, one a line; empty values are left out."""
    table(("", ""), ((name, value) for name, value in pairs if value), "")


def clock(seconds: float | None) -> str:
    """Minutes and seconds, with hours where there are any."""
    if seconds is None:
        return ""
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB" if size else ""


def _drawn(heads: Row, rows: Sequence[Row]) -> Table:
    drawn = Table(box=box.SIMPLE_HEAD, show_header=any(heads), pad_edge=False)
    for number, head in enumerate(heads):
        # The first column names what the line is about: it is never cut.
        drawn.add_column(head, no_wrap=number == 0, overflow="fold")
    for row in rows:
        drawn.add_row(*map(Text, row))
    return drawn


def _flat(value: str) -> str:
    return " ".join(value.split())
