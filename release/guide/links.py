"""What is wrong with a site: links that lead nowhere, files of other hosts, scripts inside."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

_LOADED: Final = {("script", "src"), ("link", "href"), ("img", "src"), ("source", "src")}
_DATA: Final = {"application/json", "application/ld+json"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.inline = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids.add(given["id"])
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        self.loaded += [given[name] for of, name in _LOADED if of == tag and name in given]
        if tag == "script" and "src" not in given and given.get("type") not in _DATA:
            self.inline += 1
        self.inline += sum(name.startswith("on") for name in given)


def faults(site: Path) -> list[str]:
    """One sentence for each."""
    pages = {page.resolve(): _read(page) for page in sorted(site.rglob("*.html"))}
    return [
        f"{page.relative_to(site.resolve())}: {fault}"
        for page, reader in pages.items()
        # Shown at any wrong address; the service has an answer of its own.
        if page.name != "404.html"
        for fault in _of_page(page, reader, pages)
    ]


def _read(page: Path) -> _Reader:
    reader = _Reader()
    reader.feed(page.read_text())
    return reader


def _of_page(page: Path, reader: _Reader, pages: dict[Path, _Reader]) -> Iterator[str]:
    if reader.inline:
        yield "a script is inside the page"
    for address in reader.loaded:
        parts = urlsplit(address)
        if parts.scheme == "data":
            continue
        if parts.scheme or parts.netloc:
            yield f"{address} is loaded from another host"
        elif not (page.parent / unquote(parts.path)).is_file():
            yield f"{address} is not there"
    for address in reader.links:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            continue
        file = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        file = file / "index.html" if file.is_dir() else file
        if not file.is_file():
            yield f"{address} leads nowhere"
        elif parts.fragment and file in pages and unquote(parts.fragment) not in pages[file].ids:
            yield f"{address} leads to no heading"
