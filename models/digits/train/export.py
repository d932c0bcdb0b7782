"""Trained weights as the folder that faster-whisper loads: int8, with its tokenizer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from torch import Tensor

from models.ctranslate import Array, Linear, Norm, assemble, write
from models.digits.train.network import ALIGNMENT_HEADS, PADDING, SHAPE
from models.digits.train.windows import SECONDS
from models.digits.train.words import LAYOUT, LEXICON

_STACKED = {
    "query_key_value": ("query", "key", "value"),
    "key_value": ("key", "value"),
}
_ARRAYS = {
    "encoder.conv1.weight": "conv1.weight",
    "encoder.conv1.bias": "conv1.bias",
    "encoder.conv2.weight": "conv2.weight",
    "encoder.conv2.bias": "conv2.bias",
    "decoder.positions": "places",
}
_NORMS = {"encoder.norm": "encoder_norm", "decoder.norm": "decoder_norm"}


def export(weights: Mapping[str, Tensor], folder: Path) -> None:
    write(
        assemble(SHAPE, LAYOUT, _Trained(weights)),
        folder,
        lexicon=LEXICON,
        layout=LAYOUT,
        mels=SHAPE.mels,
        alignment_heads=ALIGNMENT_HEADS,
        window_seconds=SECONDS,
    )


class _Trained:
    def __init__(self, weights: Mapping[str, Tensor]) -> None:
        self._weights: dict[str, Array] = {
            name: np.asarray(weight.detach().numpy(), np.float32)
            for name, weight in weights.items()
        }

    def linear(self, name: str, rows: int, columns: int, *, bias: bool) -> Linear:
        if name == "decoder.embedding":
            return Linear(self._shaped("embedding.weight", (rows, columns)))
        layer, _, kind = name.rpartition(".")
        parts = [f"{layer}.{part}" for part in _STACKED.get(kind, (kind,))]
        weight = np.concatenate([self._weights[f"{part}.weight"] for part in parts])
        assert bias
        assert weight.shape == (rows, columns), name
        return Linear(weight, np.concatenate([self._bias(part) for part in parts]))

    def norm(self, name: str, width: int) -> Norm:
        kind = name.removesuffix(".attention.norm") + ".norm"
        if name.endswith(".listening.norm"):
            kind = name.removesuffix(".listening.norm") + ".listening_norm"
        elif name.endswith(".thinking.norm"):
            kind = name
        ours = _NORMS.get(name, kind)
        shape = (width,)
        return Norm(self._shaped(f"{ours}.weight", shape), self._shaped(f"{ours}.bias", shape))

    def array(self, name: str, shape: tuple[int, ...]) -> Array:
        if name != "encoder.positions":
            return self._shaped(_ARRAYS[name], shape)
        padding = np.repeat(self._weights["padding"][None], PADDING, axis=0)
        return np.concatenate([self._weights["positions"], padding])

    def _bias(self, part: str) -> Array:
        """Keys have none: it would change nothing."""
        zeros = np.zeros(len(self._weights[f"{part}.weight"]), np.float32)
        return self._weights.get(f"{part}.bias", zeros)

    def _shaped(self, name: str, shape: tuple[int, ...]) -> Array:
        found = self._weights[name]
        assert found.shape == shape, name
        return found
