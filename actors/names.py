"""What the actors are called: how they find each other through the runtime."""

from typing import Final

ROOT: Final = "root"
JOB_MANAGER: Final = "job_manager"
BROADCASTER: Final = "broadcaster"
COLLECTOR: Final = "collector"
TRANSCRIBER_POOL: Final = "transcriber_pool"


def transcriber(number: int) -> str:
    return f"transcriber-{number}"
