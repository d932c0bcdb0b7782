"""The site of the documentation has every page, and its links lead somewhere."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from release.guide import links
from release.guide.__main__ import MERMAID, build
from release.guide.pages import BrokenLink, indented, listed, write
from tests.support.docs import pages
from tests.support.paths import PROJECT


def test_every_page_of_the_project_is_in_the_site() -> None:
    written = {page.relative_to(PROJECT).as_posix() for page in pages()}
    assert set(listed(PROJECT / "mkdocs.yml")) == written


def test_a_list_is_a_list_for_the_generator_too() -> None:
    lines = ["text", "1. one", "   ```sh", "   run", "   ```", "   more", "2. two"]
    assert [line for line, _ in indented(lines)] == [
        *("text", "", "1. one", "    ```sh", "    run", "    ```", "    more", "", "2. two"),
    ]


def test_a_page_that_links_to_nothing_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("[there](nowhere.md)")
    with pytest.raises(BrokenLink, match=r"page\.md links to nowhere\.md"):
        write(tmp_path, ["page.md"], tmp_path / "out")


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('<a href="nowhere.html">', "leads nowhere"),
        ('<a href="#nowhere">', "leads to no heading"),
        ('<script src="https://example.org/a.js"></script>', "from another host"),
        ("<script>run()</script>", "a script is inside the page"),
        ('<img src="missing.png">', "is not there"),
    ],
)
def test_what_is_wrong_with_a_site_is_noticed(tmp_path: Path, body: str, fault: str) -> None:
    (tmp_path / "index.html").write_text(f'<h1 id="a">A</h1><a href="#a">a</a>{body}')
    (found,) = links.faults(tmp_path)
    assert fault in found


@pytest.mark.skipif(
    find_spec("zensical") is None or not MERMAID.is_file(),
    reason="make site installs what it needs",
)
def test_the_site_is_built_without_a_fault(tmp_path: Path) -> None:
    build(PROJECT, tmp_path / "scratch", tmp_path / "site")
    names = listed(PROJECT / "mkdocs.yml")
    assert len(list((tmp_path / "site").rglob("*.html"))) >= len(names)
    tutorial = (tmp_path / "site" / "docs" / "tutorial.html").read_text()
    assert "The first transcript" in tutorial
