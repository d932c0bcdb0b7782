"""Where loguru writes while tests run."""

from __future__ import annotations

import sys

from loguru import logger


def log_to_a_stream_that_lasts() -> None:
    """`sys.stderr` is, in a test, a stream that pytest closes after it. What is logged later would
    fail, and say so over many lines. The process' own is open to the end, and captured, too."""
    logger.remove()
    if sys.__stderr__ is not None:
        logger.add(sys.__stderr__)
