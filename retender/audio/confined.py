"""Limits its own process, then becomes the command: `confined.py PARENT LIMIT=N… -- COMMAND…`.

`sandbox` runs it as a script, between fork and exec, because the alternatives are worse:
`preexec_fn` may deadlock where there are threads, `prlimit` is not on every machine, and `ulimit`
counts in units that differ between shells. It takes 15 ms, starting ffmpeg takes 50.

Guarantees: the limits hold before the command runs, the command gains no privileges, its
environment is empty, it dies with the process that started it, and the kernel kills it first when
memory runs out.
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
_KILLED_FIRST = "1000"


def main(parent: int, limits: list[str], command: list[str]) -> int:
    for limit in limits:
        name, _, value = limit.partition("=")
        _limit(getattr(resource, f"RLIMIT_{name}"), int(value))
    # Python ignores these signals, and the command would inherit that.
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(ignored, signal.SIG_DFL)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        Path("/proc/self/oom_score_adj").write_text(_KILLED_FIRST)
    if os.getppid() != parent:
        return CANNOT_START
    try:
        os.execve(command[0], command, {})  # noqa: S606 - running a command is its purpose
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
    return CANNOT_START


def _limit(kind: int, value: int) -> None:
    """The signal of the soft limit says which limit was exceeded. So the hard limit of CPU time is
    one second higher."""
    highest = resource.getrlimit(kind)[1]
    hard = value + 1 if kind == resource.RLIMIT_CPU else value
    if highest != resource.RLIM_INFINITY:
        hard = min(hard, highest)
    resource.setrlimit(kind, (min(value, hard), hard))


if __name__ == "__main__":
    separator = sys.argv.index("--")
    sys.exit(main(int(sys.argv[1]), sys.argv[2:separator], sys.argv[separator + 1 :]))
