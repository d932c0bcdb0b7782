"""The names of the actors, by which they find each other."""

from typing import Final

ROOT: Final = "root"
JOB_MANAGER: Final = "job_manager"
BROADCASTER: Final = "broadcaster"
COLLECTOR: Final = "collector"
WEBHOOKS: Final = "webhooks"
CONVEX_SYNC: Final = "convex_sync"
METER: Final = "meter"
TRACER: Final = "tracer"
RATE_LIMITER: Final = "rate_limiter"
TRANSCRIBER_POOL: Final = "transcriber_pool"
GROQ_POOL: Final = "groq_pool"

TRANSCRIBERS: Final = "transcriber"
GROQ_WORKERS: Final = "groq"


def worker(kind: str, number: int) -> str:
    """`kind`: differs for each pool, so that worker names are unique."""
    return f"{kind}-{number}"
