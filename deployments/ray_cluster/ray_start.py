"""Starts a Ray of this machine, or joins a cluster, for as long as the service runs.

Imports of Ray no more than that takes: `ray.serve` and the service are imported while Ray starts
its first processes (`deployments/profiles.py`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import ray
from loguru import logger
from ray._private.ray_logging import global_worker_stdstream_dispatcher as from_processes

from deployments.ray_cluster import ray_environment
from deployments.ray_cluster.process_logs import ProcessLogs
from deployments.ray_cluster.quiet_ray import keep_rays_lines_back
from deployments.ray_cluster.small_ray import PartMissing, parts_left_out
from deployments.wiring.resources import resources
from retender.errors import RetenderError

OBJECT_STORE_BYTES: Final = 78_643_200
"""The smallest size that Ray accepts: recordings and models never go through the object store."""

STARTS: Final = 4
"""Attempts to start Ray before the service gives up."""

_MORE: Final = (
    "Ray's parts tell more in the logs of its latest session; `--profile local` needs no Ray"
)


@contextmanager
def started(namespace: str) -> Iterator[None]:
    """Ray runs within the block. Raises `RetenderError` if it cannot be started or joined."""
    logs = start_ray(namespace)
    try:
        yield
    finally:
        ray.shutdown()
        if logs is not None:
            logs.stop()


def start_ray(namespace: str) -> ProcessLogs | None:
    """Start Ray, or join the existing cluster. On a busy machine the processes of Ray may time out
    while they start, so starting is retried. Returns what reads the logs of its processes, if Ray
    does not do it itself."""
    keep_rays_lines_back()
    if ray_environment.joins_cluster():
        try:
            ray.init(namespace=namespace, configure_logging=False)
        except Exception as error:  # Ray has no error class of its own for this
            ray.shutdown()
            raise RetenderError(f"The cluster cannot be joined: {error} {_MORE}") from error
        _forward_logs_of_cluster()
        return None
    for left in reversed(range(STARTS)):
        try:
            # The last attempt is without any change to Ray.
            if left:
                return _start_small(namespace)
            _start_whole(namespace)
        except Exception as error:  # as above
            ray.shutdown()
            if not left:
                raise RetenderError(f"Ray does not come up: {error} {_MORE}") from error
            logger.warning("Ray did not start; trying again: {}", error)
    return None


def _own() -> dict[str, Any]:
    return {
        "address": "local",  # else it would join a Ray that runs on this machine already
        "include_dashboard": False,
        "num_cpus": resources().cores,  # Ray would round them down
        "object_store_memory": OBJECT_STORE_BYTES,
        "configure_logging": False,
    }


def _start_small(namespace: str) -> ProcessLogs | None:
    try:
        with parts_left_out():
            context: Any = ray.init(namespace=namespace, log_to_driver=False, **_own())
    except PartMissing as missing:
        logger.info("Ray starts with processes that are not used here: {}", missing)
        _start_whole(namespace)
        return None
    folder = Path(context.address_info["session_dir"]) / "logs"
    logger.debug("Ray's own logs are in {}", folder)
    logs = ProcessLogs(folder, sys.stderr.write)
    logs.start()
    return logs


def _start_whole(namespace: str) -> None:
    ray.init(namespace=namespace, **_own())
    _forward_logs_of_cluster()


def _forward_logs_of_cluster() -> None:
    from_processes.remove_handler("ray_print_logs")
    from_processes.add_handler("retender", forward_logs)


def forward_logs(batch: dict[str, Any]) -> None:
    """Forward log lines of our processes on the cluster unchanged. Those of Ray's own processes
    stay in Ray's files."""
    if batch.get("pid") not in ("autoscaler", "raylet", "gcs_server"):
        sys.stderr.write("".join(f"{line}\n" for line in batch["lines"]))
