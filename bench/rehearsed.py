"""A model that says a given number of tokens in each window, whichever worker asks it.

With random weights nobody knows what is said, nor when it ends. Here every window costs the same,
in plain faster-whisper and in ours: one encoding, and so many tokens by beam search. What they are
is then forgotten, so that nobody listens to a window twice. Both call CTranslate2 for it, and it
is there that this stands in.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import ctranslate2  # type: ignore[import-untyped]  # it carries no types

from deployments.wiring import recognition
from models.layout import MULTILINGUAL
from retender.engines.faster_whisper.engine import WhisperEngine

TOKENS: Final = 64
"""A window of 30 s with speech has about so many."""

_ANYTHING: Final[list[list[int]]] = [[0]]
_UNSURE: Final = -100.0
"""Of what is most probably silence nobody makes text, nor hears it again."""


def rehearse(tally: Path) -> None:
    """From now on, in this process. Each window leaves a byte in `tally`."""
    generate = ctranslate2.models.Whisper.generate
    never_ends = [-1, MULTILINGUAL.end_of_text]

    def generate_so_many(model: Any, features: Any, prompts: Any, **how: Any) -> list[Any]:
        how |= {"max_length": len(prompts[0]) + TOKENS, "suppress_tokens": never_ends}
        results = generate(model, features, prompts, **how)
        with tally.open("ab") as file:
            file.write(bytes(len(results)))
        return [_said_nothing(result) for result in results]

    ctranslate2.models.Whisper.generate = generate_so_many


def windows(tally: Path) -> int:
    return tally.stat().st_size if tally.exists() else 0


def engine(*, tally: str, **options: Any) -> WhisperEngine:
    """As a recipe's target: the engine in a process of its own."""
    rehearse(Path(tally))
    return recognition.engine(**options)


def _said_nothing(result: Any) -> SimpleNamespace:
    return SimpleNamespace(
        sequences_ids=_ANYTHING, scores=[_UNSURE for _ in result.scores], no_speech_prob=1.0
    )
