"""The checks of `retender doctor`: what the service needs, and what to do where it is missing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from deployments.doctor import disk, machine, network
from deployments.doctor.convex import convex
from deployments.doctor.database import database
from deployments.doctor.finding import Finding, bad, good
from deployments.settings import BadSetting, Settings, read

_QUIET: tuple[Callable[[Settings], Finding | None], ...] = (
    machine.decoding,
    machine.isolated,
    machine.engine,
    machine.model,
    machine.memory,
    machine.device,
    disk.folder,
    disk.disk_space,
    disk.objects,
    disk.durable,
    disk.keys,
    database,
)
"""Checks in the order of the report. One that does not apply returns None."""


async def examine() -> tuple[Finding, ...]:
    """Run all checks at the same time; none takes longer than a few seconds."""
    try:
        settings = read()
    except BadSetting as error:
        return (bad("settings", str(error), "Set it right in the environment or in .env."),)
    found = await asyncio.gather(
        *(asyncio.to_thread(look, settings) for look in _QUIET),
        network.service(settings),
        network.hub(settings),
        network.groq(settings),
        convex(settings),
    )
    return (good("settings", "all are right"), *(each for each in found if each is not None))
