"""Where private parts of a package are used, its version is bounded, and the parts are still there.

If a test here fails after an update, its sentence says which file to look at. When that file is
right for the new version, move the bound in pyproject.toml.
"""

from __future__ import annotations

import importlib
import inspect
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.support.paths import PROJECT


class Used(NamedTuple):
    """A part of a package that its makers have not promised to keep."""

    package: str
    part: str
    """`module` or `module:name`, and the attributes of it that are used or overridden."""
    attributes: tuple[str, ...]
    where: str
    check: str


_CONNECTIONS = "deployments/serving/connections.py"
_APPLICATION = "deployments/ray_cluster/application.py"

USED = (
    Used(
        "uvicorn",
        "uvicorn.protocols.http.httptools_impl:HttpToolsProtocol",
        (
            *("connection_made", "connection_lost", "data_received", "on_message_begin"),
            *("on_headers_complete", "pause_writing", "resume_writing", "send_400_response"),
            *("self.cycle", "self.transport", "self.loop", "response_complete"),
        ),
        _CONNECTIONS,
        "that a slow head, and an answer that is not read, still end the connection",
    ),
    Used(
        "uvicorn",
        "uvicorn.protocols.websockets.websockets_sansio_impl:WebSocketsSansIOProtocol",
        (
            *("send", "handle_ping", "on_task_complete", "connection_lost"),
            *("self.writable", "self.conn", "self.transport", "self.logger", "self.loop"),
            "self.close_sent",
        ),
        _CONNECTIONS,
        "that a follower that does not read is cut off, and its pings are not answered",
    ),
    Used(
        "uvicorn",
        "uvicorn.protocols.utils:ClientDisconnected",
        (),
        _CONNECTIONS,
        "that nothing is sent after frames of a client that ended the connection",
    ),
    Used("uvicorn", "uvicorn._types:ASGISendEvent", (), _CONNECTIONS, "the type of a message"),
    Used(
        "uvicorn",
        "uvicorn:Server",
        ("startup", "capture_signals", "self.should_exit"),
        "deployments/serving/web.py",
        "that signals stop the service and not the server",
    ),
    Used(
        "httpx",
        "httpx:AsyncHTTPTransport",
        ("self._pool",),
        "retender/outbound/connections.py",
        "that requests go through the pool that checks addresses",
    ),
    Used(
        "ray",
        "ray.serve._private.replica",
        ("add_port_to_grpc_server",),
        _APPLICATION,
        "that the port between replicas is bound to loopback on a machine by itself",
    ),
    Used("ray", "ray._common.tls_utils:add_port_to_grpc_server", (), _APPLICATION, "likewise"),
    Used(
        "ray",
        "ray._private.ray_logging:global_worker_stdstream_dispatcher",
        ("add_handler", "remove_handler"),
        _APPLICATION,
        "that log lines of our processes are forwarded as they are",
    ),
    Used(
        "ray",
        "ray.serve.context:_get_global_client",
        (),
        _APPLICATION,
        "that the port which Serve really listens on is found",
    ),
)
PACKAGES = sorted({each.package for each in USED})


def _requirements() -> Iterator[Requirement]:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    return (Requirement(text) for texts in lists for text in texts)


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        pytest.skip(f"{package} is not installed here")


@pytest.mark.parametrize("used", USED, ids=lambda used: used.part)
def test_the_private_parts_that_are_used_are_still_there(used: Used) -> None:
    advice = f"Look at {used.where}: check {used.check}."
    found = f"{used.package} {_installed(used.package)} has no {used.part}"
    module, _, name = used.part.partition(":")
    if used.package == "ray":
        # Ray is only looked at: importing it takes long and changes the process.
        place = Path(str(distribution("ray").locate_file(module.replace(".", "/"))))
        files = [
            file for file in (place.with_suffix(".py"), place / "__init__.py") if file.exists()
        ]
        assert files, f"{found} any more. {advice}"
        source = files[0].read_text()
        wanted = [name, *used.attributes]
    else:
        try:
            part: Any = importlib.import_module(module)
            part = getattr(part, name) if name else part
        except (ImportError, AttributeError) as error:
            raise AssertionError(f"{found} any more ({error}). {advice}") from error
        source = _source(part)
        wanted = [each for each in used.attributes if not hasattr(part, each)]
    for each in wanted:
        assert each in source, f"{found} with {each} any more. {advice}"


def _source(part: Any) -> str:
    """The files of a class and of those that it is made of; empty for anything else."""
    if not inspect.isclass(part):
        return ""
    makers = (vars(each).get("__init__") for each in part.__mro__)
    files = {maker.__code__.co_filename for maker in makers if inspect.isfunction(maker)}
    return "".join(Path(file).read_text() for file in files)


@pytest.mark.parametrize("package", PACKAGES)
def test_only_a_minor_version_that_was_tested_is_accepted(package: str) -> None:
    wanted = next(each for each in _requirements() if each.name == package)
    here = Version(_installed(package))
    advice = "Its private parts are used: see USED in this file for what to check."

    assert here in wanted.specifier, f"{package} {here} is not {wanted}. {advice}"
    following = f"{here.major}.{here.minor + 1}"
    assert following not in wanted.specifier, (
        f"pyproject.toml accepts {package} {following}, which was not tested. {advice}"
    )


def test_the_lock_has_the_versions_that_are_accepted() -> None:
    lines = (PROJECT / "requirements" / "constraints.txt").read_text().splitlines()
    locked = dict(line.split("==", 1) for line in lines if "==" in line and line[0].isalnum())
    for wanted in _requirements():
        assert locked[wanted.name] in wanted.specifier, f"{wanted} is locked to another version"


async def test_httpx_sends_through_the_pool_that_it_is_given() -> None:
    class Pool:
        async def handle_async_request(self, _: object) -> None:
            raise ConnectionAbortedError("this pool was asked")

    transport = httpx.AsyncHTTPTransport(trust_env=False)
    transport._pool = Pool()  # type: ignore[assignment]  # as connections.py does
    with pytest.raises(ConnectionAbortedError):
        await transport.handle_async_request(httpx.Request("GET", "http://example.org"))
