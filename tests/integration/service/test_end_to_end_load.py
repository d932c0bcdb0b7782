"""Many who come at once, and strangers who send what nobody should: each is answered for itself,
and the others are served meanwhile.
"""

from __future__ import annotations

import asyncio
import itertools
import struct
from array import array
from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple

import httpx
import pytest

from tests.support.engines.recognition_service import linux_only
from tests.support.http.deployed_service import MEBIBYTE, Served, end_of, served
from tests.support.http.raw_client import Line, line
from tests.support.sound.hostile import NO_RECORDINGS
from tests.support.sound.media import RATE, ffmpeg, noise, silence, wav
from tests.support.sound.speech import needs_speech, say
from tests.support.sound.undisturbed import ENGLISH, heard_alone

pytestmark = needs_speech

PHRASES = ("one two three", "four five six", "seven eight nine", "tango mike bravo", "kilo lima")
UPLOADS = 40
BULK = 4 * MEBIBYTE
HELD = 2 * MEBIBYTE
"""What one upload may add to the service's memory, however large it is."""
FLAT = 16 * MEBIBYTE
"""What the head of a request may."""

WAV_HEADER = 44

SCRIPT = "<script>alert(1)</script>"
"""Where a browser would show it as a page, it would run."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, profile: str) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("data")
    with served(folder, RETENDER_PROFILE=profile, MAX_AUDIO_SECONDS="60") as service:
        yield service


async def transcribe(service: Served, sound: bytes, **fields: str) -> httpx.Response:
    async with service.asking() as http:
        files = {"file": ("a.wav", sound, "audio/wav")}
        return await http.post("/transcribe", files=files, data=fields)


async def assert_hears(service: Served, words: str) -> None:
    answer = await transcribe(service, say(words).path.read_bytes(), language="en")
    assert answer.json()["text"] == heard_alone(say(words), ENGLISH).text


@linux_only
async def test_many_uploads_at_once_are_all_heard_and_held_in_nobodys_memory(
    service: Served,
) -> None:
    async with service.asking() as http:

        async def hear(number: int, words: str) -> tuple[str, str]:
            sound = bulky(words, number)
            answer = await http.put("/transcribe-job", params={"language": "en"}, content=sound)
            assert answer.status_code == 202
            done = await end_of(http, answer.json()["job_id"])
            return words, done["result"]["text"]

        async def look_in() -> None:
            while True:
                assert (await http.get("/health")).status_code == 200
                assert (await transcribe(service, b"<html>")).status_code == 415
                await asyncio.sleep(0.1)

        await assert_hears(service, PHRASES[0])
        with service.growing_by_at_most(UPLOADS * HELD):
            looking = asyncio.create_task(look_in())
            phrases = itertools.islice(itertools.cycle(PHRASES), UPLOADS)
            heard = await asyncio.gather(*(hear(n, words) for n, words in enumerate(phrases)))
            assert not looking.done(), "others are served meanwhile"
            looking.cancel()
    assert all(heard_alone(say(said), ENGLISH).text == text for said, text in heard)


async def bulky(words: str, number: int) -> AsyncIterator[bytes]:
    """A recording of these words and of much that is not for the ear; each is another one."""
    spoken = say(words).path.read_bytes()[WAV_HEADER:]
    yield wav(spoken + silence(number / RATE).tobytes())
    yield b"junk" + struct.pack("<I", BULK)
    for _ in range(BULK // 65_536):
        yield bytes(65_536)


class Row(NamedTuple):
    status: int
    code: str


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """By the names of the rows below."""
    folder = tmp_path_factory.mktemp("bad")
    tone = ("-f", "lavfi", "-i", "sine=d=20")
    ffmpeg(*tone, "-c:a", "aac", folder / "whole.m4a")
    ffmpeg("-f", "lavfi", "-i", "testsrc=d=1:s=160x120", "-c:v", "mpeg4", folder / "mute.mp4")
    ffmpeg("-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono:d=61", folder / "long.flac")
    return {
        **NO_RECORDINGS,
        "cut off": (folder / "whole.m4a").read_bytes()[:20_000],
        "without sound": (folder / "mute.mp4").read_bytes(),
        "over-long": (folder / "long.flac").read_bytes(),
    }


ROWS = {
    "nothing": Row(400, "empty_upload"),
    "a web page": Row(415, "unsupported_media"),
    "a PDF": Row(415, "unsupported_media"),
    "text": Row(415, "unsupported_media"),
    "noise": Row(415, "unsupported_media"),
    "cut off": Row(422, "corrupt_media"),
    "without sound": Row(422, "no_audio_stream"),
    "over-long": Row(422, "too_long"),
}


@pytest.mark.parametrize("row", ROWS)
async def test_what_cannot_be_heard_is_refused_by_its_name(
    row: str, service: Served, bad: dict[str, bytes]
) -> None:
    answer = await transcribe(service, bad[row])
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == ROWS[row]
    assert error["message"]
    assert error["request_id"] == answer.headers["X-Request-Id"]


@pytest.mark.parametrize(
    "samples", [silence(12), noise(0.05, loud=3000)], ids=["silence", "a twentieth of a second"]
)
async def test_where_nobody_speaks_the_job_is_completed_and_says_so(
    samples: array[int], service: Served
) -> None:
    answer = await transcribe(service, wav(samples.tobytes()))
    assert answer.status_code == 200
    assert (answer.json()["text"], answer.json()["no_speech"]) == ("", True)


async def test_after_all_that_a_good_recording_is_heard(
    service: Served, bad: dict[str, bytes]
) -> None:
    async with asyncio.TaskGroup() as group:
        rows = [group.create_task(transcribe(service, sound)) for sound in bad.values()]
        group.create_task(assert_hears(service, "november oscar papa"))
    assert all(row.result().status_code < 500 for row in rows)


HOSTILE = {
    "a field": ("POST", "/transcribe-job", {"language": SCRIPT}),
    "the name of a field": ("POST", "/transcribe-job", {SCRIPT: "x"}),
    "whose it is": ("POST", "/transcribe-job", {"user_id": f"{SCRIPT}\r\nSet-Cookie: a=b"}),
    "a NUL": ("POST", "/transcribe-job", {"user_id": "a\0b"}),
    "right to left, for others": ("POST", "/transcribe-job", {"user_id": "\u202egnp.exe"}),
    "right to left": ("POST", "/transcribe-job", {"model": "\u202egnp.exe"}),
    "a path as a model": ("POST", "/transcribe-job", {"model": "../../etc/passwd"}),
    "a job": ("GET", f"/job/{SCRIPT}", {}),
    "a job with a NUL": ("GET", "/job/a%00b", {}),
    "a job with lines": ("GET", "/job/a%0d%0aSet-Cookie:%20a=b", {}),
    "a path as a job": ("GET", "/job/..%2f..%2fetc%2fpasswd/audio", {}),
    "a format": ("GET", f"/job/x/result?format={SCRIPT}", {}),
    "a status": ("GET", f"/jobs?status={SCRIPT}", {}),
    "a page": ("GET", f"/{SCRIPT}", {}),
}


@pytest.mark.parametrize("what", HOSTILE)
async def test_what_a_stranger_writes_comes_back_as_nothing_that_runs(
    what: str, service: Served
) -> None:
    method, path, fields = HOSTILE[what]
    files = {"file": ("a.wav", b"sound")} if fields else None
    async with service.asking() as http:
        answer = await http.request(method, path, data=fields, files=files)
    assert 400 <= answer.status_code < 500
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers
    assert answer.json()["error"]["code"]


async def test_what_a_job_carries_is_told_only_with_the_job_itself(
    service: Served,
) -> None:
    user, told = f"{SCRIPT} of a user", {"prompt": SCRIPT, "hotwords": SCRIPT}
    async with service.asking() as http:
        files = {"file": (f"{SCRIPT}.wav", say("zulu").path.read_bytes())}
        answer = await http.post("/transcribe-job", files=files, data={**told, "user_id": user})
        assert answer.status_code == 202
        done = await end_of(http, answer.json()["job_id"])
        options = done.pop("options")
        shown = [
            answer.text,
            str(done),
            (await http.get("/jobs")).text,
            (await http.get(f"/job/{done['job_id']}/result?format=vtt")).text,
            service.log.read_text(),
        ]
    assert not any(SCRIPT in text for text in shown)
    assert options == told


@linux_only
@pytest.mark.parametrize("kind", ["one long header", "many headers", "a long address"])
async def test_a_head_without_end_is_cut_off(kind: str, service: Served) -> None:
    begin, more = {
        "one long header": (b"GET /health HTTP/1.1\r\nX: ", b"x" * 4096),
        "many headers": (b"GET /health HTTP/1.1\r\n", b"X-Y: z\r\n" * 512),
        "a long address": (b"GET /", b"x" * 4096),
    }[kind]
    with service.growing_by_at_most(FLAT):
        async with line(service.url) as wire:
            await wire.send(begin)
            with pytest.raises(ConnectionError):
                await send_on(wire, more)
    await assert_hears(service, "sierra tango")


async def send_on(wire: Line, data: bytes) -> None:
    for _ in range(32 * MEBIBYTE // len(data)):
        await wire.send(data)
