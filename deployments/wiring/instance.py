"""What the container allows, and how many pieces are worked on at a time because of that.

Used by the `koyeb` profile, whose instances are a tenth of a processor and 512 MB. A number that
the owner has set is left as it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from deployments.settings import Settings
from deployments.wiring.resources import cpu_quota, memory_limit
from serve_app.settings import InstanceLimits

MEBIBYTE: Final = 1024 * 1024

SERVICE_BYTES: Final = 128 * MEBIBYTE
"""What the service itself takes at most, without the pieces it works on."""

PIECE_BYTES: Final = 64 * MEBIBYTE
"""What a piece takes: mostly its ffmpeg, where a recording has to be decoded."""

MOST_AT_ONCE: Final = 4
"""More requests at a time do not make Groq's limits larger."""

SLOW: Final = 0.5
"""With less than this share of a processor, two pieces at a time: one is sent while the other waits
for its answer. More would only slow each other down."""

SLOW_AT_ONCE: Final = 2

SMALL_BYTES: Final = 1024 * MEBIBYTE
"""With no more memory than this, the processor is taken to be slow if its share is not known: the
small instances of most hosts are virtual machines, which do not show it."""


def limits(settings: Settings, root: Path = Path("/")) -> InstanceLimits:
    """`root`: the folder in which `/proc` and `/sys` are looked for."""
    memory, cpu = memory_limit(root), cpu_quota(root)
    if "max_concurrent_jobs" in settings.model_fields_set:
        at_once, why = settings.max_concurrent_jobs, "as MAX_CONCURRENT_JOBS says"
    else:
        at_once, why = _choose(memory, cpu)
    found = f"{_megabytes(memory)} and {_processors(cpu)}"
    sentence = f"this instance has {found}: {at_once} at a time, {why}"
    return InstanceLimits(memory=memory, cpu=cpu, at_once=at_once, reason=sentence)


def within(settings: Settings, chosen: InstanceLimits) -> Settings:
    """The settings with what was chosen."""
    return settings.model_copy(update={"max_concurrent_jobs": chosen.at_once})


def _choose(memory: int | None, cpu: float | None) -> tuple[int, str]:
    if memory is None:
        return SLOW_AT_ONCE, "because its memory is not known"
    fit = max(1, (memory - SERVICE_BYTES) // PIECE_BYTES)
    slow = cpu < SLOW if cpu is not None else memory <= SMALL_BYTES
    most = SLOW_AT_ONCE if slow else MOST_AT_ONCE
    if fit < most:
        return fit, f"because each may take {PIECE_BYTES // MEBIBYTE} MiB"
    if slow:
        return most, "so that one is sent while the other waits for its answer"
    return most, "because more would only wait for Groq's limits"


def _megabytes(memory: int | None) -> str:
    return "unknown memory" if memory is None else f"{memory // MEBIBYTE} MiB of memory"


def _processors(cpu: float | None) -> str:
    return "no limit on its processor" if cpu is None else f"{cpu:g} of a processor"
