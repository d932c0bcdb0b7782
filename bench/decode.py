"""How fast recordings become samples and spans, and how much memory that takes.

    python -m bench.decode [HOURS…]        1 and 10 if not said; --quick: 0.1

Each row is measured in a process of its own; peaks are resident memory, of ours and of ffmpeg.
"""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from retender.audio.decode import decode
from retender.audio.ffmpeg import find
from retender.audio.pcm import Pcm
from retender.audio.speech import DetectorName, detect_speech, new_detector
from retender.transcript.chunks import SAMPLE_RATE, plan

FFMPEG = find(os.environ["PATH"])
KINDS = {
    "mp3": ("a.mp3", "-c:a libmp3lame -b:a 64k"),
    "m4a": ("a.m4a", "-c:a aac -b:a 64k"),
    "opus": ("a.ogg", "-c:a libopus -b:a 32k"),
    "flac": ("a.flac", "-c:a flac"),
}
MOST_SECONDS = 1e6
MEGABYTE = 1 << 20


def made(folder: Path, kind: str, hours: float) -> Path:
    """A minute of bursts of tones and noise, again and again."""
    name, options = KINDS[kind]
    minute, target = folder / f"minute-{name}", folder / f"{hours:g}h-{name}"
    sound = "aevalsrc='(0.3*sin(800*t)+0.1*random(0))*gt(mod(t,7),2):d=60:s=44100'"
    quiet = [FFMPEG, "-nostdin", "-v", "error", "-y"]
    subprocess.run([*quiet, "-f", "lavfi", "-i", sound, *options.split(), minute], check=True)
    again = [
        "-stream_loop",
        str(round(60 * hours) - 1),
        "-i",
        str(minute),
        "-c",
        "copy",
        str(target),
    ]
    subprocess.run([*quiet, *again], check=True)
    return target


async def decoding(source: Path, folder: Path) -> float:
    return (await decode(source, folder, binary=FFMPEG, most_seconds=MOST_SECONDS)).seconds


async def detecting(name: DetectorName, pcm: Pcm) -> float:
    ear = new_detector(name)
    async for _ in detect_speech(pcm, ear):
        pass
    plan(ear.finish(), pcm.samples, 30 * SAMPLE_RATE, quietest=pcm.quietest)
    return pcm.seconds


def measured(row: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "bench.decode", "--row", row, *arguments], check=True)


def peak(whose: int) -> float:
    return resource.getrusage(whose).ru_maxrss * 1024 / MEGABYTE


def report(row: str, *arguments: str) -> None:
    began = time.perf_counter()
    if row in KINDS:
        source, folder = map(Path, arguments)
        seconds = asyncio.run(decoding(source, folder))
    else:
        pcm = Pcm.at(Path(arguments[0]))
        seconds = asyncio.run(detecting(DetectorName(row), pcm))
    took = time.perf_counter() - began
    ours, theirs = peak(resource.RUSAGE_SELF), peak(resource.RUSAGE_CHILDREN)
    length = f"{seconds / 3600:5.1f} h {took:7.1f} s {seconds / took:7.0f} x"
    print(f"{row:8}{length} ours {ours:5.0f} MB  ffmpeg {theirs:5.0f} MB", flush=True)


def main() -> None:
    if sys.argv[1:2] == ["--row"]:
        report(*sys.argv[2:])
        return
    usual = ("0.1",) if "--quick" in sys.argv else ("1", "10")
    for hours in map(float, [word for word in sys.argv[1:] if word != "--quick"] or usual):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for kind in KINDS:
                decoded = folder / "audio.pcm"
                decoded.unlink(missing_ok=True)
                measured(kind, str(made(folder, kind, hours)), name)
            for ear in DetectorName:
                measured(ear, str(decoded))


if __name__ == "__main__":
    main()
