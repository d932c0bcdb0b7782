"""Makes the engine Groq in the process of its worker, from plain values."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec

from deployments.wiring.blobs import blobs
from retender.engines.groq.engine import GroqEngine, groq_engine
from retender.engines.groq.settings import GroqSettings
from retender.engines.preparation import Preparation


def engine(
    settings: GroqSettings | dict[str, Any],
    ledgers: str,
    preparation: Preparation | dict[str, Any],
    **place: Any,
) -> GroqEngine:
    """The arguments are plain dicts if the recipe came from another process."""
    return groq_engine(
        msgspec.convert(settings, GroqSettings),
        blobs(**place),
        Path(ledgers),
        msgspec.convert(preparation, Preparation),
        time.time,
    )
