"""The documentation at `/guide/`: what browsers get of it, and what nobody gets."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from serve_app.description import guide
from tests.support.http.http_service import Site, site

PAGE = b"<!doctype html><h1>Jobs</h1>" + b"<p>word</p>" * 200


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    built = tmp_path / "dist"
    (built / "docs" / "api").mkdir(parents=True)
    (built / "assets").mkdir()
    (built / "index.html").write_text("<!doctype html><h1>Retender</h1>")
    (built / "docs" / "index.html").write_text("<!doctype html><h1>Documentation</h1>")
    (built / "docs" / "api" / "jobs.html").write_bytes(PAGE)
    (built / "docs" / "api" / "jobs.html.gz").write_bytes(gzip.compress(PAGE))
    (built / "assets" / "bundle.1.js").write_text("// search")
    (tmp_path / "secret.js").write_text("for nobody")
    monkeypatch.setattr(guide, "FOLDER", built)
    return built


@pytest.fixture
async def here(folder: Path, tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path / "data") as opened:
        yield opened


@pytest.mark.parametrize("path", ["/guide", "/guide/", "/guide/docs", "/guide/docs/"])
async def test_a_folder_shows_its_first_page_below_its_own_address(here: Site, path: str) -> None:
    answer = await here.http.get(path, follow_redirects=True)
    assert answer.status_code == 200
    assert answer.url.path == path.rstrip("/") + "/"
    assert "<h1>" in answer.text


async def test_a_page_may_run_files_of_the_service_and_no_others(here: Site) -> None:
    answer = await here.http.get("/guide/docs/api/jobs.html")
    assert answer.content == PAGE
    policy = answer.headers["Content-Security-Policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert scripts == "script-src 'self'"
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_page_travels_compressed_and_only_once(here: Site) -> None:
    answer = await here.http.get("/guide/docs/api/jobs.html")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Cache-Control"] == "no-cache"
    kept = {"If-None-Match": answer.headers["ETag"]}
    assert (await here.http.get("/guide/docs/api/jobs.html", headers=kept)).status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "/guide/../secret.js",
        "/guide/..%2Fsecret.js",
        "/guide/docs/..%2F..%2Fsecret.js",
        "/guide/%2Fetc/passwd",
        "/guide/.hidden.js",
        "/guide/assets/",
        "/guide/docs/nowhere.html",
        "/guide/docs/api/jobs.html.gz",
    ],
)
async def test_nothing_else_is_given_out(here: Site, path: str) -> None:
    url = httpx.URL(here.url).copy_with(raw_path=path.encode())
    answer = await here.http.get(url)
    assert answer.status_code in {404, 422}
    assert "for nobody" not in answer.text


async def test_without_a_built_site_it_is_said_how_to_build_it(here: Site, folder: Path) -> None:
    (folder / "index.html").unlink()
    answer = await here.http.get("/guide/")
    assert answer.status_code == 404
    assert "make site" in answer.text
