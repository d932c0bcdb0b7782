"""What goes in comes out: Structs, unions, tuples, floats and nothing at all."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.conformance.cast import Line, Pause, Player, Word
from tests.conformance.stage import Stage

LINE = Line(
    parts=(Word("good", (0.0, 0.25)), Pause(1.0), Word("día", (1.25, 1.5)), Pause()),
    scores={"best": 0.1 + 0.2, "worst": None, "none": -math.inf},
    source=Path("/data/jobs/1/audio.pcm"),
)


@pytest.mark.parametrize("piece", [Word("hello", (0.1, 0.30000000000000004)), Pause(2.0), None])
async def test_messages_and_answers_arrive_as_what_they_are(
    stage: Stage, piece: Word | Pause | None
) -> None:
    await stage.start()
    answer = await stage.player().ask(Player.mirror, piece, 1.5, 1e-300, line=LINE)
    assert answer == (piece, (1.5, 1e-300), LINE)


async def test_an_actor_is_made_with_structs_as_structs(stage: Stage) -> None:
    await stage.start(script=LINE)
    assert await stage.player().ask(Player.script) == LINE


async def test_an_actor_made_without_options_has_its_defaults(stage: Stage) -> None:
    await stage.start()
    assert await stage.player().ask(Player.script) is None


async def test_values_pass_through_an_actor_in_the_middle_unharmed(stage: Stage) -> None:
    await stage.start(name="middle")
    for host in stage.hosts:
        await stage.start(name=f"end on {host}", host=host)
        answer = await stage.player("middle").ask(
            Player.mirror_through, f"end on {host}", Pause(0.5), LINE
        )
        assert answer == LINE
