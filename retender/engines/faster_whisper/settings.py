"""What can be set about recognition on this machine."""

from __future__ import annotations

import msgspec

from retender.engines.models.library import LibrarySettings


class WhisperSettings(msgspec.Struct, frozen=True, kw_only=True):
    library: LibrarySettings
    default: str = "medium"
    """For jobs that name no model."""
    fallback: str = ""
    """For the same jobs, where the default model cannot be had; empty: they fail."""
    prefetch: bool = False
    """Fetch the model for those jobs at the start, so that the first job need not wait."""
    device: str = "cpu"
    precision: str = "int8"
    """`int8` on a CPU, `float16` on a GPU."""
    lanes: int = 1
    """Batches worked on side by side. On a CPU as many as cores: one thread in each of several
    lanes does more than several threads in one."""
    threads: int = 1
    """Threads in each lane."""
    batch: int = 1
    """Chunks in one batch: gains much on a GPU, a fifth on a CPU, for memory."""
    memory: int = 0
    """Bytes that a worker may take: where the asked model needs more, a smaller one is used, and
    several models stay loaded as long as they fit. 0: unknown; the asked one, one at a time."""
    idle_seconds: float = 600.0
    """A model that nobody has used for so long is given up."""
    load_seconds: float = 300.0
    """A model that takes longer to load is taken to hang."""
    heartbeat: float = 2.0
    """Seconds between signs of life while a model is waited for."""
    beam: int = 5
