"""The language of a recording, one for all of its chunks.

Chunks are worked on side by side, by whoever is free, so none may decide for the others. The
language is found once, by a rule that depends on the recording alone, and noted where every worker
finds it (`notes`). Should two look for it at the same time, both find the same.

The first chunk and one in the middle are listened to. Where both are sure of the same language, it
is that one. Otherwise others from all over the recording are listened to as well, and what is most
probable in all of them together, by their seconds, is the language. A caller may say among which
languages to choose.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping, Sequence
from typing import Final, Protocol

import numpy as np

from retender.audio.pcm import Pcm
from retender.engines.faster_whisper.model import FRAMES_PER_SECOND, Model, Samples
from retender.engines.faster_whisper.notes import Detected
from retender.errors import InvalidOption
from retender.transcript.chunks import SAMPLE_RATE
from retender.transcript.languages import LanguageShare

PLACES: Final = 16
"""Windows listened to at most."""

SURE: Final = 0.5
"""A language that is this probable in both of the first places is the recording's."""

CANDIDATES: Final = 3
"""Languages that are told, the chosen one first."""

_FULL_SCALE: Final = 32768.0


class HasSpan(Protocol):
    """A span, or a chunk."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


def detect(
    model: Model, pcm: Pcm, places: Sequence[HasSpan], among: Collection[str] = ()
) -> Generator[None, None, Detected]:
    """Yields after each window. `among`: the languages to choose from; none: all. Raises
    `InvalidOption` if the model knows none of them."""
    if not model.multilingual:
        return Detected("en", 1.0)
    if not places:
        return Detected("en", 0.0)
    first, more = chosen(len(places))
    heard: dict[int, dict[str, float]] = {}
    for number in first:
        heard[number] = _listen(model, pcm, places[number], among)
        yield
    if len({_likeliest(shares) for shares in heard.values()}) > 1 or not all(
        map(_sure, heard.values())
    ):
        for number in more:
            heard[number] = _listen(model, pcm, places[number], among)
            yield
    seconds = {number: places[number].end - places[number].start for number in heard}
    return _decided([(shares, seconds[number]) for number, shares in heard.items()])


def chosen(count: int) -> tuple[list[int], list[int]]:
    """Which of so many places are listened to at first, and which if that does not settle it: they
    are spread evenly."""
    first = sorted({0, count // 2})
    most = min(count, PLACES)
    spread = {number * count // most for number in range(most)}
    return first, sorted(spread.difference(first))


def restricted(shares: Mapping[str, float], among: Collection[str]) -> dict[str, float]:
    """The probabilities of these languages alone, which sum up to 1 again. Raises `InvalidOption`
    if none of them is known."""
    if not among:
        return dict(shares)
    kept = {code: share for code, share in shares.items() if code in among}
    if not kept:
        raise unknown(among)
    total = sum(kept.values())
    if total <= 0.0:
        return dict.fromkeys(kept, 1.0 / len(kept))
    return {code: share / total for code, share in kept.items()}


def unknown(among: Collection[str]) -> InvalidOption:
    listed = ", ".join(sorted(among))
    return InvalidOption(f"the model knows none of the languages {listed}", field="languages")


def read(pcm: Pcm, start: int, end: int) -> Samples:
    return np.asarray(pcm.read(start, end), np.float32) / _FULL_SCALE


def _listen(model: Model, pcm: Pcm, place: HasSpan, among: Collection[str]) -> dict[str, float]:
    window = model.window * SAMPLE_RATE // FRAMES_PER_SECOND
    samples = read(pcm, place.start, min(place.end, place.start + window))
    sound = model.features(samples)[:, : model.window]
    (shares,) = model.detect(model.encode([sound], model.frames(sound.shape[-1])))
    return restricted(shares, among)


def _sure(shares: Mapping[str, float]) -> bool:
    return shares[_likeliest(shares)] >= SURE


def _likeliest(shares: Mapping[str, float]) -> str:
    return max(shares, key=lambda code: (shares[code], code))


def _decided(heard: Sequence[tuple[Mapping[str, float], int]]) -> Detected:
    """By the mean of the probabilities. A longer place counts for more."""
    whole = sum(weight for _, weight in heard)
    means: dict[str, float] = {}
    for shares, weight in heard:
        for code, share in shares.items():
            means[code] = means.get(code, 0.0) + share * weight / whole
    best = sorted(means, key=lambda code: (means[code], code), reverse=True)[:CANDIDATES]
    candidates = tuple(LanguageShare(code, round(means[code], 4)) for code in best)
    return Detected(best[0], means[best[0]], candidates)
