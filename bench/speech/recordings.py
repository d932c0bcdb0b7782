"""Recordings of people with their texts, as Debian carries them.

The prompts of a telephone exchange, spoken by professionals: some two hundred sentences in each
language, 16 kHz, CC BY-SA. They are fetched from Debian's archive, unpacked under `build/`, and
never committed. The texts are what was to be said: the Spanish and French ones are loose, so that
their word errors compare, but do not judge.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
import wave
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.speech.fetching import alone
from retender.audio.ffmpeg import find

RATE: Final = 16_000
ROOT: Final = Path(__file__).parents[2] / "build" / "recordings"
INSTALLED: Final = Path("/usr/share")

LANGUAGES: Final = ("en", "es", "fr")

_LEAST_WORDS: Final = 5
_NOT_SAID: Final = re.compile(r"[\[(<]")
_LINE: Final = re.compile(r"([^;:\s]+):\s*(.+)")

Sound = NDArray[np.int16]


class NoRecordings(Exception):
    """They are not here and cannot be fetched; the sentence says what to do."""


class Prompt(NamedTuple):
    name: str
    text: str
    file: Path

    @property
    def sound(self) -> Sound:
        return _decoded(self.file)


class Place(NamedTuple):
    """Where in a recording one prompt is: seconds."""

    start: float
    end: float


class Recording(NamedTuple):
    language: str
    sound: Sound
    text: str
    places: tuple[Place, ...]
    """Of the prompts that it is made of."""

    @property
    def seconds(self) -> float:
        return len(self.sound) / RATE


def prompts(language: str) -> list[Prompt]:
    """Those of five words and more, in the order of their names."""
    root = _fetched(language)
    (sounds,) = (root / "asterisk/sounds").glob(f"{language}_*")
    document = f"doc/asterisk-core-sounds-{language}/core-sounds-{language}.txt.gz"
    with gzip.open(root / document, "rt", encoding="utf-8", errors="replace") as lines:
        matches = filter(None, (_LINE.match(line.strip()) for line in lines))
        told = {match[1]: match[2] for match in matches}
    found = (Prompt(name, text, sounds / f"{name}.g722") for name, text in sorted(told.items()))
    return [each for each in found if _speaks(each)]


def _speaks(prompt: Prompt) -> bool:
    words = len(prompt.text.split()) >= _LEAST_WORDS
    return words and not _NOT_SAID.search(prompt.text) and prompt.file.is_file()


def clips(language: str, count: int, *, seed: int = 0) -> list[Recording]:
    """So many prompts, each a recording by itself."""
    return [joined(language, [prompt], seed) for prompt in shuffled(language, seed)[:count]]


def long(language: str, seconds: float, *, seed: int = 0) -> Recording:
    """Prompts one after the other with pauses as people make them, for about so long."""
    taken: list[Prompt] = []
    length = 0.0
    for prompt in shuffled(language, seed):
        if length >= seconds:
            break
        taken.append(prompt)
        length += len(prompt.sound) / RATE
    return joined(language, taken, seed)


def shuffled(language: str, seed: int) -> list[Prompt]:
    """Each seed has an order of its own. Seeds that differ in parity share no prompt, so that what
    is tuned on even seeds can be shown on odd ones."""
    mine = prompts(language)[seed % 2 :: 2]
    order = np.random.default_rng(seed).permutation(len(mine))
    return [mine[place] for place in order]


def joined(
    language: str, parts: Sequence[Prompt], seed: int = 0, pauses: tuple[float, float] = (0.3, 1.2)
) -> Recording:
    chance = np.random.default_rng(seed)
    sounds: list[Sound] = []
    places: list[Place] = []
    at = 0
    for number, part in enumerate(parts):
        if number:
            pause = np.zeros(int(chance.uniform(*pauses) * RATE), np.int16)
            sounds.append(pause)
            at += len(pause)
        sounds.append(part.sound)
        places.append(Place(at / RATE, (at + len(part.sound)) / RATE))
        at += len(part.sound)
    text = " ".join(part.text for part in parts)
    return Recording(language, np.concatenate(sounds), text, tuple(places))


def written(path: Path, recording: Recording) -> Path:
    """The recording as a WAV file at this path."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(recording.sound.tobytes())
    return path


@cache
def _decoded(file: Path) -> Sound:
    take = [find(os.environ.get("PATH", "")), "-v", "error", "-f", "g722", "-i", str(file)]
    form = ["-ac", "1", "-ar", str(RATE), "-f", "s16le", "-"]
    raw = subprocess.run([*take, *form], check=True, capture_output=True).stdout
    return np.frombuffer(raw, "<i2")


def decode_ahead(parts: Sequence[Prompt]) -> None:
    """Side by side: each takes a process of ffmpeg."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda part: len(part.sound), parts))


@cache
def _fetched(language: str) -> Path:
    """A folder that has `asterisk/sounds` and `doc`, as /usr/share has where they are installed."""
    packages = [f"asterisk-core-sounds-{language}-g722", f"asterisk-core-sounds-{language}"]
    if all((INSTALLED / "doc" / package).is_dir() for package in packages):
        return INSTALLED
    root = ROOT / language
    with alone(root):
        if not (root / "whole").exists():
            _fetch(packages, root)
            (root / "whole").touch()
    return root / "usr/share"


def _fetch(packages: Sequence[str], root: Path) -> None:
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise NoRecordings(f"{tool} is not here: Debian's recordings cannot be fetched")
    root.mkdir(parents=True, exist_ok=True)
    for command in _ways(packages):
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        if done.returncode == 0 and len(list(root.glob("*.deb"))) == len(packages):
            break
    else:
        raise NoRecordings(f"{' and '.join(packages)} cannot be fetched: {done.stderr.strip()}")
    for package in root.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, root], check=True)
        package.unlink()


def _ways(packages: Sequence[str]) -> Iterator[list[str]]:
    """Lists of packages that are old or missing are fetched anew, where that is allowed."""
    download = ["apt-get", "download", "-q", *packages]
    yield download
    if os.geteuid() == 0:
        yield ["apt-get", "update", "-q"]
        yield download
