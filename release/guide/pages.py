"""The project's pages as the generator wants them.

They are written for GitHub, and stay as they are. What differs is changed in copies: lists are
indented by four, and links to files that are no pages become text.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

_FENCE: Final = re.compile(r"^ *(```|~~~)")
_ITEM: Final = re.compile(r"^(?:[-*+]|\d+[.)]) +")
_LINK: Final = re.compile(r"(?P<image>!?)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")
_CODE: Final = re.compile(r"`[^`\n]+`")


class BrokenLink(Exception):
    """A page links to what is not there."""


class _Loader(yaml.SafeLoader):
    """Leaves out what names functions of the generator."""


_Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: None)


def listed(configuration: Path) -> list[str]:
    """The pages in `nav`, by their paths in the project."""

    def within(entry: Any) -> Iterator[str]:
        match entry:
            case str():
                yield entry
            case list():
                for each in entry:
                    yield from within(each)
            case dict():
                for each in entry.values():
                    yield from within(each)

    # A SafeLoader by descent.
    return list(within(yaml.load(configuration.read_text(), _Loader)["nav"]))


def write(project: Path, names: list[str], folder: Path) -> None:
    """The pages, and the pictures that they show, in the same places below the folder."""
    for name in names:
        page = _Page(project, name, frozenset(names))
        _place(folder / name).write_text(page.text())
        for picture in page.pictures:
            shutil.copy(picture, _place(folder / picture.relative_to(project)))


def _place(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


class _Page:
    def __init__(self, project: Path, name: str, names: frozenset[str]) -> None:
        self._project = project
        self._file = project / name
        self._names = names
        self.pictures: set[Path] = set()

    def text(self) -> str:
        lines: list[str] = []
        for line, is_code in indented(self._file.read_text().splitlines()):
            lines.append(line if is_code else self._prose(line))
        return "\n".join(lines) + "\n"

    def _prose(self, line: str) -> str:
        if line.startswith("|"):
            # The generator shows the backslash that GitHub needs.
            line = _CODE.sub(lambda code: code[0].replace("\\|", "|"), line)
        return _LINK.sub(self._link, line)

    def _link(self, link: re.Match[str]) -> str:
        target, _, anchor = link["target"].partition("#")
        if not target or "://" in target or target.startswith("mailto:"):
            return link[0]
        file = (self._file.parent / target).resolve()
        if not file.exists():
            raise BrokenLink(f"{self._file.relative_to(self._project)} links to {target}")
        if link["image"]:
            self.pictures.add(file)
            return link[0]
        name = file.relative_to(self._project).as_posix()
        if name in self._names:
            return link[0]
        if f"{name}/README.md" in self._names:
            target = f"{target.rstrip('/')}/README.md"
            return f"[{link['text']}]({target}{'#' if anchor else ''}{anchor})"
        return link["text"]


def indented(lines: list[str]) -> Iterator[tuple[str, bool]]:
    """The lines with lists indented by four for each level, and an empty line before each list.
    Also whether the line is code."""
    levels: list[int] = []
    """Where the text of each open list item begins in the source."""
    closes, shift, before, after_code = "", 0, "", False
    for line in lines:
        if closes:
            yield _shifted(line, shift), True
            closes = "" if line.strip() == closes else closes
            continue
        if not line.strip():
            before = ""
            yield line, False
            continue
        column = len(line) - len(line.lstrip(" "))
        while levels and column < levels[-1]:
            levels.pop()
        shift = 4 * len(levels) - (levels[-1] if levels else 0)
        item = _ITEM.match(line.lstrip(" "))
        new_list = not levels and not before.startswith(" ")
        if item and before and not _ITEM.match(before.lstrip(" ")) and (new_list or after_code):
            yield "", False
        if item:
            levels.append(column + item.end())
            after_code = False
        fence = _FENCE.match(line)
        if fence:
            closes, after_code = fence[1], True
        before = line
        yield _shifted(line, shift), bool(fence)


def _shifted(line: str, by: int) -> str:
    if not line.strip() or by == 0:
        return line
    return " " * by + line if by > 0 else line[-by:]
