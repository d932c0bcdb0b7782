"""Ray Serve waits for its proxy as long as a busy machine needs."""

from __future__ import annotations

from typing import Any

import pytest

api: Any = pytest.importorskip("ray.serve._private.api")

from ray.serve._private import client  # noqa: E402 - only where Ray is installed

from deployments.ray_cluster.proxy_deadline import (  # noqa: E402 - as above
    PROXY_SECONDS,
    wait_longer_for_proxy,
)


def test_this_version_of_ray_waits_as_long_as_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (api, client):
        monkeypatch.setattr(module, "HTTP_PROXY_TIMEOUT", module.HTTP_PROXY_TIMEOUT)
        assert module.HTTP_PROXY_TIMEOUT < PROXY_SECONDS
    wait_longer_for_proxy()
    assert {api.HTTP_PROXY_TIMEOUT, vars(client)["HTTP_PROXY_TIMEOUT"]} == {PROXY_SECONDS}
