"""Whether this machine can isolate a program from files and the network (`confined`).

It is tried once for each program, for more can be missing than a part of the kernel: a program
whose libraries are in an unusual place does not start when it may read the usual places only.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec
from loguru import logger

from retender.audio import confined

_TRY_SECONDS: Final = 60.0


class Files(msgspec.Struct, frozen=True):
    """The files that a program may open, beside itself and its libraries."""

    reads: tuple[Path, ...] = ()
    writes: tuple[Path, ...] = ()
    """They must exist: it cannot create any."""


async def arguments(binary: str, files: Files) -> tuple[str, ...]:
    """For `confined`; none where isolation cannot be had."""
    if await asyncio.to_thread(missing, binary):
        return ()
    return (
        confined.ISOLATED,
        *(f"READ={path}" for path in files.reads),
        *(f"WRITE={path}" for path in files.writes),
    )


@lru_cache
def missing(binary: str) -> str:
    """Why this program, an ffmpeg, cannot be isolated here; empty if it can."""
    if sys.platform != "linux":
        return "only Linux has it"
    command = (sys.executable, "-I", "-S", confined.__file__, str(os.getpid()), confined.ISOLATED)
    try:
        tried = subprocess.run(  # noqa: S603 - the program that runs in any case
            [*command, "--", binary, "-version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=_TRY_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        why = str(error)
    else:
        if tried.returncode == 0:
            return ""
        said = tried.stderr.decode(errors="replace").strip()[-300:]
        why = said or f"{Path(binary).name} ends with {tried.returncode} there"
    logger.warning("ffmpeg is not isolated from other files and the network: {}", why)
    return why
