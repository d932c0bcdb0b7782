"""Settings of the JobManager. Only values: they are read in `deployments/`."""

from __future__ import annotations

import msgspec

from retender.engines.models.library import LibrarySettings
from retender.jobs.retry import RetryPolicy
from retender.scheduling.engine_choice import LOCAL


class ManagerSettings(msgspec.Struct, frozen=True, kw_only=True):
    max_queue: int = 1000
    lease_seconds: float = 15.0
    retry: RetryPolicy = RetryPolicy()
    default_factor: float = 0.5
    """Assumed seconds of work for a second of audio, until something has been measured."""
    library: LibrarySettings | None = None
    """Where the workers' models are; None if no engine here keeps models."""
    default_model: str = "medium"
    languages: tuple[str, ...] = ()
    """The languages that `auto` chooses among for jobs that name none; none: all."""
    engines: tuple[str, ...] = (LOCAL,)
    """Engines that are set up, the preferred one first."""
    spill_after: float | None = None
    """A job with `engine: auto` moves to another engine if it would wait for so many seconds; None:
    never."""
    convex: bool = False
    """True if jobs are synced to a Convex database."""
    traces: bool = False
    """True if the parts of jobs' lives are recorded for a Tracer."""
    shared_cache: bool = False
    """True if a result of one owner answers the submissions of others, too. They learn from that
    that somebody had the recording before."""
    private_callbacks: bool = False
    """True if webhooks may go to private addresses and without TLS."""
