"""Checks the sync to a Convex database: whether its endpoint answers and takes the key."""

from __future__ import annotations

from random import Random

from actors.delivery.convex_client import ConvexClient
from deployments.doctor.finding import Finding, bad, doubtful, good
from deployments.settings import BadSetting, Settings
from deployments.wiring.clock import SystemClock
from deployments.wiring.convex import convex as settings_of


async def convex(settings: Settings) -> Finding | None:
    """Asks with `GET`, which writes nothing. Jobs go on without Convex, so an outage is a warning;
    what does not pass by itself is bad."""
    try:
        there = settings_of(settings)
    except BadSetting as error:
        return bad("convex", str(error), "Set it right in the environment or in .env.")
    if there is None:
        return None
    client = ConvexClient(there, SystemClock(), Random())
    try:
        answer = await client.look()
    finally:
        await client.close()
    match answer.kind:
        case "stored" if answer.reason == "previous":
            return doubtful(
                "convex",
                f"{there.url} takes the key as the previous one",
                "Set CONVEX_API_KEY to its RETENDER_API_KEY before the previous one is removed.",
            )
        case "stored":
            return good("convex", f"{there.url} takes the key")
        case "again":
            return doubtful(
                "convex",
                f"{there.url}: {answer.reason}",
                "Jobs go on, and are sent once it answers. Look at the network, and at the "
                "variables of the Convex deployment.",
            )
        case "refused":
            return bad("convex", f"{there.url}: {answer.reason}", "Mend it; docs/convex.md helps.")
