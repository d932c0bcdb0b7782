"""Makes the engine faster-whisper in the process of its worker, from plain values.

The settings and the service are not imported here, for the reason given in `blobs.py`.
"""

from __future__ import annotations

from typing import Any

import msgspec

from deployments.wiring.blobs import blobs
from deployments.wiring.child_processes import lower_priority
from deployments.wiring.resources import resources
from retender.engines.faster_whisper.engine import WhisperEngine
from retender.engines.faster_whisper.settings import WhisperSettings
from retender.engines.preparation import Preparation
from retender.scheduling.engine_choice import LOCAL


def engine(
    settings: WhisperSettings | dict[str, Any],
    preparation: Preparation | dict[str, Any],
    serves: str = LOCAL,
    **place: Any,
) -> WhisperEngine:
    """The engine of a worker on this machine. The arguments are plain dicts if the recipe came from
    another process."""
    return WhisperEngine(settings, blobs=blobs(**place), preparation=preparation, name=serves)


def engine_on_node(
    settings: WhisperSettings | dict[str, Any], *, memory: int, **others: Any
) -> WhisperEngine:
    """The same on a node of a cluster: the free memory is known only there."""
    lower_priority()
    how = msgspec.convert(settings, WhisperSettings)
    if how.device == "cpu":
        how = msgspec.structs.replace(how, memory=memory or resources().memory)
    return engine(how, **others)
