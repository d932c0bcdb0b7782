"""How soon the first text of a long recording is there, and how evenly its progress moves.

    python -m bench.first_text [--quick]

The service runs in one process with Whisper `base`, loaded, and has nothing else to do. A recording
of ten minutes, of people (`bench/speech/recordings.py`), is uploaded, and its WebSocket followed
from the first answer to the end. Three rounds, each with another recording (one with --quick); the
text of each is new to the service. Aim: first text within 5 s of the upload, and progress in steps
of at most 5 %.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from websockets.asyncio.client import connect

from bench.speech.models import base
from bench.speech.recordings import long, written
from bench.started import Service, started
from tests.support.sound.media import say

SECONDS: Final = 600.0


class Figures(NamedTuple):
    uploaded: float
    first_text: float
    done: float
    largest_step: float
    """In percent, between two messages."""


async def measure(service: Service, recording: Path) -> Figures:
    begun = time.monotonic()
    with recording.open("rb") as sound:
        answer = await service.http.post("/transcribe-job", files={"file": sound})
    job_id = answer.raise_for_status().json()["job_id"]
    uploaded = time.monotonic() - begun
    first_text, steps = None, [0.0]
    address = f"{service.url.replace('http', 'ws', 1)}/ws/transcription/{job_id}?since=0"
    async with connect(address, proxy=None, max_size=None) as following:
        async for message in following:
            data = json.loads(message)["data"]
            if first_text is None and data.get("segments"):
                first_text = time.monotonic() - begun
            if "progress" in data:
                steps.append(float(data["progress"]))
    done = time.monotonic() - begun
    assert first_text is not None, "it has text"
    largest = max(after - before for before, after in pairwise(steps))
    return Figures(uploaded, first_text, done, largest)


async def main(*, quick: bool) -> None:
    model = str(await asyncio.to_thread(base))
    with tempfile.TemporaryDirectory(prefix="retender-") as scratch:
        folder = Path(scratch)
        say("one two three", folder / "digits.wav")
        files = [
            written(folder / f"{seed}.wav", long("en", SECONDS, seed=seed))
            for seed in range(1 if quick else 3)
        ]
        async with started("local", folder / "data", DEFAULT_MODEL=model) as service:
            await service.until("/health/ready")
            with (folder / "digits.espeak.wav").open("rb") as sound:
                (await service.http.post("/transcribe", files={"file": sound})).raise_for_status()
            print(f"{SECONDS:.0f} s of English  uploaded  first text      done  largest step")
            rounds = []
            for file in files:
                rounds.append(await measure(service, file))
                print(_line("", rounds[-1]), flush=True)
            middle = (statistics.median(values) for values in zip(*rounds, strict=True))
            print(_line("median", Figures(*middle)))


def _line(name: str, found: Figures) -> str:
    return (
        f"{name:16}  {found.uploaded:6.2f} s  {found.first_text:8.2f} s  {found.done:6.1f} s  "
        f"{found.largest_step:10.1f} %"
    )


if __name__ == "__main__":
    asyncio.run(main(quick="--quick" in sys.argv))
