from __future__ import annotations

from pathlib import Path

import pytest

from deployments.serving.address import candidates, is_local, published, reachable
from deployments.settings import Settings, read


def settings(folder: Path, **given: str) -> Settings:
    return read({"RETENDER_DATA_DIR": str(folder), **given}, folder / ".env")


def test_a_service_is_found_by_what_it_left_in_its_data_folder(tmp_path: Path) -> None:
    with published(tmp_path, "http://127.0.0.1:40123"):
        found = candidates(settings(tmp_path, PORT="8123"))
    assert found == ["http://127.0.0.1:40123", "http://127.0.0.1:8123"]


def test_when_it_has_stopped_nothing_is_left(tmp_path: Path) -> None:
    with published(tmp_path, "http://127.0.0.1:40123"):
        pass
    assert candidates(settings(tmp_path, PORT="0")) == []
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_address_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "address").write_bytes(b"\xff\xfe file:///etc/passwd")
    assert candidates(settings(tmp_path, PORT="0")) == []


@pytest.mark.parametrize(
    ("url", "reached"),
    [
        ("http://0.0.0.0:8000", "http://127.0.0.1:8000"),
        ("http://[::]:8000", "http://[::1]:8000"),
        ("http://10.0.0.7:8000/", "http://10.0.0.7:8000"),
        ("https://example.org/retender/", "https://example.org/retender"),
    ],
)
def test_a_service_on_every_address_is_reached_on_this_machines_own(url: str, reached: str) -> None:
    assert reachable(url) == reached


def test_no_proxy_stands_before_this_very_machine() -> None:
    assert is_local("http://127.0.0.1:8000")
    assert is_local("http://[::1]:8000")
    assert is_local("http://localhost")
    assert not is_local("http://10.0.0.7:8000")
    assert not is_local("https://localhost.example.org")
