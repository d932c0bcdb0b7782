"""When the page is opened by itself."""

from __future__ import annotations

import pytest

from deployments.serving.browser import on_desktop


@pytest.mark.parametrize(
    ("environment", "platform"),
    [({"DISPLAY": ":0"}, "linux"), ({"WAYLAND_DISPLAY": "wayland-0"}, "linux"), ({}, "darwin")],
)
def test_there_is_someone_to_see_it_on_a_desktop(
    environment: dict[str, str], platform: str
) -> None:
    assert on_desktop(environment, platform)


@pytest.mark.parametrize(
    ("environment", "platform"),
    [
        ({}, "linux"),
        ({"DISPLAY": ""}, "linux"),
        ({"DISPLAY": "localhost:10.0", "SSH_CONNECTION": "10.0.0.1 50000 10.0.0.2 22"}, "linux"),
        ({"SSH_TTY": "/dev/ttys001"}, "darwin"),
    ],
)
def test_there_is_nobody_to_see_it_on_a_server_or_from_afar(
    environment: dict[str, str], platform: str
) -> None:
    assert not on_desktop(environment, platform)
