"""What every suite may use."""

from __future__ import annotations

from tests.virtual_time import pytest_asyncio_loop_factories, virtual_clock

__all__ = ["pytest_asyncio_loop_factories", "virtual_clock"]
