"""Reads the page of a project in a package index, in HTML (PEP 503) or JSON (PEP 691)."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import msgspec

from retender import foreign_json

JSON: Final = "application/vnd.pypi.simple.v1+json"
ACCEPTED: Final = f"{JSON}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"

_SEPARATORS: Final = re.compile(r"[-_.]+")


class IndexLink(msgspec.Struct, frozen=True):
    """A file in the index."""

    name: str
    url: str
    sha256: str = ""
    """Empty if the index does not say."""
    size: int = 0
    """0 if the index does not say."""


def page_url(index: str, project: str) -> str:
    """The URL of the project's page."""
    return f"{index.rstrip('/')}/{_SEPARATORS.sub('-', project).lower()}/"


def links(body: bytes, kind: str, url: str) -> tuple[IndexLink, ...]:
    """The files on a page that came from this URL. `kind` is its content type. Raises `ValueError`
    if it is no such page."""
    if kind.partition(";")[0].strip().lower() == JSON:
        try:
            project = foreign_json.decode(body, _Project)
        except msgspec.MsgspecError as error:
            raise ValueError(f"the index's answer makes no sense: {error}") from error
        return tuple(
            IndexLink(
                file.filename, urljoin(url, file.url), file.hashes.get("sha256", ""), file.size
            )
            for file in project.files
        )
    anchors = _Anchors()
    anchors.feed(body.decode(errors="replace"))
    return tuple(_link(urljoin(url, reference)) for reference in anchors.references)


def _link(reference: str) -> IndexLink:
    url, fragment = urldefrag(reference)
    algorithm, _, digest = fragment.partition("=")
    name = unquote(urlsplit(url).path.rpartition("/")[2])
    return IndexLink(name, url, digest if algorithm == "sha256" else "")


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.references: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        reference = dict(attrs).get("href")
        if tag == "a" and reference:
            self.references.append(reference)


class _File(msgspec.Struct):
    filename: str
    url: str
    hashes: dict[str, str] = {}
    size: int = 0


class _Project(msgspec.Struct):
    files: list[_File]
