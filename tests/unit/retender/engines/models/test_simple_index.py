"""Pages of package indexes, as they come in the wild."""

from __future__ import annotations

import json

import pytest

from retender.engines.models.sources.simple_index import JSON, IndexLink, links, page_url

URL = "https://mirror.example/root/simple/some-model/"


@pytest.mark.parametrize(
    "index", ["https://mirror.example/simple", "https://mirror.example/simple/"]
)
@pytest.mark.parametrize("project", ["Some_Model", "some.model", "some--model"])
def test_a_projects_page_has_its_normal_name(index: str, project: str) -> None:
    assert page_url(index, project) == "https://mirror.example/simple/some-model/"


def test_links_may_be_relative_or_whole_with_a_hash_or_without() -> None:
    page = b"""<!DOCTYPE html><html><head><meta name="x" content="1.1"></head><body>
    <a href="../../files/a%2Bb-1.whl#sha256=abc" data-requires-python="&gt;=3">a+b-1.whl</a>
    <A HREF='https://files.example/b-1.whl#md5=abc'>b-1.whl</A>
    <a>nothing</a></body></html>"""
    assert links(page, "text/html; charset=utf-8", URL) == (
        IndexLink("a+b-1.whl", "https://mirror.example/root/files/a%2Bb-1.whl", "abc"),
        IndexLink("b-1.whl", "https://files.example/b-1.whl"),
    )


def test_the_newer_form_tells_sizes_too() -> None:
    file = {"filename": "a-1.whl", "url": "../a-1.whl", "hashes": {"sha256": "abc"}, "size": 7}
    body = json.dumps({"meta": {"api-version": "1.1"}, "name": "a", "files": [file]}).encode()
    assert links(body, f"{JSON}", URL) == (
        IndexLink("a-1.whl", "https://mirror.example/root/simple/a-1.whl", "abc", 7),
    )


def test_what_is_no_such_page_is_told() -> None:
    with pytest.raises(ValueError, match="makes no sense"):
        links(b"<html>", JSON, URL)
    assert links(b"\xff\x00 not a page", "text/html", URL) == ()
