"""Limits its own process, then becomes the command:
`confined.py PARENT LIMIT=N… [READ=PATH… WRITE=PATH… ISOLATED] -- COMMAND…`.

`sandbox` runs it as a script, between fork and exec, because the alternatives are worse:
`preexec_fn` may deadlock where there are threads, `prlimit` is not on every machine, and `ulimit`
counts in units that differ between shells. It takes 15 ms, starting ffmpeg takes 50.

Guarantees: the limits hold before the command runs, the command gains no privileges, its
environment is empty, it dies with the process that started it, and the kernel kills it first when
memory runs out.

With `ISOLATED` the kernel lets the command open just the files that are named, its own program, and
the libraries of the system, by Landlock; and no socket at all, by a seccomp filter. Where it cannot
be had, the command does not start. Decision 21 says why this is written by hand.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct
import sys
from pathlib import Path
from typing import Any, Final

CANNOT_START: Final = 127

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_KILLED_FIRST = "1000"


ISOLATED: Final = "ISOLATED"


def main(parent: int, options: list[str], command: list[str]) -> int:
    reads, writes = [command[0]], []
    for option in options:
        name, _, value = option.partition("=")
        match name:
            case "READ":
                reads.append(value)
            case "WRITE":
                writes.append(value)
            case "ISOLATED":
                continue
            case _:
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
        if ISOLATED in options:
            _isolate(reads, writes)
        os.execve(command[0], command, {})  # noqa: S606 - running a command is its purpose
    except OSError as error:
        sys.stderr.write(f"{error.filename or command[0]}: {error.strerror}\n")
    return CANNOT_START


def _limit(kind: int, value: int) -> None:
    """The signal of the soft limit says which limit was exceeded. So the hard limit of CPU time is
    one second higher."""
    highest = resource.getrlimit(kind)[1]
    hard = value + 1 if kind == resource.RLIMIT_CPU else value
    if highest != resource.RLIM_INFINITY:
        hard = min(hard, highest)
    resource.setrlimit(kind, (min(value, hard), hard))


# Isolation. The numbers are the kernel's, the same on every processor but where a table has them.

LIBRARIES: Final = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/nix/store"),
    "/etc/ld.so.cache",
)

_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_ASK_VERSION = 1
_PATH_BENEATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE = 1, 1 << 1, 1 << 2, 1 << 3, 1 << 14
_FILE_RIGHTS: Final = {1: 13, 2: 14, 3: 15, 4: 15}
"""How many rights to files each version of Landlock knows; 16 from version 5 on."""
_TCP, _TCP_SINCE = 0b11, 4
_SIGNALS_AND_ABSTRACT_SOCKETS, _SCOPES_SINCE = 0b11, 6

_PR_SET_SECCOMP, _FILTER = 22, 2
_LOAD, _IS, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER_AT, _ARCHITECTURE_AT = 0, 4
_KILL, _REFUSE, _ALLOW = 0x80000000, 0x00050001, 0x7FFF0000
_OTHER_ABI = 0x40000000
"""System calls of 32 bits on an x86 of 64 have numbers from here on."""
_SYSTEM_CALLS: Final = {
    # the architecture, then socket, socketpair and io_uring_setup, which opens sockets as well
    "x86_64": (0xC000003E, (41, 53, 425)),
    "aarch64": (0xC00000B7, (198, 199, 425)),
}


def _isolate(reads: list[str], writes: list[str]) -> None:
    """Raises `OSError` where the kernel does not have it."""
    libc = ctypes.CDLL(None, use_errno=True)
    _only_files(libc, reads, writes)
    _no_sockets(libc)


def _only_files(libc: Any, reads: list[str], writes: list[str]) -> None:
    version = _checked("Landlock", libc.syscall(_LANDLOCK_CREATE, None, 0, _ASK_VERSION))
    rights = (1 << _FILE_RIGHTS.get(version, 16)) - 1
    handled = struct.pack(
        "QQQ",
        rights,
        _TCP if version >= _TCP_SINCE else 0,
        _SIGNALS_AND_ABSTRACT_SOCKETS if version >= _SCOPES_SINCE else 0,
    )
    rules = _checked("Landlock", libc.syscall(_LANDLOCK_CREATE, handled, len(handled), 0))
    prefix = Path(reads[0]).parent.parent
    for path in (*LIBRARIES, *(str(prefix / name) for name in ("lib", "lib64"))):
        _allow(libc, rules, path, _EXECUTE | _READ_FILE | _READ_DIR)
    for path in reads:
        _allow(libc, rules, path, (_EXECUTE if path == reads[0] else 0) | _READ_FILE)
    for path in writes:
        _allow(libc, rules, path, (_READ_FILE | _WRITE_FILE | _TRUNCATE) & rights)
    _checked("Landlock", libc.syscall(_LANDLOCK_RESTRICT, rules, 0))
    os.close(rules)


def _allow(libc: Any, rules: int, path: str, rights: int) -> None:
    """A file that is not there is left for the command to complain of."""
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    if not Path(path).is_dir():
        rights &= ~_READ_DIR
    rule = struct.pack("=Qi", rights, opened)
    _checked("Landlock", libc.syscall(_LANDLOCK_ADD, rules, _PATH_BENEATH, rule, 0))
    os.close(opened)


def _no_sockets(libc: Any) -> None:
    known = _SYSTEM_CALLS.get(os.uname().machine)
    if known is None:
        raise OSError(0, f"its filter is not known for {os.uname().machine}", "seccomp")
    architecture, refused = known
    # A jump counts the instructions that it skips.
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_IS, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_AT_LEAST, len(refused) + 1, 0, _OTHER_ABI),
        *((_IS, len(refused) - at, 0, number) for at, number in enumerate(refused)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in program)
    buffer = ctypes.create_string_buffer(code, len(code))
    whole = struct.pack("HxxxxxxP", len(program), ctypes.addressof(buffer))
    _checked("seccomp", libc.prctl(_PR_SET_SECCOMP, _FILTER, whole, 0, 0))


def _checked(what: str, result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)
    return result


if __name__ == "__main__":
    separator = sys.argv.index("--")
    sys.exit(main(int(sys.argv[1]), sys.argv[2:separator], sys.argv[separator + 1 :]))
