"""A Ray of one machine without the processes that nobody uses there.

Ray always starts a dashboard (without its page, if none is wanted), two agents, a monitor of the
autoscaler and one of the logs: five Python processes, 330 MB, and most of the processor time of its
start. Ray has no options for this, so parts that are not public are replaced while it starts. Where
a version of Ray lacks one of them, `parts_left_out` says so, and Ray starts with everything.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from ray import _raylet
from ray._private import services
from ray._private.node import Node

_PROCESSES: Final = ("start_monitor", "start_log_monitor", "start_api_server")
_AGENT_COMMAND: Final = "_build_python_executable_command_memory_profileable"

_INSTEAD_OF_AGENT: Final = ("sh", "-c", "exec cat >/dev/null")
"""The raylet insists on a process for each agent, ends when one of them ends, and holds a pipe to
its standard input: this one waits, and ends with the raylet, however that ends."""

_NOT_USED: Final = -1
"""As an agent of Ray writes it that offers nothing at this port."""

_NOBODY: Final = 1
"""A port on which nothing listens. Only workers with a `runtime_env` would ask there."""

_UNUSED_PORTS: Final = (
    "METRICS_AGENT_PORT_NAME",
    "METRICS_EXPORT_PORT_NAME",
    "DASHBOARD_AGENT_LISTEN_PORT_NAME",
)
_RUNTIME_ENV_PORT: Final = "RUNTIME_ENV_AGENT_PORT_NAME"


class PartMissing(Exception):
    """This version of Ray lacks a part that is replaced here; the message names it."""


@contextmanager
def parts_left_out() -> Iterator[None]:
    """Within the block `ray.init` starts no more than it needs. Raises `PartMissing`."""
    _check()
    kept = [
        *((Node, name, getattr(Node, name)) for name in _PROCESSES),
        (services, _AGENT_COMMAND, getattr(services, _AGENT_COMMAND)),
        (services, "start_raylet", services.start_raylet),
    ]
    for name in _PROCESSES:
        setattr(Node, name, _start_nothing)
    setattr(services, _AGENT_COMMAND, _without_agents(getattr(services, _AGENT_COMMAND)))
    vars(services)["start_raylet"] = _with_ports_written(services.start_raylet)
    try:
        yield
    finally:
        for owner, name, original in kept:
            setattr(owner, name, original)


def _check() -> None:
    needed: list[tuple[object, str]] = [(Node, name) for name in _PROCESSES]
    needed += [(services, _AGENT_COMMAND), (services, "start_raylet"), (_raylet, "persist_port")]
    needed += [(_raylet, name) for name in (*_UNUSED_PORTS, _RUNTIME_ENV_PORT)]
    for owner, name in needed:
        if not hasattr(owner, name):
            raise PartMissing(f"this version of Ray has no {name}")
    if not {"session_dir", "node_id"} <= inspect.signature(services.start_raylet).parameters.keys():
        raise PartMissing("this version of Ray starts its raylet in another way")


def _start_nothing(*_: object, **__: object) -> None:
    return None


def _without_agents(build: Callable[..., list[str]]) -> Callable[..., list[str]]:
    def command(component: str, *others: Any, **named: Any) -> list[str]:
        if component.endswith("agent"):
            return [*_INSTEAD_OF_AGENT, component]
        return build(component, *others, **named)

    return command


def _with_ports_written(start: Callable[..., Any]) -> Callable[..., Any]:
    """The raylet waits until each agent has written its ports."""
    signature = inspect.signature(start)

    def start_raylet(*given: Any, **named: Any) -> Any:
        arguments = signature.bind(*given, **named).arguments
        where = (arguments["session_dir"], arguments["node_id"])
        write = vars(_raylet)["persist_port"]
        for name in _UNUSED_PORTS:
            write(*where, vars(_raylet)[name], _NOT_USED)
        write(*where, vars(_raylet)[_RUNTIME_ENV_PORT], _NOBODY)
        return start(*given, **named)

    return start_raylet
