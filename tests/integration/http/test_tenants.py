"""What the holder of one key learns of another's recordings, and what it may take from others."""

from __future__ import annotations

import secrets
from base64 import b64encode
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from actors.manager.job_manager import JobManager
from retender.jobs.states import Status
from retender.jobs.submission import Submission
from serve_app.access.api_keys import Key, Scope, make
from serve_app.access.key_file import Keyring
from serve_app.limits import HIGHEST_PRIORITY
from tests.support.engines.scripted import Script
from tests.support.http.http_service import MANAGER, PLAIN, Site, says, site

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


# Priorities

HURRIED = holder(owner="ana", priority_max=5)
PATIENT = holder(owner="ana", priority_max=-3)
CHIEF = holder(scopes=[Scope.ADMIN])
RANGES = Keyring([each.key for each in (ANA, HURRIED, PATIENT, CHIEF)])


async def ways_to_submit(here: Site, who: Holder, priority: int) -> list[Any]:
    """The answers to all kinds of submissions with this priority."""
    recording = says("hello").recorded()
    form: dict[str, Any] = {
        "files": {"file": ("a.wav", recording)},
        "data": {"priority": str(priority)},
        "headers": who.headers,
    }
    openai = {**form, "data": {"priority": str(priority), "model": "whisper-1"}}
    tus = {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": str(len(recording)),
        "Upload-Metadata": f"priority {b64encode(str(priority).encode()).decode()}",
    }
    query = {"priority": str(priority), "filename": "a.wav"}
    return [
        await here.http.post("/transcribe-job", **form),
        await here.http.post("/transcribe", **form),
        await here.http.put(
            "/transcribe-job", params=query, content=recording, headers=who.headers
        ),
        await here.http.post("/uploads", headers={**who.headers, **tus}),
        await here.http.post("/v1/audio/transcriptions", **openai),
    ]


async def accepted(here: Site, who: Holder, priority: int) -> bool:
    """Whether all ways to submit agree to accept, or to refuse with the field named."""
    answers = await ways_to_submit(here, who, priority)
    if all(answer.is_success for answer in answers):
        return True
    *own, openai = answers
    assert {answer.status_code for answer in own} == {422}
    assert {answer.json()["error"]["code"] for answer in own} == {"invalid_option"}
    assert {answer.json()["error"]["details"]["field"] for answer in own} == {"priority"}
    assert openai.status_code == 400
    assert "priority" in openai.json()["error"]["message"]
    return False


async def test_a_key_passes_others_only_as_far_as_it_may(tmp_path: Path) -> None:
    async with site(tmp_path, keys=RANGES) as here:
        usual = [await accepted(here, ANA, priority) for priority in (-10, 0, 1, 10)]
        hurried = [await accepted(here, HURRIED, priority) for priority in (5, 6)]
        chief = [await accepted(here, CHIEF, priority) for priority in (-10, 10)]

    assert usual == [True, True, False, False]
    assert hurried == [True, False]
    assert chief == [True, True]


async def test_a_job_without_a_priority_has_its_keys_highest_if_that_is_below_zero(
    tmp_path: Path,
) -> None:
    async with site(tmp_path, keys=RANGES, workers=False) as here:
        files = {"file": ("a.wav", says("hello").recorded())}
        answer = await here.http.post("/transcribe-job", files=files, headers=PATIENT.headers)
        job = await here.services.manager.ask(JobManager.status, answer.json()["job_id"])

    assert job.job.priority == -3


async def test_the_refusal_says_which_priorities_the_key_may_give(tmp_path: Path) -> None:
    async with site(tmp_path, keys=RANGES) as here:
        files = {"file": ("a.wav", says("hello").recorded())}
        told = {}
        for language in ("en", "es"):
            answer = await here.http.post(
                "/transcribe-job",
                files=files,
                data={"priority": "6"},
                headers={**HURRIED.headers, "Accept-Language": language},
            )
            told[language] = answer.json()["error"]

    assert told["en"]["details"]["accepted"] == "a whole number from -10 to 5"
    assert told["en"]["message"] == (
        "priority cannot be 6: you may give whole numbers from -10 to 5"
    )
    assert told["es"]["message"] == "«priority» puede ser como mucho 5 para ti, y has pedido 6."


@pytest.mark.parametrize(
    ("setting", "keys", "highest"),
    [
        (None, Keyring(), 10),
        (2, Keyring(), 2),
        (2, Keyring([ANA.key]), 2),
    ],
    ids=["no keys", "no keys, set", "a key without a range of its own, set"],
)
async def test_the_setting_is_for_callers_without_a_range_of_their_own(
    tmp_path: Path, setting: int | None, keys: Keyring, highest: int
) -> None:
    settings = msgspec.structs.replace(PLAIN, priority_max=setting)
    async with site(tmp_path, keys=keys, settings=settings) as here:
        assert await accepted(here, ANA, highest)
        if highest < HIGHEST_PRIORITY:
            assert not await accepted(here, ANA, highest + 1)
