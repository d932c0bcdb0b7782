"""What every suite may use."""

from __future__ import annotations

from hypothesis import settings

from tests.virtual_time import pytest_asyncio_loop_factories, virtual_clock

__all__ = ["pytest_asyncio_loop_factories", "virtual_clock"]

# Machines are noisy: an example that takes long is not a failure.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
