"""Thousands of windows on disk, as the features that faster-whisper itself would compute.

A corpus is made in shards, each from a seed of its own and put in its place when it is whole:
making it again goes on where it was interrupted.
"""

from __future__ import annotations

import multiprocessing
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
from faster_whisper.feature_extractor import (  # type: ignore[import-untyped]  # it carries no types
    FeatureExtractor,
)

from models.digits.train.windows import SECONDS, Window, some_window
from models.digits.train.words import NUMBERS, Language

FRAMES = 100 * SECONDS
MELS = 80
SHARD = 400


class Word(msgspec.Struct, frozen=True, array_like=True):
    number: int
    start: float
    end: float


class Description(msgspec.Struct, frozen=True):
    """What is said in a window, and how many of its frames there are: the rest is padding."""

    language: Language
    frames: int
    segments: tuple[tuple[Word, ...], ...]


Features = npt.NDArray[np.float16]


class Corpus:
    def __init__(self, shards: Sequence[Path]) -> None:
        self._features = [np.load(shard, mmap_mode="r") for shard in shards]
        self.descriptions: list[Description] = []
        self._ends: list[int] = []
        for shard in shards:
            text = _descriptions(shard).read_bytes()
            self.descriptions += msgspec.json.decode(text, type=list[Description])
            self._ends.append(len(self.descriptions))

    def __len__(self) -> int:
        return len(self.descriptions)

    def features(self, number: int) -> Features:
        """Frames by mels."""
        shard = bisect_right(self._ends, number)
        begins = self._ends[shard - 1] if shard else 0
        found: Features = self._features[shard][number - begins]
        return found


def prepare(folder: Path, windows: int, *, seed: int, workers: int) -> Iterator[Path]:
    """Make what is missing. Yields each shard as it is there, in no order."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = []
    for number, first in enumerate(range(0, windows, SHARD)):
        size = min(SHARD, windows - first)
        shard = folder / f"{seed}-{number:03d}-{size}.npy"
        if shard.exists():
            yield shard
        else:
            missing.append((shard, size, (seed, number)))
    # espeak-ng remembers what it has said: a process of its own makes each shard the same again.
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), max_tasks_per_child=1)
    with pool:
        for made in as_completed([pool.submit(_make, *order) for order in missing]):
            yield made.result()


def _make(shard: Path, size: int, seed: tuple[int, int]) -> Path:
    random = np.random.default_rng(seed)
    extract = FeatureExtractor(chunk_length=SECONDS)
    features = np.zeros((size, FRAMES, MELS), np.float16)
    descriptions = []
    for number in range(size):
        window = some_window(random)
        mels = extract(window.sound)[:, :-1][:, :FRAMES]
        features[number, : mels.shape[1]] = mels.T
        descriptions.append(_described(window, mels.shape[1]))
    _descriptions(shard).write_bytes(msgspec.json.encode(descriptions))
    unfinished = shard.with_suffix(".part.npy")
    np.save(unfinished, features)
    return unfinished.rename(shard)


def _described(window: Window, frames: int) -> Description:
    segments = tuple(
        tuple(Word(NUMBERS[said.word], said.start, said.end) for said in segment)
        for segment in window.segments
    )
    return Description(window.language, frames, segments)


def _descriptions(shard: Path) -> Path:
    return shard.with_suffix(".json")
