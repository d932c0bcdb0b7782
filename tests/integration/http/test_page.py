"""The page at `/`: what browsers get, what they may keep, and what nobody gets."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from serve_app.page import routes
from tests.support.http.http_service import Site, site

SCRIPT = b"export const answer = 42;" * 100


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    built = tmp_path / "dist"
    (built / "assets").mkdir(parents=True)
    (built / "page").mkdir()
    (built / "index.html").write_text('<!doctype html><script src="./assets/a-1.js"></script>')
    (built / "assets" / "a-1.js").write_bytes(SCRIPT)
    (built / "assets" / "a-1.js.gz").write_bytes(gzip.compress(SCRIPT))
    (built / "sw.js").write_text("// takes what is shared")
    (built / "page" / "sample.ogg").write_bytes(b"OggS" * 50)
    (tmp_path / "secret.js").write_text("secret")
    monkeypatch.setattr(routes, "FOLDER", built)
    return built


@pytest.fixture
async def here(folder: Path, tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path / "data") as opened:
        yield opened


async def test_the_page_is_asked_for_anew_each_time_and_costs_nothing_if_the_same(
    here: Site,
) -> None:
    answer = await here.http.get("/")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["Cache-Control"] == "no-cache"
    again = await here.http.get("/", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_the_page_may_run_its_own_files_and_nothing_else(here: Site) -> None:
    policy = (await here.http.get("/")).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "frame-ancestors 'none'" in policy


async def test_the_service_worker_is_beside_the_page_and_never_kept(here: Site) -> None:
    answer = await here.http.get("/sw.js")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "connect-src 'self'" in answer.headers["Content-Security-Policy"]


async def test_what_is_shared_past_the_service_worker_leads_to_the_page_which_tells(
    here: Site,
) -> None:
    answer = await here.http.post("/share", files={"files": ("a.ogg", b"OggS")})
    assert (answer.status_code, answer.headers["Location"]) == (303, "./#/?lost=share")


async def test_files_named_by_their_content_are_kept_for_good(here: Site) -> None:
    answer = await here.http.get("/assets/a-1.js")
    assert answer.content == SCRIPT
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("offered", "encoding"),
    [("gzip, br", "gzip"), ("br", None), ("", None), ("gzip;q=0", None)],
)
async def test_who_takes_the_compressed_copy_gets_it(
    here: Site, offered: str, encoding: str | None
) -> None:
    answer = await here.http.get("/assets/a-1.js", headers={"Accept-Encoding": offered})
    assert answer.headers.get("Content-Encoding") == encoding
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.content == SCRIPT


async def test_a_sample_can_be_read_in_parts(here: Site) -> None:
    answer = await here.http.get("/page/sample.ogg", headers={"Range": "bytes=0-3"})
    assert (answer.status_code, answer.content) == (206, b"OggS")
    assert answer.headers["Content-Type"] == "audio/ogg"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../../secret.js",
        "/assets/..%2F..%2Fsecret.js",
        "/assets/%2e%2e/index.html",
        "/assets/.hidden.js",
        "/assets/a-1.js.gz",
        "/assets/",
        "/assets/nowhere.js",
        "/page/a-1.js",
    ],
)
async def test_nothing_else_is_given_out(here: Site, path: str) -> None:
    url = httpx.URL(here.url).copy_with(raw_path=path.encode())
    answer = await here.http.get(url)
    assert answer.status_code in {404, 422}
    assert "error" in answer.json()


async def test_a_wrong_address_of_the_service_is_still_told_in_its_own_shape(here: Site) -> None:
    answer = await here.http.get("/nowhere", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


async def test_the_page_is_not_written_to(here: Site) -> None:
    assert (await here.http.post("/")).status_code == 405


async def test_without_a_built_page_it_is_said_how_to_build_it(here: Site, folder: Path) -> None:
    (folder / "index.html").unlink()
    answer = await here.http.get("/")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "make page" in answer.text
