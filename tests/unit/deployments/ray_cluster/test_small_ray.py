"""Ray without the processes that nobody uses, as far as it can be seen without starting it."""

from __future__ import annotations

from typing import Any

import pytest

services: Any = pytest.importorskip("ray._private.services")

from ray._private.node import Node  # noqa: E402 - only where Ray is installed

from deployments.ray_cluster.small_ray import PartMissing, parts_left_out  # noqa: E402


def test_this_version_of_ray_has_every_part_and_gets_it_back() -> None:
    def parts() -> list[object]:
        names = ("start_raylet", "_build_python_executable_command_memory_profileable")
        return [*(getattr(services, name) for name in names), Node.start_monitor]

    before = parts()
    with parts_left_out():
        assert not set(before) & set(parts())
    assert parts() == before


def test_a_version_without_a_part_is_started_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Node, "start_api_server")
    before = services.start_raylet
    with pytest.raises(PartMissing, match="start_api_server"), parts_left_out():
        pass
    assert services.start_raylet is before


def test_only_agents_are_replaced() -> None:
    with parts_left_out():
        build = services._build_python_executable_command_memory_profileable
        assert build("dashboard_agent", "/tmp/session")[0] == "sh"
        assert build("runtime_env_agent", "/tmp/session")[0] == "sh"
        assert "python" in build("worker", "/tmp/session")[0]
