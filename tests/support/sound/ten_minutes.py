"""Ten minutes in two languages, and what is heard in them undisturbed."""

from __future__ import annotations

from retender.jobs.job import Options
from tests.support.sound.speech import Recording, one_file, talk
from tests.support.sound.undisturbed import Heard, heard_alone

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


def heard_by_one() -> Heard:
    return heard_alone(recording(), OPTIONS)
