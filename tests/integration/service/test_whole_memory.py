"""What memory the service takes, and that it gives it back."""

from __future__ import annotations

import asyncio
import os
import wave
from pathlib import Path

from retender.audio.limits import SPEECH_BLOCK_SECONDS
from retender.audio.pcm import BYTES_PER_SECOND
from retender.audio.speech import DetectorName
from retender.jobs.job import Options
from retender.jobs.states import Status
from tests.support.engines.recognition_service import (
    DEADLINE,
    Shape,
    WholeService,
    linux_only,
    resident,
    whole_service,
    worker_processes,
)
from tests.support.sound.media import ffmpeg, silence, wav
from tests.support.sound.speech import needs_speech, say
from tests.support.sound.undisturbed import heard_alone

pytestmark = linux_only

MEGABYTE = 1 << 20
JOBS, AT_ONCE = 50, 10
WORDS = "seven alpha two bravo nine"
TEN_HOURS = 36_000


@needs_speech
async def test_fifty_jobs_later_the_memory_of_the_model_comes_back_by_itself(
    tmp_path: Path,
) -> None:
    recordings = fifty(tmp_path)
    text = heard_alone(say(WORDS)).text
    async with whole_service(tmp_path, Shape(lanes=2, idle_seconds=10.0)) as service:
        first = await settled()
        before = resident(first)
        loaded, ours = [], []
        for start in range(0, len(recordings), AT_ONCE):
            some = recordings[start : start + AT_ONCE]
            heard = await asyncio.gather(*(service.heard(file, Options()) for file in some))
            assert {transcript.text for transcript in heard} == {text}
            loaded.append(resident(first))
            ours.append(resident(os.getpid()))
        assert min(loaded) > before + 20 * MEGABYTE, "there was something to give back"
        assert loaded[-1] - loaded[1] < 10 * MEGABYTE
        assert ours[-1] - ours[1] < 10 * MEGABYTE

        successor = await settled(but_not=first)
        assert resident(successor) - before < 20 * MEGABYTE
        assert (await service.heard(say("nine charlie four").path, Options())).text


async def test_ten_hours_of_silence_take_the_memory_of_a_minute(tmp_path: Path) -> None:
    """With the detector of small machines, which is the fast one."""
    hours = tmp_path / "a.flac"
    ffmpeg("-f", "lavfi", "-i", f"anullsrc=r=8000:cl=mono:d={TEN_HOURS}", "-c:a", "flac", hours)
    minute = tmp_path / "a.wav"
    minute.write_bytes(wav(silence(60).tobytes()))
    async with whole_service(tmp_path, Shape(detector=DetectorName.ENERGY)) as service:
        await assert_silent(service, minute)
        (worker,) = worker_processes()
        before = resident(worker, "VmHWM")
        await assert_silent(service, hours)
        assert worker_processes() == {worker}
        grown = resident(worker, "VmHWM") - before
    assert grown < 8 * SPEECH_BLOCK_SECONDS * BYTES_PER_SECOND


async def assert_silent(service: WholeService, source: Path) -> None:
    job = await service.ended(await service.submit(source, Options()))
    assert job.status is Status.COMPLETED
    assert job.no_speech


async def settled(*, but_not: int = 0) -> int:
    """The only worker there is, once it has done with starting: its memory stands still."""
    last = 0
    async with asyncio.timeout(DEADLINE):
        while True:
            await asyncio.sleep(0.5)
            there = worker_processes() - {but_not}
            now = resident(min(there)) if len(there) == 1 else 0
            if now and now == last:
                return min(there)
            last = now


def fifty(folder: Path) -> list[Path]:
    """Each is a little longer than the one before: what is known already would not be heard."""
    with wave.open(str(say(WORDS).path), "rb") as original:
        spoken = original.readframes(original.getnframes())
    files = [folder / f"{number}.wav" for number in range(JOBS)]
    for number, file in enumerate(files):
        file.write_bytes(wav(spoken + bytes(320 * number)))
    return files
