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

from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from functools import partial
from typing import Any, Final, Protocol

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

AT_ONCE: Final = 2
"""Windows listened to side by side, where there are lanes for it."""

Listening = Sequence[Callable[[], None]]
"""Calls that may be made side by side, each on a thread. All must return before the next step."""

_FULL_SCALE: Final = 32768.0


class HasSpan(Protocol):
    """A span, or a chunk."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


Keep = Callable[[HasSpan, Any], None]


def detect(
    model: Model,
    pcm: Pcm,
    places: Sequence[HasSpan],
    among: Collection[str] = (),
    keep: Keep = lambda _place, _encoded: None,
) -> Generator[Listening, None, Detected]:
    """Yields what the caller has to do next. `among`: the languages to choose from; none: all.
    `keep` gets what was encoded of the first places. Raises `InvalidOption` if the model knows none
    of the languages."""
    if not model.multilingual:
        return Detected("en", 1.0)
    if not places:
        return Detected("en", 0.0)
    first, more = chosen(len(places))
    heard: dict[int, dict[str, float]] = {}

    def listen(number: int) -> None:
        encoded = _encoded(model, pcm, places[number])
        (shares,) = model.detect(encoded)
        heard[number] = restricted(shares, among)
        if number in first:
            keep(places[number], encoded)

    yield [partial(listen, number) for number in first]
    if len({_likeliest(shares) for shares in heard.values()}) > 1 or not all(
        map(_sure, heard.values())
    ):
        for at in range(0, len(more), AT_ONCE):
            yield [partial(listen, number) for number in more[at : at + AT_ONCE]]
    seconds = {number: places[number].end - places[number].start for number in heard}
    return _decided([(heard[number], seconds[number]) for number in sorted(heard)])


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


def _encoded(model: Model, pcm: Pcm, place: HasSpan) -> Any:
    window = model.window * SAMPLE_RATE // FRAMES_PER_SECOND
    samples = read(pcm, place.start, min(place.end, place.start + window))
    sound = model.features(samples)[:, : model.window]
    return model.encode([sound], model.frames(sound.shape[-1]))


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
