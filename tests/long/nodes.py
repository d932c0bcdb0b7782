"""Retender on a Ray of several nodes, all on this machine: `python -m tests.long.nodes ARGUMENTS`,
those of the application as JSON.

It says `at ADDRESS URL` when it is up: that of Ray, and its own. Then it does what it is told, line
by line, and says `done`: `add` a node with a kind of resource that the first one lacks, or `add
BYTES`, on which Ray ends workers as soon as so much more memory is taken on the machine; `lose` the
latest, as by a power cut.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from deployments.logs import configuration
from deployments.ray_cluster import ray_environment
from deployments.ray_cluster.plan import Arguments
from deployments.serving.web import free_port

HOST = "127.0.0.1"
KIND = "recognition"
CPUS = 2
GPUS = 1
"""As Ray counts. There need not be any."""
OBJECT_STORE_BYTES = 78_643_200
THRESHOLD = "RAY_memory_usage_threshold"
EVERY = "RAY_memory_monitor_refresh_ms"


def say(what: str) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


class Nodes:
    def __init__(self) -> None:
        from ray.cluster_utils import Cluster  # noqa: PLC0415 - it reads the environment at once

        os.environ[EVERY] = "0"
        head = {
            "num_cpus": 4,
            "object_store_memory": OBJECT_STORE_BYTES,
            "include_dashboard": False,
        }
        self.cluster: Any = Cluster(initialize_head=True, head_node_args=head)
        self._node: Any = None

    def add(self, room: int = 0) -> None:
        if room:
            from ray._common.utils import get_system_memory  # noqa: PLC0415 - likewise
            from ray._private.utils import get_used_memory  # noqa: PLC0415 - likewise

            taken = get_used_memory()  # type: ignore[no-untyped-call]  # Ray's own
            os.environ[THRESHOLD] = str((taken + room) / get_system_memory())
        os.environ[EVERY] = "250" if room else "0"
        self._node = self.cluster.add_node(
            num_cpus=CPUS,
            num_gpus=GPUS,
            resources={KIND: 1},
            object_store_memory=OBJECT_STORE_BYTES,
        )

    def lose(self) -> None:
        self.cluster.remove_node(self._node, allow_graceful=False)


def main(arguments: dict[str, Any], scratch: Path) -> None:
    ray_environment.set_defaults(ray_environment.to_serve())
    ray_environment.set_defaults(ray_environment.for_lone_machine(HOST, scratch))
    nodes = Nodes()
    # They read the environment at once, too.
    from ray import serve  # noqa: PLC0415 - see above

    from deployments.ray_cluster.application import build  # noqa: PLC0415 - see above

    port = free_port(HOST)
    nodes.cluster.connect(namespace=Arguments().namespace)
    # All nodes would have the same ports: that of HAProxy is at the first one alone.
    serve.start(proxy_location="HeadOnly", http_options={"host": HOST, "port": port})
    serve.run(build(arguments), name="retender", route_prefix="/")
    say(f"at {nodes.cluster.address} http://{HOST}:{port}")
    for line in sys.stdin:
        match line.split():
            case ["add", *room]:
                nodes.add(*map(int, room))
            case ["lose"]:
                nodes.lose()
        say("done")


if __name__ == "__main__":
    configuration.configure("INFO", "json")
    with tempfile.TemporaryDirectory(prefix="retender-") as scratch_:
        main(json.loads(sys.argv[1]), Path(scratch_))
