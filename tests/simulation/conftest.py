"""A failed world is told by its seed; its log is had by replaying it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from loguru import logger


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logger.disable("actors")
    yield
    logger.enable("actors")
