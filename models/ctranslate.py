"""Weights written as a Whisper model in CTranslate2's form, with numpy alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import ctranslate2.specs.whisper_spec as whisper  # type: ignore[import-untyped]  # it carries no types
import numpy as np
import numpy.typing as npt

from models.layout import Layout, Lexicon

SAMPLE_RATE = 16_000
ENCODER_POSITIONS = 1500
DECODER_POSITIONS = 448

Array = npt.NDArray[np.float32]


class Shape(NamedTuple):
    width: int
    heads: int
    encoder_layers: int
    decoder_layers: int
    mels: int = 80

    @property
    def feed_forward(self) -> int:
        return 4 * self.width


class Linear(NamedTuple):
    """`weight` may be int8; then each row of it is to be divided by its `scale`."""

    weight: npt.NDArray[np.float32] | npt.NDArray[np.int8]
    bias: Array | None = None
    scale: Array | None = None


class Norm(NamedTuple):
    gamma: Array
    beta: Array


class Weights(Protocol):
    """Where the numbers come from. Names are paths, such as `encoder.0.attention.out`."""

    def linear(self, name: str, rows: int, columns: int, *, bias: bool) -> Linear: ...
    def norm(self, name: str, width: int) -> Norm: ...
    def array(self, name: str, shape: tuple[int, ...]) -> Array: ...


def assemble(shape: Shape, layout: Layout, weights: Weights) -> Any:
    """A specification with every weight in its place. Embedding and projection are one matrix."""
    spec = whisper.WhisperSpec(shape.encoder_layers, shape.heads, shape.decoder_layers, shape.heads)
    filling = _Filling(shape, weights)
    filling.encoder(spec.encoder)
    filling.decoder(spec.decoder, layout.size)
    return spec


def write(
    spec: Any,
    folder: Path,
    *,
    lexicon: Lexicon,
    layout: Layout,
    mels: int,
    alignment_heads: Sequence[tuple[int, int]],
    window_seconds: int = 30,
) -> None:
    """The whole folder. Weights that are not int8 yet become it."""
    folder.mkdir(parents=True, exist_ok=True)
    spec.register_vocabulary(lexicon.listing(layout))
    spec.config.lang_ids = list(layout.language_ids)
    spec.config.alignment_heads = [list(head) for head in alignment_heads]
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = [lexicon.space]
    spec.validate()
    if spec.decoder.embeddings.weight.dtype == "int8":
        # `optimize` would quantise again, and takes minutes to compare large arrays in pairs.
        spec.decoder.projection.weight = "decoder/embeddings/weight"
        spec.decoder.projection.weight_scale = "decoder/embeddings/weight_scale"
    else:
        spec.optimize(quantization="int8")
    spec.save(str(folder))
    lexicon.write_tokenizer(folder / "tokenizer.json", layout)
    features = {
        "chunk_length": window_seconds,
        "feature_extractor_type": "WhisperFeatureExtractor",
        "feature_size": mels,
        "hop_length": 160,
        "n_fft": 400,
        "n_samples": window_seconds * SAMPLE_RATE,
        "nb_max_frames": window_seconds * 100,
        "sampling_rate": SAMPLE_RATE,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(features, indent=1))


class _Filling:
    def __init__(self, shape: Shape, weights: Weights) -> None:
        self._shape = shape
        self._weights = weights

    def encoder(self, spec: Any) -> None:
        width = self._shape.width
        self._convolution(spec.conv1, "encoder.conv1", self._shape.mels)
        self._convolution(spec.conv2, "encoder.conv2", width)
        places = self._weights.array("encoder.positions", (ENCODER_POSITIONS, width))
        spec.position_encodings.encodings = places
        self._norm(spec.layer_norm, "encoder.norm")
        for number, layer in enumerate(spec.layer):
            name = f"encoder.{number}"
            self._self_attention(layer.self_attention, f"{name}.attention")
            self._feed_forward(layer.ffn, name)

    def decoder(self, spec: Any, vocabulary: int) -> None:
        width = self._shape.width
        embedding = self._weights.linear("decoder.embedding", vocabulary, width, bias=False)
        for tied in (spec.embeddings, spec.projection):
            _place(tied, embedding)
        places = self._weights.array("decoder.positions", (DECODER_POSITIONS, width))
        spec.position_encodings.encodings = places
        self._norm(spec.layer_norm, "decoder.norm")
        for number, layer in enumerate(spec.layer):
            name = f"decoder.{number}"
            self._self_attention(layer.self_attention, f"{name}.attention")
            self._cross_attention(layer.attention, f"{name}.listening")
            self._feed_forward(layer.ffn, name)

    def _convolution(self, spec: Any, name: str, channels: int) -> None:
        width = self._shape.width
        spec.weight = self._weights.array(f"{name}.weight", (width, channels, 3))
        spec.bias = self._weights.array(f"{name}.bias", (width,))

    def _self_attention(self, spec: Any, name: str) -> None:
        width = self._shape.width
        self._norm(spec.layer_norm, f"{name}.norm")
        self._linear(spec.linear[0], f"{name}.query_key_value", 3 * width, width)
        self._linear(spec.linear[1], f"{name}.out", width, width)

    def _cross_attention(self, spec: Any, name: str) -> None:
        width = self._shape.width
        self._norm(spec.layer_norm, f"{name}.norm")
        self._linear(spec.linear[0], f"{name}.query", width, width)
        self._linear(spec.linear[1], f"{name}.key_value", 2 * width, width)
        self._linear(spec.linear[2], f"{name}.out", width, width)

    def _feed_forward(self, spec: Any, layer: str) -> None:
        width, wide = self._shape.width, self._shape.feed_forward
        self._norm(spec.layer_norm, f"{layer}.thinking.norm")
        self._linear(spec.linear_0, f"{layer}.thinking.widen", wide, width)
        self._linear(spec.linear_1, f"{layer}.thinking.narrow", width, wide)

    def _linear(self, spec: Any, name: str, rows: int, columns: int) -> None:
        _place(spec, self._weights.linear(name, rows, columns, bias=True))

    def _norm(self, spec: Any, name: str) -> None:
        spec.gamma, spec.beta = self._weights.norm(name, self._shape.width)


def _place(spec: Any, linear: Linear) -> None:
    spec.weight = linear.weight
    if linear.scale is not None:
        spec.weight_scale = linear.scale
    if linear.bias is not None:
        spec.bias = linear.bias
