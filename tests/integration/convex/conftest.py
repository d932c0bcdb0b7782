"""The real functions of `convex/`, one process for all tests, with empty tables for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from loguru import logger

from tests.support.convex.functions import Functions, functions


@pytest.fixture(scope="session")
def functions_for_all() -> Iterator[Functions]:
    with functions() as there:
        yield there


@pytest.fixture
def convex(functions_for_all: Functions) -> Functions:
    functions_for_all.reset()
    return functions_for_all


@pytest.fixture
def log() -> Iterator[list[str]]:
    lines: list[str] = []
    sink = logger.add(lines.append, level="TRACE", format="{message} {extra} {exception}")
    yield lines
    logger.remove(sink)
