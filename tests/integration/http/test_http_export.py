"""Transcripts of many jobs as one ZIP, and as documents."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import docx
import pytest

from retender.transcript import word_document
from serve_app.access.api_keys import listed
from serve_app.access.key_file import Keyring
from tests.support.http.http_service import Site, says, site


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as opened:
        for job_id in "abc":
            await opened.ended(await opened.submit(says("word", job_id), job_id))
        for job_id in "ab":
            await opened.http.patch(f"/job/{job_id}", json={"name": "Reunión.m4a"})
        yield opened


def unzipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


async def test_many_transcripts_come_in_one_file_with_their_edits(here: Site) -> None:
    edit = {"segments": [{"id": 0, "start": 0, "end": 1, "text": "edited"}]}
    await here.http.put("/job/b/transcript", json=edit, headers={"If-Match": '"0"'})
    answer = await here.http.get("/jobs/export", params={"ids": "a,b,c,a", "format": "txt"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    assert unzipped(answer.content) == {
        "Reunión.txt": b"word a\n",
        "Reunión (2).txt": b"edited\n",
        "c.txt": b"word c\n",
    }


async def test_documents_can_be_exported_and_downloaded(here: Site) -> None:
    answer = await here.http.get("/jobs/export?ids=a&format=docx")
    (document,) = unzipped(answer.content).values()
    single = await here.http.get("/job/a/result?format=docx")
    assert "wordprocessingml" in single.headers["content-type"]
    for data in (document, single.content):
        texts = [each.text for each in docx.Document(io.BytesIO(data)).paragraphs]
        assert texts == ["Reunión.m4a", "0:00:00  word a"]


async def test_without_the_extra_a_document_is_refused_with_its_name(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_document, "find_spec", lambda _: None)
    for path in ("/jobs/export?ids=a&format=docx", "/job/a/result?format=docx"):
        answer = await here.http.get(path)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (422, "invalid_option")
        assert "retender[docx]" in error["message"]


async def test_nothing_is_exported_where_one_of_the_jobs_has_no_transcript(here: Site) -> None:
    await here.submit(says("slow", takes=60.0), "slow")
    for ids, status, code in (
        ("a,slow", 409, "not_completed"),
        ("a,nowhere", 404, "job_not_found"),
        (",", 422, "invalid_option"),
        (",".join(map(str, range(201))), 422, "invalid_option"),
    ):
        answer = await here.http.get("/jobs/export", params={"ids": ids})
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_jobs_of_others_are_not_exported(tmp_path: Path) -> None:
    mine, yours = "a" * 24, "b" * 24
    async with site(tmp_path, keys=Keyring((listed(mine), listed(yours)))) as here:
        await here.ended(await here.submit(says("same"), "x", owner=listed(mine).owner))
        for key, status in ((mine, 200), (yours, 404)):
            answer = await here.http.get("/jobs/export?ids=x", headers={"X-API-Key": key})
            assert answer.status_code == status
