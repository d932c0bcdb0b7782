"""How much memory a model needs, and which model to use if the requested one does not fit.

Measured on int8 models of the real sizes: a loaded parameter takes a byte (two in float16, four in
float32). The hub's files are float16, and are read into memory whole. Each lane needs memory to
compute, which grows with the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from retender.engines.models.names import KNOWN_MODELS, KnownModel, canonical
from retender.errors import ModelUnavailable

MEGABYTE: Final = 1_000_000

RUNTIME: Final = 120 * MEGABYTE
"""The process with faster-whisper imported, without a model."""

_BYTES: Final[Mapping[str, int]] = MappingProxyType(
    {"int8": 1, "int8_float16": 1, "float16": 2, "bfloat16": 2, "int16": 2, "float32": 4}
)
_WIDEST: Final = 4
_FILE_BYTES: Final = 2

_LANE: Final = 90 * MEGABYTE
_LANE_PER_PARAMETER: Final = 0.75


class Choice(msgspec.Struct, frozen=True):
    """The same on every worker of a machine."""

    asked: str
    used: str
    missing: str = ""
    """Why the asked model cannot be had; empty if it could be, but may not fit."""

    @property
    def replaced(self) -> bool:
        """True if another model than the requested one is used; the transcript says so."""
        return self.used != self.asked


def loaded_bytes(millions: float, precision: str) -> int:
    """Memory of the loaded weights."""
    return round(millions * MEGABYTE * _BYTES.get(precision, _WIDEST))


def needed_bytes(millions: float, precision: str, lanes: int) -> int:
    """The most memory that a worker with this model takes: while loading, or with all lanes
    busy."""
    loading = round(millions * MEGABYTE * _FILE_BYTES)
    lane = _LANE + round(millions * MEGABYTE * _LANE_PER_PARAMETER)
    return RUNTIME + max(loading, loaded_bytes(millions, precision) + lanes * lane)


def memory_for_models(memory: int) -> int:
    """The memory for all models of a worker together, given that of the worker."""
    return max(0, memory - RUNTIME)


def held_bytes(file: int, lanes: int) -> int:
    """An upper bound of the memory of any model in use, by the size of its file."""
    return round(file * (1 + lanes * _LANE_PER_PARAMETER))


def choose(name: str, memory: int, precision: str, lanes: int) -> Choice:
    """The requested model, or the largest smaller one of its kind that fits into `memory` bytes.

    If `memory` is 0 (unknown), or the model's size is unknown, it is the requested one. Raises
    `ModelUnavailable` if nothing fits.
    """
    asked = canonical(name)
    known = KNOWN_MODELS.get(asked)
    if known is None or not memory or _fits(known, memory, precision, lanes):
        return Choice(asked, asked)
    smaller = [
        other
        for other in substitutes_of(asked)
        if KNOWN_MODELS[other].millions < known.millions
        and _fits(KNOWN_MODELS[other], memory, precision, lanes)
    ]
    if not smaller:
        least = needed_bytes(KNOWN_MODELS["tiny"].millions, precision, lanes) // MEGABYTE
        raise ModelUnavailable(
            f"no model fits into {memory // MEGABYTE} MB of memory; the smallest needs {least} MB: "
            "give the service more memory or fewer lanes, or have Groq do the recognition"
        )
    return Choice(asked, max(smaller, key=lambda other: KNOWN_MODELS[other].millions))


def substitutes_of(name: str) -> tuple[str, ...]:
    """Plain models only: `turbo` does not translate, distilled ones know only English."""
    known = KNOWN_MODELS.get(canonical(name))
    sizes = ("tiny", "base", "small", "medium")
    english = known is not None and known.english_only
    return tuple(f"{size}.en" for size in sizes) if english else (*sizes, "large-v3")


def _fits(known: KnownModel, memory: int, precision: str, lanes: int) -> bool:
    return needed_bytes(known.millions, precision, lanes) <= memory
