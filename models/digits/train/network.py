"""The model in torch: Whisper's architecture, small, with positions for ten seconds.

faster-whisper pads every window to thirty seconds. All positions after the tenth second hear the
same padding and share one learned vector, so as keys they are equal: here they are one key, whose
attention counts a thousand times.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F  # noqa: N812 - its name everywhere
from torch import Tensor, nn

from models.ctranslate import DECODER_POSITIONS, ENCODER_POSITIONS, Shape
from models.digits.train.batches import POSITIONS, SOUNDS
from models.digits.train.words import LAYOUT

SHAPE = Shape(width=96, heads=3, encoder_layers=3, decoder_layers=3)

ALIGNMENT_HEADS = ((1, 0), (2, 0), (2, 1))
"""Layers and heads of the decoder that listen to the word that is to come."""

MEMORY_HEAD = (0, 0)
"""The one that listens to the word that went in."""

PADDING = ENCODER_POSITIONS - POSITIONS

_OFFSETS = (0, 8, -8)
_SHARPNESS = 1.4


class Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def forward(self, at: Tensor, to: Tensor, *, bias: Tensor | None, causal: bool) -> Tensor:
        query, key, value = self._split(at, to)
        heard = F.scaled_dot_product_attention(query, key, value, attn_mask=bias, is_causal=causal)
        return self._joined(heard)

    def watched(self, at: Tensor, to: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        """The same, and the logarithm of what each head attends to."""
        query, key, value = self._split(at, to)
        scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1]) + bias
        attention = scores.log_softmax(-1)
        return self._joined(attention.exp() @ value), attention

    def _split(self, at: Tensor, to: Tensor) -> tuple[Tensor, ...]:
        parts = (self.query(at), self.key(to), self.value(to))
        return tuple(part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)

    def _joined(self, heard: Tensor) -> Tensor:
        joined: Tensor = self.out(heard.transpose(1, 2).flatten(2))
        return joined


class Thinking(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(shape.width)
        self.widen = nn.Linear(shape.width, shape.feed_forward)
        self.narrow = nn.Linear(shape.feed_forward, shape.width)

    def forward(self, x: Tensor) -> Tensor:
        thought: Tensor = self.narrow(F.gelu(self.widen(self.norm(x))))
        return thought


class EncoderLayer(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(shape.width)
        self.attention = Attention(shape.width, shape.heads)
        self.thinking = Thinking(shape)

    def forward(self, x: Tensor, bias: Tensor | None) -> Tensor:
        here = self.norm(x)
        x = x + self.attention(here, here, bias=bias, causal=False)
        return x + self.thinking(x)


class DecoderLayer(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(shape.width)
        self.attention = Attention(shape.width, shape.heads)
        self.listening_norm = nn.LayerNorm(shape.width)
        self.listening = Attention(shape.width, shape.heads)
        self.thinking = Thinking(shape)

    def forward(self, x: Tensor, heard: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        here = self.norm(x)
        x = x + self.attention(here, here, bias=None, causal=True)
        listened, attention = self.listening.watched(self.listening_norm(x), heard, bias)
        x = x + listened
        return x + self.thinking(x), attention


class Network(nn.Module):
    def __init__(self, shape: Shape = SHAPE) -> None:
        super().__init__()
        width = shape.width
        self.conv1 = nn.Conv1d(shape.mels, width, 3, padding=1)
        self.conv2 = nn.Conv1d(width, width, 3, stride=2, padding=1)
        self.positions = nn.Parameter(_waves(POSITIONS, width))
        self.padding = nn.Parameter(torch.randn(width))
        self.encoder = nn.ModuleList(EncoderLayer(shape) for _ in range(shape.encoder_layers))
        self.encoder_norm = nn.LayerNorm(width)
        self.embedding = nn.Embedding(LAYOUT.size, width)
        nn.init.normal_(self.embedding.weight, std=width**-0.5)
        self.places = nn.Parameter(_waves(DECODER_POSITIONS, width) * 0.3)
        self.decoder = nn.ModuleList(DecoderLayer(shape) for _ in range(shape.decoder_layers))
        self.decoder_norm = nn.LayerNorm(width)
        self.sounds = nn.Linear(width, SOUNDS)
        for layer in self.encoder:
            _begin_local(layer.attention)

    def encode(self, mels: Tensor) -> Tensor:
        """Of each window one position more than it has: the padding."""
        heard = self._convolved(mels) + self.positions
        silence = F.gelu(self.conv2.weight.sum(-1) @ F.gelu(self.conv1.bias) + self.conv2.bias)
        padding = (silence + self.padding).expand(heard.shape[0], 1, -1)
        heard = torch.cat([heard, padding], 1)
        return self._encoded(heard, self._bias())

    def encode_crop(self, mels: Tensor, first_position: int) -> Tensor:
        heard = self._convolved(mels)
        there = self.positions[first_position : first_position + heard.shape[1]]
        return self._encoded(heard + there, None)

    def decode(self, tokens: Tensor, heard: Tensor) -> tuple[Tensor, list[Tensor]]:
        """A score for each token that may come next, and what each layer listened to."""
        x = self.embedding(tokens) + self.places[: tokens.shape[1]]
        watched = []
        for layer in self.decoder:
            x, attention = layer(x, heard, self._bias())
            watched.append(attention)
        return self.decoder_norm(x) @ self.embedding.weight.T, watched

    def _convolved(self, mels: Tensor) -> Tensor:
        return F.gelu(self.conv2(F.gelu(self.conv1(mels)))).transpose(1, 2)

    def _encoded(self, x: Tensor, bias: Tensor | None) -> Tensor:
        for layer in self.encoder:
            x = layer(x, bias)
        encoded: Tensor = self.encoder_norm(x)
        return encoded

    def _bias(self) -> Tensor:
        bias = torch.zeros(1, 1, 1, POSITIONS + 1)
        bias[..., -1] = math.log(PADDING)
        return bias


def _frequencies(width: int) -> Tensor:
    half = width // 2
    return torch.exp(-math.log(10_000) / (half - 1) * torch.arange(half))


def _waves(count: int, width: int) -> Tensor:
    angles = torch.arange(count)[:, None] * _frequencies(width)
    return torch.cat([angles.sin(), angles.cos()], 1)


def _begin_local(attention: Attention) -> None:
    """Each head begins by looking at an offset of its own: without that, training takes long.

    The waves of a position and of one `offset` further on are turned against each other by an
    angle, so a rotation of the query makes them match best there.
    """
    query, key = attention.query.weight, attention.key.weight
    half = query.shape[1] // 2
    frequencies = _frequencies(query.shape[1]).tolist()
    size = query.shape[0] // attention.heads
    with torch.no_grad():
        query.mul_(0.3)
        key.mul_(0.3)
        for head in range(attention.heads):
            offset = _OFFSETS[head % len(_OFFSETS)]
            mine = range(head, half, attention.heads)[: size // 2]
            for row, wave in zip(range(head * size, (head + 1) * size, 2), mine, strict=False):
                cosine = _SHARPNESS * math.cos(frequencies[wave] * offset)
                sine = _SHARPNESS * math.sin(frequencies[wave] * offset)
                query[row, wave] += cosine
                query[row, half + wave] += sine
                query[row + 1, half + wave] += cosine
                query[row + 1, wave] -= sine
                key[row, wave] += _SHARPNESS
                key[row + 1, half + wave] += _SHARPNESS
