"""The whole service, from the upload to the transcript: all recordings at once."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from actors.runtime.api import Recipe
from actors.workers.transcriber_pool import PoolSettings
from bench.speech.measure import CORES, Figures, Heard
from bench.speech.recordings import RATE, Recording, written
from deployments.client.backend import RecordingSource, TranscriptionRequest
from deployments.client.in_process import InProcessBackend, temporary_service
from deployments.settings import Settings, read
from deployments.wiring import recognition
from retender.engines.faster_whisper.settings import WhisperSettings
from retender.transcript.segments import Word

_MODEL = "base"
"""What the measured model is called, whichever it is."""

_WARM_UP = 3 * RATE


class _Segment(msgspec.Struct):
    words: list[Word] = []


class _Answer(msgspec.Struct):
    text: str
    language: str | None = None
    segments: list[_Segment] = []


async def served(
    folder: Path,
    recordings: Sequence[Recording],
    asked: str | None,
    beam: int,
    *,
    hotwords: str = "",
    words: bool = False,
) -> Figures:
    """A short one brings the model into memory before the clock starts."""
    settings = read({"DEFAULT_MODEL": _MODEL, "RETENDER_OFFLINE": "yes"}, Path(os.devnull))
    wanted = {"language": asked or "auto"}
    wanted |= {"hotwords": hotwords} if hotwords else {}
    wanted |= {"word_timestamps": "yes"} if words else {}
    request = TranscriptionRequest(wanted, "json")
    with tempfile.TemporaryDirectory() as name:
        files = [written(Path(name) / f"{n}.wav", each) for n, each in enumerate(recordings)]
        first = recordings[0]
        warm = written(Path(name) / "warm.wav", first._replace(sound=first.sound[:_WARM_UP]))
        async with temporary_service(settings, [_pool(settings, folder, beam)]) as backend:
            await _heard(backend, warm, request)
            begun, busy = time.perf_counter(), _busy()
            told = await asyncio.gather(*(_heard(backend, file, request) for file in files))
            return Figures(
                time.perf_counter() - begun,
                _busy() - busy,
                [Heard(each.text, each.language or "") for each in told],
                [[word for segment in each.segments for word in segment.words] for each in told],
            )


async def _heard(backend: InProcessBackend, file: Path, request: TranscriptionRequest) -> _Answer:
    said = await backend.transcribe(RecordingSource(file), request, lambda _: None)
    return msgspec.json.decode(said, type=_Answer)


def _pool(settings: Settings, folder: Path, beam: int) -> PoolSettings:
    """That of the deployment on a CPU, with the measured model."""
    usual = recognition.pool(settings)
    whisper = msgspec.convert(usual.engine.options["settings"], WhisperSettings)
    library = msgspec.structs.replace(whisper.library, folders={_MODEL: str(folder)})
    whisper = msgspec.structs.replace(
        whisper, library=library, device="cpu", precision="int8", lanes=CORES, memory=0, beam=beam
    )
    whisper = msgspec.structs.replace(whisper, threads=1)
    options = usual.engine.options | {"settings": whisper}
    return msgspec.structs.replace(usual, engine=Recipe(usual.engine.target, options))


def _busy() -> float:
    """The processors' time of this process and all that it has begun."""
    parents: dict[int, int] = {}
    times: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        process = int(stat.parent.name)
        parents[process] = int(fields[1])
        times[process] = int(fields[11]) + int(fields[12])
    ours = {os.getpid()}
    while more := {process for process, parent in parents.items() if parent in ours} - ours:
        ours |= more
    return sum(times.get(process, 0) for process in ours) / os.sysconf("SC_CLK_TCK")
