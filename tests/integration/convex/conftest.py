"""The real functions of `convex/`, one process for all tests, with empty tables for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.convex.functions import Functions, functions


@pytest.fixture(scope="session")
def functions_for_all() -> Iterator[Functions]:
    with functions() as there:
        yield there


@pytest.fixture
def convex(functions_for_all: Functions) -> Functions:
    functions_for_all.reset()
    return functions_for_all
