"""What each way of cleaning a recording does for recognition: word errors, in per cent.

    python -m bench.cleaning [MODEL]       the digits model if not said

Spoken digits with the same disturbance, decoded as a job's audio is, with and without each option.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import random
import subprocess
import sys
import tempfile
from array import array
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from retender.audio.cleaning import Cleaning
from retender.audio.decode import decode
from retender.audio.ffmpeg import find

FFMPEG: Final = find(os.environ["PATH"])
RATE: Final = 16_000
CLIPS, DIGITS = 20, 7
WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]

WAYS = {
    "as it is": Cleaning(),
    "high-pass 80 Hz": Cleaning(high_pass=80),
    "noise reduction": Cleaning(noise_reduction=True),
    "loudness": Cleaning(loudness=True),
    "all": Cleaning(high_pass=80, noise_reduction=True, loudness=True),
}

Samples = np.ndarray[Any, np.dtype[np.float64]]


class Clip(msgspec.Struct, frozen=True):
    words: list[str]
    sound: Any


def spoken(folder: Path, seed: int) -> Clip:
    words = random.Random(seed).choices(WORDS, k=DIGITS)
    path = folder / "spoken.wav"
    speak = ["espeak-ng", "-v", "en", "-s", "150", "-w", str(path), " ".join(words)]
    subprocess.run(speak, check=True)
    take = [
        FFMPEG,
        "-v",
        "error",
        "-i",
        str(path),
        "-ac",
        "1",
        "-ar",
        str(RATE),
        "-f",
        "s16le",
        "-",
    ]
    raw = subprocess.run(take, check=True, capture_output=True).stdout
    return Clip(words, np.array(array("h", raw), np.float64))


def disturbed(sound: Samples, how: str) -> Samples:
    loud = float(np.sqrt(np.mean(sound**2)))
    chance = np.random.default_rng(0)
    time = np.arange(len(sound)) / RATE
    hum = np.sin(2 * np.pi * 50 * time) + 0.5 * np.sin(2 * np.pi * 30 * time)
    match how:
        case "clean":
            return sound
        case "far too quiet":
            return sound * 0.005
        case "hum, 10 dB over the voice":
            return sound * 0.3 + hum * loud * 0.3 * 4
        case "second half 46 dB softer":
            return sound * np.where(np.arange(len(sound)) < len(sound) // 2, 1.0, 0.005)
        case "noise, 10 dB under it":
            return sound + chance.normal(0, loud / 3.16, len(sound))
        case _:
            return sound + chance.normal(0, loud / 1.78, len(sound))


CONDITIONS = (
    *("clean", "far too quiet", "second half 46 dB softer", "hum, 10 dB over the voice"),
    *("noise, 10 dB under it", "noise, 5 dB under it"),
)


def errors(meant: list[str], heard: list[str]) -> int:
    """Words to change, add or take away."""
    row = list(range(len(heard) + 1))
    for n, word in enumerate(meant, 1):
        before, row[0] = row[0], n
        for m, other in enumerate(heard, 1):
            cost = min(row[m] + 1, row[m - 1] + 1, before + (word != other))
            before, row[m] = row[m], cost
    return row[-1]


def write(sound: Samples, target: Path) -> None:
    raw = np.clip(np.round(sound), -32768, 32767).astype("<i2").tobytes()
    make = [FFMPEG, "-v", "error", "-y", "-f", "s16le", "-ar", str(RATE), "-ac", "1", "-i", "-"]
    subprocess.run([*make, str(target)], input=raw, check=True)


async def heard(model: Any, source: Path, way: Cleaning) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        pcm = await decode(source, Path(folder), binary=FFMPEG, most_seconds=60, cleaning=way)
        samples = np.array(pcm.read(0, pcm.samples), np.float32) / 32768
    segments, _ = model.transcribe(samples, language="en", beam_size=1, temperature=0.0)
    text = " ".join(segment.text for segment in segments)
    return [word.strip(".,!?").lower() for word in text.split()]


async def main() -> None:
    whisper = importlib.import_module("faster_whisper").WhisperModel
    model = whisper(sys.argv[1] if sys.argv[1:] else "models/digits", device="cpu")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clips = [spoken(folder, seed) for seed in range(CLIPS)]
        for condition in CONDITIONS:
            print(condition)
            for way, cleaning in WAYS.items():
                wrong = 0
                for clip in clips:
                    write(disturbed(clip.sound, condition), folder / "clip.wav")
                    said = await heard(model, folder / "clip.wav", cleaning)
                    wrong += errors(clip.words, said)
                print(f"    {way:18}{100 * wrong / (CLIPS * DIGITS):6.1f} %", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
