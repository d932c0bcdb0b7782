"""What HAProxy is told by Ray Serve, and what of it this machine alone shows to others."""

from __future__ import annotations

import re
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from deployments.ray_cluster import ray_environment

SERVE = find_spec("ray")

ITS_OWN = "{ req.hdr(X-Request-ID) -m reg ^[A-Za-z0-9._-]{1,64}$ }"

BOUND = ("metrics_port", "frontend_port", "grpc_frontend_port", "stats_port")


def started_with(folder: Path, host: str, binds: list[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """What HAProxy reads, when it is started with these lines in its configuration."""
    monkeypatch.setattr(ray_environment, "_haproxy", lambda: "/bin/cat")
    given = ray_environment.for_lone_machine(host, folder)
    configuration = folder / "haproxy.cfg"
    ports = {
        "METRICS": given["RAY_SERVE_HAPROXY_METRICS_PORT"],
        "STATS": given["RAY_SERVE_HAPROXY_STATS_PORT"],
    }
    configuration.write_text("".join(f"    bind {bind}\n".format(**ports) for bind in binds))
    script = given["RAY_SERVE_HAPROXY_BINARY_PATH"]
    done = subprocess.run([script, configuration], capture_output=True, text=True, check=True)
    for name, port in ports.items():
        done.stdout = done.stdout.replace(port, name)
    return done.stdout


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", "127.0.0.1:8000"),
        ("0.0.0.0", "*:8000"),
        ("::", "[::]:8000"),
        ("::1", "::1:8000"),
        ("192.0.2.1", "192.0.2.1:8000"),
    ],
)
def test_the_service_is_reached_where_it_was_told_to_listen_and_its_figures_here_alone(
    host: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    binds = [":{METRICS}", "127.0.0.1:8000", "*:{STATS}"]
    read = started_with(tmp_path, host, binds, monkeypatch)
    assert read.splitlines() == [
        "    bind 127.0.0.1:METRICS",
        f"    bind {expected}",
        "    http-request set-header X-Retender-Peer %[src]",
        f"    http-request del-header X-Request-ID unless {ITS_OWN}",
        "    http-request set-header X-Request-Disconnect-Disabled ?1",
        "    bind 127.0.0.1:STATS",
    ]


@pytest.mark.skipif(SERVE is None, reason="Ray is not installed")
def test_ray_serve_has_haproxy_listen_at_no_port_that_is_not_known_here() -> None:
    assert SERVE is not None
    assert SERVE.submodule_search_locations is not None
    serve = Path(SERVE.submodule_search_locations[0]) / "serve"
    template = (serve / "_private" / "haproxy_templates.py").read_text()
    binds = re.findall(r"^ *bind (.*)$", template, re.MULTILINE)
    assert [re.findall(r"config\.(\w+_port)", bind) for bind in binds] == [[each] for each in BOUND]


@pytest.mark.skipif(SERVE is None, reason="Ray is not installed")
def test_ray_serve_can_be_told_to_leave_bodies_to_the_app() -> None:
    constants = pytest.importorskip("ray.serve._private.constants")
    assert constants.SERVE_HTTP_REQUEST_DISCONNECT_DISABLED_HEADER == (
        "x-request-disconnect-disabled"
    )
