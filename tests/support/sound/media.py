"""Recordings made on the spot, good ones and such as nobody should send."""

from __future__ import annotations

import math
import os
import random
import shutil
import struct
import subprocess
from array import array
from pathlib import Path

import imageio_ffmpeg  # type: ignore[import-untyped]  # it carries no types
import numpy as np
import pytest

from retender.audio.ffmpeg import find

RATE = 16_000
INTEGERS, FLOATS = 1, 3

FFMPEG = find(os.environ["PATH"])
CARRIED = str(imageio_ffmpeg.get_ffmpeg_exe())
ON_EITHER_FFMPEG = pytest.mark.parametrize(
    "binary", sorted({FFMPEG, CARRIED}), ids=lambda path: Path(path).name
)

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not here")

FORMATS = {
    # what to call the file, and what to tell ffmpeg
    "mp3": ("a.mp3", "-c:a libmp3lame -b:a 64k"),
    "mp3 of varying rate": ("a.mp3", "-c:a libmp3lame -q:a 5 -write_xing 0"),
    "wav": ("a.wav", "-c:a pcm_s16le"),
    "wav of 8 bits": ("a.wav", "-c:a pcm_u8"),
    "wav of 24 bits, stereo, 48 kHz": ("a.wav", "-c:a pcm_s24le -ac 2 -ar 48000"),
    "wav of floats": ("a.wav", "-c:a pcm_f32le -ar 44100"),
    "wav, mu-law": ("a.wav", "-c:a pcm_mulaw"),
    "wav, A-law": ("a.wav", "-c:a pcm_alaw"),
    "m4a, aac": ("a.m4a", "-c:a aac -b:a 64k"),
    "m4a, aac, index first": ("a.m4a", "-c:a aac -movflags +faststart"),
    "m4a, alac": ("a.m4a", "-c:a alac"),
    "m4a in fragments": ("a.m4a", "-c:a aac -movflags frag_keyframe+empty_moov"),
    "aac": ("a.aac", "-c:a aac -b:a 64k"),
    "flac": ("a.flac", "-c:a flac"),
    "flac, surround": ("a.flac", "-c:a flac -ac 6 -ar 48000"),
    "ogg, vorbis": ("a.ogg", "-c:a libvorbis -q:a 5"),
    "ogg, opus": ("a.opus", "-c:a libopus -b:a 48k"),
    "ogg, flac": ("a.ogg", "-c:a flac"),
    "webm, opus": ("a.webm", "-c:a libopus -b:a 48k"),
    "webm, vorbis": ("a.webm", "-c:a libvorbis -q:a 5"),
    "mkv, aac": ("a.mkv", "-c:a aac -b:a 64k"),
    "mp4, mp3": ("a.mp4", "-c:a libmp3lame -b:a 64k"),
    "mov, pcm": ("a.mov", "-c:a pcm_s16le"),
    "aiff": ("a.aiff", "-c:a pcm_s16be"),
    "aiff of 8 bits": ("a.aiff", "-c:a pcm_s8"),
    "aiff of 24 bits": ("a.aiff", "-c:a pcm_s24be"),
    "aiff of 32 bits": ("a.aiff", "-c:a pcm_s32be"),
    "aiff of floats": ("a.aiff", "-c:a pcm_f32be"),
    "caf": ("a.caf", "-c:a alac"),
    "w64": ("a.w64", "-c:a pcm_s16le"),
    "wma": ("a.wma", "-c:a wmav2 -b:a 64k"),
}
VIDEOS = {
    "mp4": ("v.mp4", "-c:v mpeg4 -c:a aac -b:a 64k"),
    "webm": ("v.webm", "-c:v libvpx -b:v 50k -c:a libopus -b:a 48k"),
    "mkv": ("v.mkv", "-c:v mpeg4 -c:a flac"),
}


def voice(seconds: float, *, seed: int = 0, loud: float = 8000.0) -> array[int]:
    """Syllables of a hummed voice: pitch, vowels and pauses as in speech, no words."""
    chance = random.Random(seed)
    samples = array("h")
    while len(samples) < seconds * RATE:
        pitch, length = chance.uniform(110, 180), chance.randrange(RATE // 8, RATE // 4)
        vowel = [chance.uniform(0.2, 1.0) / n for n in range(1, 9)]
        for at in range(length):
            swell = math.sin(math.pi * at / length)
            phase = 2 * math.pi * pitch * at / RATE
            tone = sum(part * math.sin(n * phase) for n, part in enumerate(vowel, 1))
            samples.append(round(loud * swell * tone / sum(vowel)))
        samples.extend([0] * chance.randrange(RATE // 50, RATE // 20))
    return samples[: round(seconds * RATE)]


def noise(seconds: float, *, loud: float, seed: int = 0) -> array[int]:
    chance = random.Random(seed)
    swings = (round(chance.gauss(0, loud)) for _ in range(round(seconds * RATE)))
    return array("h", (max(-32768, min(32767, swing)) for swing in swings))


def silence(seconds: float) -> array[int]:
    return array("h", bytes(2 * round(seconds * RATE)))


def wav(
    data: bytes,
    *,
    kind: int = INTEGERS,
    channels: int = 1,
    rate: int = RATE,
    bits: int = 16,
    claims: int | None = None,
) -> bytes:
    """A WAV file of this data, whatever its header says about it."""
    size = len(data) if claims is None else claims
    frame = channels * bits // 8
    form = (kind, channels, rate, rate * frame & 0xFFFFFFFF, frame & 0xFFFF, bits)
    header = b"fmt " + struct.pack("<IHHIIHH", 16, *form) + b"data" + struct.pack("<I", size)
    return b"RIFF" + struct.pack("<I", min(size + 36, 0xFFFFFFFF)) + b"WAVE" + header + data


def picture(seconds: float) -> tuple[str, ...]:
    """A moving one, as an input of ffmpeg."""
    return ("-f", "lavfi", "-i", f"testsrc=d={seconds}:s=160x120:r=10")


def ffmpeg(*arguments: str | Path, by: str = FFMPEG) -> None:
    """The whole of it, without any guard, to make what is tested."""
    command = [by, "-nostdin", "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True)


def say(text: str, path: Path, *, language: str = "en") -> array[int]:
    """Spoken by espeak-ng, as samples."""
    spoken = path.with_suffix(".espeak.wav")
    subprocess.run(["espeak-ng", "-v", language, "-w", str(spoken), text], check=True)
    raw = path.with_suffix(".pcm")
    ffmpeg("-i", spoken, "-ac", "1", "-ar", str(RATE), "-f", "s16le", raw)
    return array("h", raw.read_bytes())


def likeness(one: array[int], other: array[int], *, within: float = 0.0) -> float:
    """1: the same sound, at the same time but for so many seconds; 0: nothing in common."""
    size = len(one) + len(other)
    heard, meant = (np.array(samples, np.float64) for samples in (one, other))
    spectra = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(meant, size))
    shifted = np.roll(np.fft.irfft(spectra, size), round(within * RATE))
    best = shifted[: 2 * round(within * RATE) + 1].max()
    norm = np.linalg.norm(heard) * np.linalg.norm(meant)
    return float(best / norm) if norm else 0.0
