"""The deployed service, on either profile, with the real functions of `convex/` behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from tests.support.convex.functions import KEY, Functions
from tests.support.http.command import retender
from tests.support.http.deployed_service import DEADLINE, end_of, hand_in, served
from tests.support.sound.speech import needs_speech, say

pytestmark = needs_speech

ANA = "https://auth|ana"
WORDS = ["one two three", "four five six", "seven eight nine", "tango mike bravo"]


async def until(so: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not await asyncio.to_thread(so):  # noqa: ASYNC110 - it is another process' doing
            await asyncio.sleep(0.1)


async def test_a_recording_becomes_a_row_and_a_kill_with_a_full_outbox_loses_none(
    tmp_path: Path, profile: str, convex: Functions
) -> None:
    settings = {
        "RETENDER_PROFILE": profile,
        "CONVEX_URL": convex.url,
        "CONVEX_API_KEY": KEY,
    }
    with served(tmp_path, **settings) as service:
        async with service.asking() as http:
            first = await hand_in(http, say(WORDS[0]).path, language="en", user_id=ANA)
            polled = [await end_of(http, first)]
            await until(lambda: (convex.job(first) or {}).get("status") == "completed")
            await asyncio.to_thread(convex.down)
            later = [await hand_in(http, say(each).path, language="en") for each in WORDS[1:]]
            polled += [await end_of(http, job_id) for job_id in later]
            health = (await http.get("/health")).json()
        service.kill()
        logged = service.log.read_text()
    await asyncio.to_thread(convex.up)
    with served(tmp_path, **settings) as second:
        names = [first, *later]
        await until(lambda: all((convex.job(each) or {}).get("version") for each in names))
        await until(lambda: all((convex.job(e) or {})["status"] == "completed" for e in names))
        logged += second.log.read_text()

    assert health["convex"]["parked"] == 0
    shown = await asyncio.to_thread(convex.shown, first, ANA)
    assert shown is not None
    assert shown["transcript"] == "whole"
    for job in polled:
        row = await asyncio.to_thread(convex.job, job["job_id"])
        assert row is not None
        assert row["version"] == job["seq"]
        assert await asyncio.to_thread(convex.text, job["job_id"]) == job["result"]["text"]
        ends = [
            each
            for each in convex.requests(job["job_id"])
            if each["job_status"] == "completed" and (each["answer"] or {}).get("applied")
        ]
        assert len(ends) == 1
    assert KEY not in logged


async def test_the_command_sends_what_was_refused(tmp_path: Path, convex: Functions) -> None:
    await asyncio.to_thread(convex.variables, RETENDER_API_KEY="another-key-altogether")
    settings = {"CONVEX_URL": convex.url, "CONVEX_API_KEY": KEY}
    with served(tmp_path, **settings) as service:
        async with service.asking() as http:
            job_id = await hand_in(http, say(WORDS[0]).path, language="en")
            await end_of(http, job_id)
            async with asyncio.timeout(DEADLINE):
                while (await http.get("/health")).json()["convex"]["parked"] != 1:
                    await asyncio.sleep(0.05)
        await asyncio.to_thread(convex.variables, RETENDER_API_KEY=KEY)
        done = await retender(tmp_path, "convex", "retry", "--server", service.url)
        await until(lambda: (convex.job(job_id) or {}).get("status") == "completed")
    assert (done.code, done.out) == (0, "1 job is sent to Convex again\n")


async def test_the_doctor_says_whether_the_endpoint_takes_the_key(
    tmp_path: Path, convex: Functions
) -> None:
    well = await retender(tmp_path, "doctor", CONVEX_URL=convex.url, CONVEX_API_KEY=KEY)
    wrong = await retender(tmp_path, "doctor", CONVEX_URL=convex.url, CONVEX_API_KEY="wrong")
    await asyncio.to_thread(
        convex.variables, RETENDER_API_KEY="the-new-one", RETENDER_API_KEY_PREVIOUS=KEY
    )
    old = await retender(tmp_path, "doctor", CONVEX_URL=convex.url, CONVEX_API_KEY=KEY)
    await asyncio.to_thread(convex.variables, RETENDER_API_KEY_PREVIOUS=None)
    assert f"{convex.url} takes the key" in well.out
    assert "it refuses the key" in wrong.out
    assert wrong.code == 1
    assert "as the previous one" in old.out
    assert convex.requests() == []
