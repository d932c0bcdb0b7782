"""Ray Serve waits for its proxy as long as a busy machine needs, and looks often."""

from __future__ import annotations

from typing import Any

import pytest

api: Any = pytest.importorskip("ray.serve._private.api")

from ray.serve._private import client  # noqa: E402 - only where Ray is installed

from deployments.ray_cluster.serve_waits import (  # noqa: E402 - as above
    LOOK_SECONDS,
    PROXY_SECONDS,
    set_waits,
)


def test_this_version_of_ray_waits_and_looks_as_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: Any = client
    for module in (api, waits):
        monkeypatch.setattr(module, "HTTP_PROXY_TIMEOUT", module.HTTP_PROXY_TIMEOUT)
        assert module.HTTP_PROXY_TIMEOUT < PROXY_SECONDS
    monkeypatch.setattr(waits, "CLIENT_POLLING_INTERVAL_S", waits.CLIENT_POLLING_INTERVAL_S)
    assert waits.CLIENT_POLLING_INTERVAL_S > LOOK_SECONDS
    set_waits()
    assert {api.HTTP_PROXY_TIMEOUT, waits.HTTP_PROXY_TIMEOUT} == {PROXY_SECONDS}
    assert waits.CLIENT_POLLING_INTERVAL_S == LOOK_SECONDS
