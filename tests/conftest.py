"""What every suite may use."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.support.actors.virtual_time import pytest_asyncio_loop_factories, virtual_clock
from tests.support.log_of_tests import log_to_a_stream_that_lasts
from tests.support.ray.cluster import cluster_of_one
from tests.support.storage.postgres import Postgres, postgres_server

__all__ = ["pytest_asyncio_loop_factories", "virtual_clock"]

log_to_a_stream_that_lasts()

# Machines are noisy: an example that takes long is not a failure. And whether a change passes is
# not left to chance: the same examples are tried in every run. `make search` tries others.
settings.register_profile(
    "unhurried",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "searching",
    settings.get_profile("unhurried"),
    derandomize=False,
    max_examples=int(os.environ.get("EXAMPLES", "100")),
)
settings.load_profile("unhurried")


@pytest.fixture(scope="session", params=["local", pytest.param("ray", marks=pytest.mark.ray)])
def profile(request: pytest.FixtureRequest) -> str:
    """What the service is started on: a test that asks for it is run on each."""
    named: str = request.param
    return named


@pytest.fixture(scope="session")
def cluster() -> Iterator[None]:
    with cluster_of_one():
        yield


@pytest.fixture(scope="session")
def postgres_for_all() -> Iterator[Postgres]:
    with postgres_server() as server:
        yield server


@pytest.fixture
def postgres(postgres_for_all: Postgres) -> Iterator[Postgres]:
    """A server that the test may end and start again."""
    yield postgres_for_all
    postgres_for_all.start()
