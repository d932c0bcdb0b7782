"""What pages name exists: files, headings, commands with their options, settings."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import typer

from deployments.cli import app
from deployments.settings import names
from tests.support.docs import anchors, commands, links, pages, pictures
from tests.support.paths import PROJECT

EVERY_PAGE: Final = pytest.mark.parametrize(
    "page", pages(), ids=lambda page: str(page.relative_to(PROJECT))
)

OF_CONVEX: Final = {
    *("RETENDER_API_KEY", "RETENDER_API_KEY_PREVIOUS", "RETENDER_KEEP_DAYS", "RETENDER_URL"),
    *("RETENDER_SERVICE_KEY", "RETENDER_STUCK_SECONDS", "RETENDER_ONLY_CREATED"),
}
"""Variables of a Convex deployment; RETENDER_URL is one of the page's build, too."""

OTHERS: Final = {"RETENDER_PYTHON", "RETENDER_DATADIR"}
"""Of the page's build; a misspelt one."""

DOCS: Final = PROJECT / "docs"

_METRIC: Final = re.compile(r"\b(retender_[a-z_]+?)(_bucket|_sum|_count)?\b")
_TARGET: Final = re.compile(r"^([\w-]+)(?: [\w-]+)*:(?!=)", re.MULTILINE)
_MODULE: Final = re.compile(r"\bpython -m ([\w.]+)")


@EVERY_PAGE
def test_every_link_leads_to_a_file_and_to_a_heading_in_it(page: Path) -> None:
    missing = [
        f"{file}#{anchor}"
        for file, anchor in links(page)
        if not file.exists()
        or (anchor and file.suffix == ".md" and anchor not in anchors(file.resolve()))
    ]
    assert missing == []


@EVERY_PAGE
def test_every_picture_is_there(page: Path) -> None:
    assert [str(file) for file in pictures(page) if not file.is_file()] == []


@EVERY_PAGE
def test_every_metric_is_in_the_list_of_metrics(page: Path) -> None:
    listed = {name for name, _ in _METRIC.findall((DOCS / "api" / "operations.md").read_text())}
    named = _METRIC.findall(page.read_text()) if page.is_relative_to(DOCS) else []
    assert {name + end for name, end in named if name not in listed} == set()


def simple_commands(page: Path) -> Iterator[list[str]]:
    """Each command of the page as its words, without settings before it."""
    for line in commands(page):
        for part in re.split(r"&&|\|\|?|;|\$\(|<\(|\)$", re.sub(r"(^|\s)#.*", "", line)):
            try:
                words = shlex.split(part)
            except ValueError:
                words = part.split()
            while words and re.match(r"[A-Z_]+=", words[0]):
                del words[0]
            if words:
                yield words


@EVERY_PAGE
def test_every_target_of_make_exists(page: Path) -> None:
    targets = set(_TARGET.findall((PROJECT / "Makefile").read_text()))
    named = {
        word
        for first, *rest in simple_commands(page)
        if first == "make"
        for word in rest
        if re.fullmatch(r"[a-z][\w-]*", word)
    }
    assert named - targets == set()


def arguments_of(words: list[str]) -> list[str] | None:
    """What the `retender` command is given; None if this is another command."""
    if Path(words[0]).name == "retender":
        return words[1:]
    if words[:3] == ["docker", "compose", "run"] and "retender" in words:
        return words[words.index("retender") + 1 :]
    return None


def unknown(arguments: list[str]) -> str | None:
    """The first word that `retender` would not understand."""
    command: Any = typer.main.get_command(app)
    for word in arguments:
        if hasattr(command, "commands") and not word.startswith("-"):
            if re.fullmatch(r"[A-Z…]+", word):
                return None
            if word not in command.commands:
                return word
            command = command.commands[word]
        elif word.startswith("-") and word != "-":
            known = {option for each in command.params for option in each.opts}
            if word.split("=")[0] not in known | {"-h", "--help"}:
                return word
    return None


@EVERY_PAGE
def test_every_command_of_retender_exists_with_its_options(page: Path) -> None:
    given = [found for words in simple_commands(page) if (found := arguments_of(words))]
    assert [" ".join(each) for each in given if unknown(each) is not None] == []


def test_a_command_or_an_option_that_does_not_exist_is_noticed() -> None:
    assert unknown(["transcribe", "talk.mp3", "--format", "srt"]) is None
    assert unknown(["transcribe", "talk.mp3", "--fromat", "srt"]) == "--fromat"
    assert unknown(["models", "fetch", "base"]) == "fetch"


@EVERY_PAGE
def test_every_module_that_is_run_exists(page: Path) -> None:
    ours = {
        name
        for name in _MODULE.findall(page.read_text())
        if (PROJECT / name.partition(".")[0]).is_dir()
    }
    places = {name: PROJECT / name.replace(".", "/") for name in ours}
    assert [
        name
        for name, place in places.items()
        if not place.with_suffix(".py").exists() and not (place / "__main__.py").exists()
    ] == []


@EVERY_PAGE
def test_every_setting_exists(page: Path) -> None:
    named = set(re.findall(r"\bRETENDER_[A-Z_]*[A-Z]\b", page.read_text()))
    assert named - set(names()) - OF_CONVEX - OTHERS == set()
