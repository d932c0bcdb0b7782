"""Search and order of lists as clients see them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from serve_app.access.api_keys import listed
from serve_app.access.key_file import Keyring
from tests.support.http.http_service import Site, says, site


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as opened:
        for job_id, words in (("a", "La Reunión"), ("b", "nothing"), ("c", "reunion again")):
            await opened.ended(await opened.submit(says(*words.split()), job_id))
        yield opened


async def ask(here: Site, **query: str) -> Any:
    answer = await here.http.get("/jobs", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(page: Any) -> list[str]:
    return [job["job_id"] for job in page["jobs"]]


async def test_a_job_is_found_with_what_was_found_and_when_it_is_said(here: Site) -> None:
    page = await ask(here, q="REUNION")
    assert ids(page) == ["c", "a"]
    job = page["jobs"][1]
    assert job["snippet"] == "La Reunión"
    assert job["snippet_parts"] == ["La ", "Reunión", ""]
    assert job["snippet_time"] == 0.0


async def test_one_found_by_its_name_has_no_snippet(here: Site) -> None:
    await here.http.patch("/job/b", json={"name": "Reunión"})
    page = await ask(here, q="reunion")
    assert ids(page) == ["c", "b", "a"]
    assert page["jobs"][1]["snippet"] is None


async def test_edits_are_found_and_what_is_forgotten_is_not(here: Site) -> None:
    edit = {"segments": [{"id": 0, "start": 3.5, "end": 4.0, "text": "budget"}]}
    await here.http.put("/job/a/transcript", json=edit, headers={"If-Match": '"0"'})
    assert ids(await ask(here, q="reunion")) == ["c"]
    assert (await ask(here, q="budget"))["jobs"][0]["snippet_time"] == 3.5
    await here.http.delete("/job/c?forget=true")
    assert ids(await ask(here, q="reunion")) == []


async def test_order_state_words_and_pages_go_together(here: Site) -> None:
    assert ids(await ask(here, sort="oldest")) == ["a", "b", "c"]
    first = await ask(here, q="reunion", sort="oldest", status="completed", limit="1")
    assert ids(first) == ["a"]
    second = await ask(here, q="reunion", sort="oldest", limit="1", cursor=first["next_cursor"])
    assert (ids(second), second["next_cursor"]) == (["c"], None)
    assert ids(await ask(here, q="reunion", status="failed")) == []


async def test_an_empty_search_is_none(here: Site) -> None:
    assert ids(await ask(here, q=" ")) == ["c", "b", "a"]
    assert "snippet" not in (await ask(here))["jobs"][0]


@pytest.mark.parametrize(("field", "value"), [("q", "x" * 201), ("sort", "best")])
async def test_what_cannot_be_asked_is_refused(here: Site, field: str, value: str) -> None:
    answer = await here.http.get("/jobs", params={field: value})
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (422, field)


async def test_a_key_finds_its_own_jobs(tmp_path: Path) -> None:
    mine, yours = "a" * 24, "b" * 24
    async with site(tmp_path, keys=Keyring((listed(mine), listed(yours)))) as here:
        for job_id, key in (("x", mine), ("y", yours)):
            await here.ended(await here.submit(says("same"), job_id, owner=listed(key).owner))
        answer = await here.http.get("/jobs?q=same", headers={"X-API-Key": mine})
        assert ids(answer.json()) == ["x"]
