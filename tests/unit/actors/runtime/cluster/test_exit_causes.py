"""Why a process is gone, in words for people."""

from __future__ import annotations

import pytest

from actors.runtime.cluster.exit_causes import cause_of
from actors.runtime.limits import CAUSE_CHARS

DIED = "The actor died unexpectedly before finishing this task.\n\tclass_name: RayCell\n"
KILLED = (
    "The actor is dead because its worker process has died. Worker exit type: SYSTEM_ERROR Worker"
    " exit detail: Worker unexpectedly exits with a connection error code 2. End of file. Some"
    " common causes include: (1) the process was killed by the OOM killer due to high memory usage"
)


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (DIED + KILLED, "its process was killed, or crashed"),
        ("The actor is dead because it was killed by `ray.kill`.", "it was killed"),
        (
            "The actor is dead because its owner has died. Owner Id: 01",
            "who had started it has died",
        ),
        ("The actor died because its node has died. Node Id: 01", "its node died"),
        (
            "1 worker(s) were killed due to the node running low on memory. " + KILLED,
            "its node ran out of memory, and it was ended",
        ),
        ("The actor is temporarily unavailable: RPC", "its process could not be reached"),
        (DIED + "The actor is dead because of something\n new.", "of something new."),
    ],
)
def test_what_is_known_of_a_death_is_said_in_a_few_words(said: str, cause: str) -> None:
    assert cause_of(said) == cause


def test_the_longest_cause_is_cut() -> None:
    assert len(cause_of("x" * (CAUSE_CHARS + 1))) == CAUSE_CHARS
