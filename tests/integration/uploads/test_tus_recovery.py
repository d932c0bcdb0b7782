"""Resumable uploads after a restart, a kill or a loss."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from actors.manager.job_manager import JobManager
from retender.errors import NoAnswer
from retender.jobs.submission import Receipt
from retender.storage.partial_uploads import Origin
from serve_app.state.asking import AskPolicy
from serve_app.uploads import arrivals
from tests.support.http.http_service import Site, site
from tests.support.http.tus_client import (
    RECORDING,
    append,
    create,
    created,
    offset,
)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as opened:
        yield opened


async def test_an_upload_goes_on_after_the_service_has_started_anew(tmp_path: Path) -> None:
    async with site(tmp_path) as here:
        path = httpx.URL(await created(here)).path
        await append(here, path, RECORDING[:10], 0)
    async with site(tmp_path) as here:
        assert await offset(here, path) == 10
        answer = await append(here, path, RECORDING[10:], 10)
        await here.ended(answer.headers["Retender-Job-Id"])
        body: Any = await here.job(answer.headers["Retender-Job-Id"])
        assert body["result"]["text"] == "piece by piece"


@pytest.mark.parametrize("lost", ["adopt", "audio_arrived"])
async def test_an_upload_that_was_whole_when_the_service_died_is_handed_on_by_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    async def dies(*_: object, **__: object) -> Receipt:
        raise NoAnswer("gone")

    dies.__name__ = lost
    async with site(tmp_path) as here:
        path = httpx.URL(await created(here)).path
        with monkeypatch.context() as patch:
            patch.setattr(arrivals, "SUBMITTING", AskPolicy(3, 0.0))
            if lost == "adopt":
                patch.setattr(type(here.services.blobs), "adopt", dies)
            else:
                patch.setattr(JobManager, "audio_arrived", dies)
            answer = await append(here, path, RECORDING, 0)
            assert answer.status_code == 503
            assert any((tmp_path / "partial").iterdir())
    async with site(tmp_path) as here:
        job_id = path.rpartition("/")[2]
        await here.ended(job_id)
        body: Any = await here.job(job_id)
        assert body["result"]["text"] == "piece by piece"
        assert not any((tmp_path / "partial").iterdir())


async def test_an_upload_that_was_whole_and_not_handed_on_is_when_its_client_asks(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(*_: object, **__: object) -> Receipt:
        raise NoAnswer("gone")

    silent.__name__ = "audio_arrived"
    location = await created(here)
    with monkeypatch.context() as patch:
        patch.setattr(arrivals, "SUBMITTING", AskPolicy(3, 0.0))
        patch.setattr(JobManager, "audio_arrived", silent)
        assert (await append(here, location, RECORDING, 0)).status_code == 503
    assert await offset(here, location) == len(RECORDING)
    job_id = location.rpartition("/")[2]
    await here.ended(job_id)
    body: Any = await here.job(job_id)
    assert body["status"] == "completed"


async def test_an_upload_whose_job_is_over_is_swept_away(tmp_path: Path) -> None:
    async with site(tmp_path) as here:
        answer = await create(here)
        await created(here)
        stray = Origin(job_id="stray", size=5, created_at=0.0)
        await here.services.partials.create(stray)
        await here.http.delete(f"/job/{answer.headers['Retender-Job-Id']}")
        await arrivals.clean_up(here.services, lambda _: None)
        assert len(list((tmp_path / "partial").iterdir())) == 1


async def test_an_upload_that_was_whole_and_is_lost_fails_its_job(here: Site) -> None:
    answer = await create(here)
    job_id = answer.headers["Retender-Job-Id"]
    async with here.services.partials.open(job_id) as writing:
        await writing.write(RECORDING)
        await writing.seal()
        writing.path.unlink()
    await arrivals.clean_up(here.services, lambda _: None)
    body: Any = await here.job(job_id)
    assert (body["status"], body["error"]["code"]) == ("failed", "upload_expired")
