"""What the holder of one key learns of another's recordings, and what it may take from others."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from actors.manager.job_manager import JobManager
from retender.jobs.states import Status
from retender.jobs.submission import Submission
from serve_app.access.api_keys import Key, make
from serve_app.access.key_file import Keyring
from tests.support.engines.scripted import Script
from tests.support.http.http_service import MANAGER, Site, says, site

SHARED = msgspec.structs.replace(MANAGER, shared_cache=True)


class Holder(NamedTuple):
    """Of a key."""

    text: str
    key: Key

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.text}"}


def holder(**about: Any) -> Holder:
    return Holder(*make(secrets.token_hex, at=1.0, **about))


ANA = holder(owner="ana")
ANA_AT_WORK = holder(owner="ana")
BEN = holder(owner="ben")
ALL = Keyring([each.key for each in (ANA, ANA_AT_WORK, BEN)])


async def transcribed(here: Site, who: Holder, script: Script) -> None:
    files = {"file": ("a.wav", script.recorded())}
    answer = await here.http.post("/transcribe", files=files, headers=who.headers)
    assert answer.status_code == 200, answer.text


async def state_after_submission(here: Site, who: Holder, script: Script) -> str:
    files = {"file": ("a.wav", script.recorded())}
    answer = await here.http.post("/transcribe-job", files=files, headers=who.headers)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["status"])


async def state_after_arrival(here: Site, who: Holder, script: Script) -> Status:
    """Of a job whose recording arrives later, as in a resumable upload."""
    new = Submission(job_id=here.services.new_id(), owner=who.key.owner)
    await here.services.manager.ask(JobManager.submit, new)
    arrived = await here.services.manager.ask(JobManager.audio_arrived, new.job_id, script.audio())
    return arrived.job.status


async def test_nobody_learns_from_its_answer_that_another_has_sent_the_same_recording(
    tmp_path: Path,
) -> None:
    async with site(tmp_path, keys=ALL) as here:
        await transcribed(here, ANA, says("secret"))

        assert await state_after_submission(here, BEN, says("secret")) == "queued"
        assert await state_after_submission(here, ANA_AT_WORK, says("secret")) == "completed"


async def test_nor_does_it_when_the_recording_arrives_after_its_job(tmp_path: Path) -> None:
    async with site(tmp_path, keys=ALL) as here:
        await transcribed(here, ANA, says("secret"))

        assert await state_after_arrival(here, BEN, says("secret")) is Status.QUEUED
        assert await state_after_arrival(here, ANA_AT_WORK, says("secret")) is Status.COMPLETED


async def test_where_the_owner_of_the_service_says_so_results_are_for_all(tmp_path: Path) -> None:
    async with site(tmp_path, keys=ALL, manager=SHARED) as here:
        await transcribed(here, ANA, says("public"))

        assert await state_after_submission(here, BEN, says("public")) == "completed"
        assert await state_after_arrival(here, BEN, says("public")) is Status.COMPLETED


@pytest.mark.parametrize("manager", [MANAGER, SHARED])
async def test_without_keys_there_is_one_owner(tmp_path: Path, manager: Any) -> None:
    async with site(tmp_path, manager=manager) as here:
        nobody = Holder("any", ANA.key)
        await transcribed(here, nobody, says("mine"))

        assert await state_after_submission(here, nobody, says("mine")) == "completed"
