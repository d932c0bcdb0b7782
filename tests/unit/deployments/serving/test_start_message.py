"""What someone who starts the service is told first."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.serving.start_message import start_message
from deployments.settings import read


def told(url: str, folder: Path, **settings: str) -> str:
    given = {"RETENDER_DATA_DIR": str(folder), "HF_HUB_CACHE": str(folder), **settings}
    return "\n".join(start_message(read(given, folder / ".env"), url))


def test_a_newcomer_is_told_where_it_is_and_what_it_works_with(tmp_path: Path) -> None:
    said = told("http://127.0.0.1:8000", tmp_path, DEFAULT_MODEL="digits")
    assert said.startswith("Retender is up at http://127.0.0.1:8000\n")
    assert str(tmp_path) in said
    assert "the model is digits\n" in said
    assert said.endswith("open http://127.0.0.1:8000 in a browser")


def test_a_model_that_is_not_here_surprises_nobody(tmp_path: Path) -> None:
    assert "tiny, which is not here yet" in told("http://h", tmp_path, DEFAULT_MODEL="tiny")
    offline = {"DEFAULT_MODEL": "tiny", "RETENDER_OFFLINE": "yes"}
    assert "tiny, which is NOT here" in told("http://h", tmp_path, **offline)


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("http://0.0.0.0:8000", "http://127.0.0.1:8000"),
        ("http://[::]:8000", "http://[::1]:8000"),
    ],
)
def test_the_page_is_where_a_browser_finds_it(url: str, page: str, tmp_path: Path) -> None:
    assert told(url, tmp_path).endswith(f"open {page} in a browser")
