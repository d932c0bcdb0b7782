"""The SQL scripts that make the tables, for each database."""

from __future__ import annotations

from importlib import resources
from typing import Literal

from retender.errors import JournalTooNew


def migrations(database: Literal["sqlite", "postgres"]) -> list[tuple[int, str]]:
    """The scripts with their numbers, in order: `0001_initial.sql` is number 1."""
    scripts = (resources.files("retender.journal") / "schema" / database).iterdir()
    return sorted(
        (int(script.name.partition("_")[0]), script.read_text("utf-8"))
        for script in scripts
        if script.name.endswith(".sql")
    )


def newest(database: Literal["sqlite", "postgres"]) -> int:
    return max(number for number, _ in migrations(database))


def too_new(name: str, found: int, known: int) -> JournalTooNew:
    problem = (
        f"{name} was written by a newer version: its schema is {found}, this version knows {known}"
    )
    advice = "Install the newer version again, or restore a backup"
    return JournalTooNew(
        f"{problem}. {advice}", found=found, known=known, problem=problem, advice=f"{advice}."
    )
