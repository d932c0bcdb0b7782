"""Puts itself in a cage, then becomes the command: `confined.py PARENT LIMIT=N… -- COMMAND…`.

Run by `sandbox` as a script of its own, between fork and exec, because nothing else serves as
well: `preexec_fn` may deadlock where there are threads, `prlimit` is not on every machine, and
`ulimit` counts in units that differ between shells. It takes 15 ms, starting ffmpeg takes 50.

Guaranteed to the command's world: the limits hold before it runs, it gains no privileges, its
environment is empty, it dies with whoever started it, and it is the first to go when memory
runs out.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Final

CANNOT_START: Final = 127

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_FIRST_TO_GO = "1000"


def main(parent: int, limits: list[str], command: list[str]) -> int:
    for limit in limits:
        name, _, value = limit.partition("=")
        _limit(getattr(resource, f"RLIMIT_{name}"), int(value))
    # Python ignores these, and what is ignored stays so in the command.
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(ignored, signal.SIG_DFL)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO)
    if os.getppid() != parent:
        return CANNOT_START
    try:
        os.execve(command[0], command, {})  # noqa: S606 - to run a command is what this is for
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
    return CANNOT_START


def _limit(kind: int, value: int) -> None:
    """The soft limit's signal tells what was exceeded; a second more of CPU time is for that."""
    highest = resource.getrlimit(kind)[1]
    hard = value + 1 if kind == resource.RLIMIT_CPU else value
    if highest != resource.RLIM_INFINITY:
        hard = min(hard, highest)
    resource.setrlimit(kind, (min(value, hard), hard))


if __name__ == "__main__":
    border = sys.argv.index("--")
    sys.exit(main(int(sys.argv[1]), sys.argv[2:border], sys.argv[border + 1 :]))
