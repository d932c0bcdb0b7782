"""A Ray of one machine for tests: started once for all in this process, ended with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import ray

from tests.support.paths import PROJECT

OBJECT_STORE_BYTES = 78_643_200  # the least that Ray takes; nothing of ours is kept there


STARTS = 4


@contextmanager
def cluster_of_one() -> Iterator[None]:
    # Its processes import the tests' actors, too.
    os.environ["PYTHONPATH"] = str(PROJECT)
    os.environ.setdefault("RAY_worker_niceness", "0")
    os.environ.setdefault("RAY_agent_register_timeout_ms", "120000")
    _start()
    try:
        yield
    finally:
        ray.shutdown()
        del os.environ["PYTHONPATH"]


def _start() -> None:
    """On a busy machine the parts of Ray may miss each other as they come up."""
    for left in reversed(range(STARTS)):
        try:
            ray.init(
                address="local",
                num_cpus=4,
                object_store_memory=OBJECT_STORE_BYTES,
                include_dashboard=False,
                configure_logging=False,
                log_to_driver=False,
            )
        except Exception:
            ray.shutdown()
            if not left:
                raise
        else:
            return
