"""A benchmark of the whole service ends, whatever the service does."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from bench import started as bench
from bench.started import ServiceFailed, started

IGNORES_SIGTERM = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(sys.argv[1]).touch()
time.sleep(600)
"""


async def test_a_service_that_cannot_start_is_not_waited_for_and_its_reason_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = "Retender cannot start: the port is taken"
    monkeypatch.setattr(bench, "COMMAND", (sys.executable, "-c", f"raise SystemExit({reason!r})"))
    with pytest.raises(ServiceFailed, match=reason):
        async with started("local", tmp_path) as service:
            await service.until("/health/live")


async def test_a_service_that_does_not_stop_is_killed_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    monkeypatch.setattr(bench, "COMMAND", (sys.executable, "-c", IGNORES_SIGTERM, str(here)))
    monkeypatch.setattr(bench, "STOP_DEADLINE", 0.0)
    service = started("local", tmp_path)
    process = (await service.__aenter__()).running
    while not here.exists():  # noqa: ASYNC110 - another process: no signal can be had
        await asyncio.sleep(0.01)
    with pytest.raises(ServiceFailed, match="did not stop"):
        await service.__aexit__(None, None, None)
    assert process.returncode is not None
