"""Whisper models of the true sizes with random int8 weights, for memory, loading and speed.

    python -m models.random_weights SIZE FOLDER [--seed N]

They load like real ones and cost what real ones cost, but never come to an end by themselves (set
`max_new_tokens`), and most of their tokens have no text (call `generate` directly to count them).
"""

# ruff: noqa: T201 - a command prints what it wrote

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from models.ctranslate import Array, Linear, Norm, Shape, assemble, write
from models.layout import LARGE_V3, MULTILINGUAL, Layout, Lexicon


class Size(NamedTuple):
    shape: Shape
    layout: Layout = MULTILINGUAL


SIZES: Mapping[str, Size] = MappingProxyType(
    {
        "tiny": Size(Shape(384, 6, 4, 4)),
        "base": Size(Shape(512, 8, 6, 6)),
        "small": Size(Shape(768, 12, 12, 12)),
        "medium": Size(Shape(1024, 16, 24, 24)),
        "large-v3-turbo": Size(Shape(1280, 20, 32, 4, mels=128), LARGE_V3),
    }
)

_WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_SPREAD = 0.02
"""The standard deviation of weights: near that of trained ones, so activations stay finite."""

_INT8_SPREAD = 73.9
"""The standard deviation of bytes that are equally likely."""


class RandomWeights:
    """Numbers that depend on the seed alone."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)

    def linear(
        self,
        name: str,  # noqa: ARG002 - all are alike but for their size
        rows: int,
        columns: int,
        *,
        bias: bool,
    ) -> Linear:
        weight = np.frombuffer(self._random.bytes(rows * columns), np.int8)
        # No two scales may be equal: equal arrays are stored once, and then do not load.
        scale = _INT8_SPREAD / _SPREAD * self._random.uniform(0.97, 1.03, rows)
        return Linear(
            weight.reshape(rows, columns),
            self._normal((rows,), 0.01) if bias else None,
            scale.astype(np.float32),
        )

    def norm(self, name: str, width: int) -> Norm:  # noqa: ARG002 - all norms are alike
        gamma = self._random.uniform(0.98, 1.02, width).astype(np.float32)
        return Norm(gamma, self._normal((width,), 0.01))

    def array(self, name: str, shape: tuple[int, ...]) -> Array:  # noqa: ARG002 - likewise
        return self._normal(shape, _SPREAD)

    def _normal(self, shape: tuple[int, ...], spread: float) -> Array:
        return self._random.standard_normal(shape, dtype=np.float32) * np.float32(spread)


def build(size: Size, folder: Path, *, seed: int = 0) -> None:
    shape, layout = size
    write(
        assemble(shape, layout, RandomWeights(seed)),
        folder,
        lexicon=Lexicon.of(_WORDS),
        layout=layout,
        mels=shape.mels,
        alignment_heads=[(shape.decoder_layers - 1, head) for head in range(shape.heads)],
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m models.random_weights",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("size", choices=SIZES)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args()
    build(SIZES[wanted.size], wanted.folder, seed=wanted.seed)
    for file in sorted(wanted.folder.iterdir()):
        print(f"{file.stat().st_size:>13,}  {file}")


if __name__ == "__main__":
    main()
