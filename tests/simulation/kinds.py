"""The kinds of simulated services, by the word that names them in a command."""

from __future__ import annotations

from tests.simulation.convex_world import ConvexWorld
from tests.simulation.two_engines import TwoEngineWorld
from tests.simulation.world import World

KINDS: dict[str, type[World]] = {
    "": World,
    "two": TwoEngineWorld,
    "convex": ConvexWorld,
}
