"""A recording goes in over HTTP and its words come out, whichever way it is handed in, watched,
fetched, handed in again, called off, or given another chance.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path

import httpx
import pytest

from deployments.wiring.resources import cores
from tests.support.engines.recognition_service import linux_only
from tests.support.http.deployed_service import DEADLINE, Served, end_of, hand_in, job, served
from tests.support.http.live_client import Returning, eventually, in_steps, viewing
from tests.support.paths import DIGITS
from tests.support.sound.speech import Recording, needs_speech, one_file, say, talk
from tests.support.sound.undisturbed import ENGLISH, heard_alone

pytestmark = needs_speech

TUS = {"Tus-Resumable": "1.0.0"}
PART = 200_000
NOT_THE_MODEL = shutil.ignore_patterns("train", "*.md")

STILL = 0.1
"""CPU seconds in a second in which nobody computes; a worker that hears takes what it can get."""
WINDOW = 10.0
"""Seconds of audio that go into one native call, which nothing can interrupt."""
LANES = 3
"""So many calls are under way at most."""

Way = Callable[[httpx.AsyncClient, bytes], Coroutine[None, None, str]]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, profile: str) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("data")
    with served(folder, RETENDER_PROFILE=profile, MAX_FILE_SIZE_MB="60") as service:
        yield service


@pytest.fixture(scope="module")
def recording() -> Recording:
    return talk(20, "en", seed=3)


@pytest.fixture(scope="module")
def text(recording: Recording) -> str:
    """What is heard in it undisturbed."""
    return heard_alone(recording, ENGLISH).text


@pytest.fixture(scope="module")
def long() -> Recording:
    """Nearly five minutes."""
    return one_file(talk(140, "en", seed=1), talk(140, "en", seed=2))


async def by_form(http: httpx.AsyncClient, sound: bytes) -> str:
    files = {"file": ("talk.wav", sound, "audio/wav")}
    answer = await http.post("/transcribe-job", files=files, data={"language": "en"})
    return str(answer.json()["job_id"])


async def by_body(http: httpx.AsyncClient, sound: bytes) -> str:
    answer = await http.put("/transcribe-job", params={"filename": "talk.wav"}, content=sound)
    return str(answer.json()["job_id"])


async def by_parts(http: httpx.AsyncClient, sound: bytes) -> str:
    asked = {"Upload-Length": str(len(sound)), "Upload-Metadata": "word_timestamps dHJ1ZQ=="}
    upload = (await http.post("/uploads", headers=TUS | asked)).headers["Location"]
    for at in range(0, len(sound), PART):
        kind = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(at)}
        answer = await http.patch(upload, content=sound[at : at + PART], headers=TUS | kind)
        assert answer.status_code == 204
    return answer.headers["Retender-Job-Id"]


@pytest.mark.parametrize("way", [by_form, by_body, by_parts])
async def test_what_is_spoken_is_told_as_it_is_heard_and_is_there_at_the_end(
    way: Way, service: Served, recording: Recording, text: str
) -> None:
    async with service.asking() as http:
        job_id = await way(http, recording.path.read_bytes())
        async with viewing(service, job_id, "?since=0") as viewer:
            told = await viewer.rest()
        done = await job(http, job_id)
    assert viewer.connection.close_code == 1000
    assert viewer.numbers == list(range(1, done["seq"] + 1))
    segments = [each for one in told for each in one["data"].get("segments", ())]
    assert " ".join(each["text"] for each in segments) == text
    assert told[-1]["data"]["result"] == done["result"]
    assert done["result"]["text"] == text
    assert done["result"]["language"] == "en"


async def test_a_transcript_can_be_had_in_every_format(
    service: Served, recording: Recording, text: str
) -> None:
    async with service.asking() as http:
        job_id = await by_form(http, recording.path.read_bytes())
        await end_of(http, job_id)

        async def result(form: str) -> httpx.Response:
            answer = await http.get(f"/job/{job_id}/result", params={"format": form})
            assert answer.status_code == 200
            return answer

        assert (await result("json")).json()["text"] == text
        assert (await result("verbose_json")).json()["text"] == text
        assert (await result("txt")).text.split() == text.split()
        srt = (await result("srt")).text.split("\n\n")
        vtt = (await result("vtt")).text.split("\n\n")
        tsv = (await result("tsv")).text.splitlines()
    assert " ".join(words for cue in srt for words in cue.splitlines()[2:]) == text
    assert vtt[0] == "WEBVTT"
    assert " ".join(words for cue in vtt[1:] for words in cue.splitlines()[1:]) == text
    assert " ".join(line.split("\t")[2] for line in tsv[1:]) == text


async def test_what_is_known_is_answered_at_once_and_the_same(
    service: Served, recording: Recording
) -> None:
    async with service.asking() as http:
        first = await end_of(http, await by_form(http, recording.path.read_bytes()))
        files = {"file": ("other-name.wav", recording.path.read_bytes())}
        answer = await http.post("/transcribe-job", files=files, data={"language": "en"})
        assert answer.json()["status"] == "completed"
        again = await job(http, answer.json()["job_id"])
    assert again["job_id"] != first["job_id"]
    assert again["result"] == first["result"]


async def test_what_is_sent_twice_under_one_key_is_one_job(
    service: Served, recording: Recording, text: str
) -> None:
    async with service.asking() as http:

        async def send(sound: bytes) -> httpx.Response:
            key = {"Idempotency-Key": "a-key-of-mine"}
            return await http.put("/transcribe-job", content=sound, headers=key)

        sound = recording.path.read_bytes()
        first, again = await asyncio.gather(send(sound), send(sound))
        assert first.json()["job_id"] == again.json()["job_id"]
        other = await send(say("seven").path.read_bytes())
        assert other.status_code == 409
        assert other.json()["error"]["code"] == "idempotency_conflict"
        done = await end_of(http, first.json()["job_id"])
        late = await send(sound)
    assert late.json()["job_id"] == first.json()["job_id"]
    assert late.json()["status"] == "completed"
    assert done["result"]["text"] == text


async def test_a_job_that_failed_for_want_of_its_model_is_done_once_it_is_there(
    service: Served,
) -> None:
    async with service.asking() as http:
        recording = say("kilo lima mike")
        job_id = await hand_in(http, recording.path, language="en", model="tiny.en")
        failed = await end_of(http, job_id)
        assert (failed["status"], failed["error"]["code"]) == ("failed", "model_unavailable")
        shutil.copytree(DIGITS, service.folder / "models" / "tiny.en", ignore=NOT_THE_MODEL)
        assert (await http.post(f"/job/{job_id}/retry")).status_code == 202
        done = await end_of(http, job_id)
    assert (done["status"], done["model"]) == ("completed", "tiny.en")
    assert done["result"]["text"] == heard_alone(recording, ENGLISH).text


async def test_who_leaves_and_comes_back_by_number_is_told_each_event_once(service: Served) -> None:
    """Half of them leave again and again; some come when all is over, from wherever they were."""
    minutes = talk(140, "en", seed=1)
    async with service.asking() as http:
        job_id = await hand_in(http, minutes.path, language="en")
        steady = [Returning(service, job_id) for _ in range(10)]
        restless = [Returning(service, job_id) for _ in range(10)]
        async with asyncio.TaskGroup() as group:
            for client in steady:
                group.create_task(client.follow())
            for steps, client in enumerate(restless, 1):
                group.create_task(in_steps(client, steps))
        done = await job(http, job_id)
        late = [Returning(service, job_id) for _ in range(0, done["seq"], 4)]
        for since, client in zip(range(0, done["seq"], 4), late, strict=True):
            client.heard = steady[0].heard[:since]
            await client.follow()
    assert done["result"]["text"] == heard_alone(minutes, ENGLISH).text
    assert steady[0].numbers == list(range(1, done["seq"] + 1))
    for client in (*steady, *restless, *late):
        assert client.events == steady[0].events
    assert all(len(client.codes) > 1 for client in restless)


@linux_only
async def test_a_job_that_is_cancelled_is_not_computed_any_more(
    service: Served, long: Recording
) -> None:
    longest = one_file(*(long,) * 6)
    async with service.asking() as http:
        job_id = await hand_in(http, longest.path, language="en", vad="false")
        client = Returning(service, job_id)
        following = asyncio.create_task(client.follow())
        await eventually(lambda: heard(client) > 0)
        before, begun = service.cpu_seconds(), heard(client)
        await eventually(lambda: heard(client) > begun + 3 * WINDOW)
        async with asyncio.timeout(DEADLINE):
            while await computed(service) < 2 * STILL:  # it may wait for a processor
                pass
        call = (service.cpu_seconds() - before) * WINDOW / (heard(client) - begun)
        answer = await http.delete(f"/job/{job_id}")
        taken = service.cpu_seconds()
        assert answer.json() == {"job_id": job_id, "status": "cancelled"}
        async with asyncio.timeout(DEADLINE):
            while await computed(service) > STILL:
                pass
        afterwards = service.cpu_seconds() - taken
        await following
        assert (await http.delete(f"/job/{job_id}")).status_code == 200
    assert client.heard[-1]["type"] == "cancelled"
    # Workers hear of it within half a second; then each call that is under way comes to its end.
    # It is counted in what is computed: on a busy machine a second of that takes any time.
    assert afterwards <= 1.0 * cores(Path("/")) + LANES * call


def heard(client: Returning) -> float:
    """How far the text reaches, in seconds of the recording."""
    segments = [each for told in client.heard for each in told["data"].get("segments", ())]
    return float(segments[-1]["end"]) if segments else 0.0


async def computed(service: Served) -> float:
    """CPU seconds of all workers in the next second."""
    before = service.cpu_seconds()
    await asyncio.sleep(1.0)
    return service.cpu_seconds() - before
