"""The language of a recording, one for all of its chunks.

Chunks are worked on side by side, by whoever is free, so none may decide for the others. The
language is found once, by a rule that depends on the recording alone, and noted where every worker
finds it (`notes`). Should two look for it at the same time, both find the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np

from retender.audio.pcm import Pcm
from retender.engines.faster_whisper.model import FRAMES_PER_SECOND, Model, Samples
from retender.engines.faster_whisper.notes import Detected
from retender.transcript.chunks import SAMPLE_RATE

PLACES: Final = 3
"""Windows listened to at most."""

SURE: Final = 0.5
"""A language that is this probable in one window needs no second one."""

_FULL_SCALE: Final = 32768.0


class HasSpan(Protocol):
    """A span, or a chunk."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


def detect(model: Model, pcm: Pcm, places: Sequence[HasSpan]) -> Detected:
    """The first place whose language is sure decides; where none is, all of them together."""
    if not model.multilingual:
        return Detected("en", 1.0)
    if not places:
        return Detected("en", 0.0)
    window = model.window * SAMPLE_RATE // FRAMES_PER_SECOND
    total: dict[str, float] = {}
    for place in places[:PLACES]:
        samples = read(pcm, place.start, min(place.end, place.start + window))
        sound = model.features(samples)[:, : model.window]
        (shares,) = model.detect(model.encode([sound], model.frames(sound.shape[-1])))
        for language, share in shares.items():
            total[language] = total.get(language, 0.0) + share
        surest = max(shares, key=lambda code: (shares[code], code))
        if shares[surest] >= SURE:
            return Detected(surest, shares[surest])
    likeliest = max(total, key=lambda code: (total[code], code))
    return Detected(likeliest, total[likeliest] / len(places[:PLACES]))


def read(pcm: Pcm, start: int, end: int) -> Samples:
    return np.asarray(pcm.read(start, end), np.float32) / _FULL_SCALE
