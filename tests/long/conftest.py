"""A service on a cluster of several nodes for each file of tests, whose own `POOLS` it has."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.long.cluster import Cluster, begun_at
from tests.support.http.command import DEADLINE, until
from tests.support.ray.ray_actors import RayActors, ray_actors


@pytest.fixture(scope="module")
def cluster_of_some(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("service")
    getattr(request.module, "prepare", lambda _: None)(folder)
    with begun_at(folder, request.module.POOLS) as cluster:
        yield cluster


@pytest.fixture
async def http(cluster_of_some: Cluster) -> AsyncIterator[httpx.AsyncClient]:
    """Once recordings are taken in."""
    async with httpx.AsyncClient(
        base_url=cluster_of_some.url, timeout=DEADLINE, trust_env=False
    ) as http:

        async def ready() -> bool:
            return (await http.get("/health/ready")).status_code == 200

        await until(ready)
        yield http


@pytest.fixture(scope="module")
def actors(cluster_of_some: Cluster) -> Iterator[RayActors]:
    with ray_actors(cluster_of_some.address) as actors:
        yield actors
