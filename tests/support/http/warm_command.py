"""The `retender` command for scripts that call it often. One process has imported it, and forks for
each call: starting Python for each would take most of the time. `command.py` is without this.

    python -m tests.support.http.warm_command SOCKET
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.support.paths import PROJECT

_READY: Final = b"ready\n"
_CLIENT: Final = """\
#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as there:
    there.connect({address!r})
    call = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(there, [len(call).to_bytes(4, "big")], [0, 1, 2])
    there.sendall(call)
    sys.exit((there.recv(1) or b"\\x01")[0])
"""


@contextmanager
def warm_command(place: Path) -> Iterator[None]:
    """`place` is the command, for as long as the block lasts."""
    address = place.with_suffix(".socket")
    place.write_text(_CLIENT.format(python=sys.executable, address=str(address)))
    place.chmod(0o755)
    with subprocess.Popen(
        [sys.executable, "-m", __name__, str(address)], cwd=PROJECT, stdout=subprocess.PIPE
    ) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == _READY
            yield
        finally:
            server.kill()


def serve(address: str) -> None:
    # Imported before the first call, for all of them.
    import deployments.cli  # noqa: F401, PLC0415

    with socket.socket(socket.AF_UNIX) as door:
        door.bind(address)
        door.listen()
        os.write(1, _READY)
        while True:
            caller, _ = door.accept()
            with caller:
                if os.fork() == 0:
                    door.close()
                    _answer(caller)
            while _reaped():
                pass


def _reaped() -> bool:
    try:
        return os.waitpid(-1, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return False


def _answer(caller: socket.socket) -> None:
    head, streams, *_ = socket.recv_fds(caller, 4, 3)
    size = int.from_bytes(head, "big")
    arguments, folder, environment = json.loads(caller.recv(size, socket.MSG_WAITALL))
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    status = _run(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    caller.sendall(bytes([status]))
    os._exit(0)


def _run(arguments: list[str]) -> int:
    """Any other error ends the process with its traceback, and the call with 1."""
    from deployments.cli import main  # noqa: PLC0415 - it is there already

    sys.argv = ["retender", *arguments]
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


if __name__ == "__main__":
    serve(sys.argv[1])
