"""Ten minutes in two languages, and what one worker hears in them: what all others must hear too.

The seeds are pinned: with these the digits model, which mistakes a word in some hundreds, hears
each as it was said. So a word that is missing, doubled or changed was lost, doubled or changed by
the service.
"""

from __future__ import annotations

import asyncio
import tempfile
from functools import cache
from pathlib import Path

from retender.jobs.job import Options
from retender.transcript.segments import Transcript
from tests.support.engines.recognition_service import Shape, whole_service
from tests.support.sound.speech import Recording, one_file, talk

OPTIONS = Options(multilingual=True, word_timestamps=True)


def recording() -> Recording:
    return one_file(
        talk(140, "en", seed=1),
        talk(140, "es", seed=1),
        in_one_breath(seed=8),
        talk(140, "es", seed=2),
        in_one_breath(seed=10),
        talk(20, "es", seed=3),
        talk(120, "en", seed=2),
    )


def in_one_breath(*, seed: int) -> Recording:
    """There is no pause to cut at: there chunks overlap, and are joined by their words."""
    return talk(40, "es", seed=seed, pause=(0.0, 0.03), manner="fluent")


@cache
def heard_by_one() -> Transcript:
    """One worker with one lane, and nothing else to do."""

    async def listen() -> Transcript:
        with tempfile.TemporaryDirectory() as folder:
            async with whole_service(Path(folder), Shape()) as service:
                return await service.heard(recording().path, OPTIONS)

    # Not `asyncio.run`, which takes the thread's event loop away from other tests.
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(listen())
