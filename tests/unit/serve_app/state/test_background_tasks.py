"""What runs beside the requests."""

from __future__ import annotations

import pytest

from serve_app.state.background_tasks import RESTART_SECONDS, restart_on_bug
from tests.support.actors.virtual_time import EPOCH, VirtualClock


async def test_what_breaks_is_begun_anew_after_a_moment(virtual_clock: VirtualClock) -> None:
    begun: list[float] = []

    async def breaks_twice() -> None:
        begun.append(virtual_clock.now() - EPOCH)
        if len(begun) <= 2:
            raise ZeroDivisionError("a bug")

    await restart_on_bug("a test", breaks_twice)
    assert begun == pytest.approx([0.0, RESTART_SECONDS, 2 * RESTART_SECONDS])
