"""The project's pages in Markdown: their headings, links and commands."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.support.paths import PROJECT

_NOT_OURS = {"node_modules", "build", "dist", "data"}

_HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_PICTURE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)\)")
_BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")


@cache
def pages() -> tuple[Path, ...]:
    """All pages that belong to the project."""
    return tuple(sorted(_below(PROJECT)))


def _below(folder: Path) -> Iterator[Path]:
    # Not by a pattern: that would look at all files of other projects that are installed here.
    for entry in os.scandir(folder):
        if entry.name in _NOT_OURS or entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _below(folder / entry.name)
        elif entry.name.endswith(".md"):
            yield folder / entry.name


def prose(page: Path) -> str:
    """The page without its blocks of code."""
    return _BLOCK.sub("", page.read_text())


def blocks(page: Path, *languages: str) -> list[str]:
    """Its blocks of code in these languages, without their indent."""
    return [
        re.sub(rf"^{indent}", "", body, flags=re.MULTILINE)
        for indent, language, body in _BLOCK.findall(page.read_text())
        if language in languages
    ]


def anchors(page: Path) -> set[str]:
    """As GitHub makes them from headings: equal headings get a number."""
    found: set[str] = set()
    for heading in _HEADING.findall(prose(page)):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        name = anchor = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        number = 0
        while anchor in found:
            number += 1
            anchor = f"{name}-{number}"
        found.add(anchor)
    return found


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """The file that each link to a file of the project leads to, and the anchor in it."""
    for link in _LINK.findall(prose(page)):
        if "://" not in link and not link.startswith("mailto:"):
            file, _, anchor = link.partition("#")
            yield (page.parent / file if file else page), anchor


def pictures(page: Path) -> list[Path]:
    return [page.parent / name for name in _PICTURE.findall(prose(page)) if "://" not in name]


def commands(page: Path) -> Iterator[str]:
    """Lines of shell, and what stands in `backquotes` in the text."""
    for block in blocks(page, "sh", "bash", "console"):
        yield from re.sub(r"\\\n\s*", "", block).splitlines()
    yield from _INLINE.findall(prose(page))
