"""A PostgreSQL server of the tests' own, in a temporary folder, spoken to through a socket there.

Its programs come with Debian's package `postgresql`; of a cluster that the package may have begun
nothing is used. The server refuses to run as root, so root starts it as somebody else.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg

USER = "retender"
PASSWORD = "correct horse: 100 % & more"
DEADLINE = 60.0
DEBIAN = Path("/usr/lib/postgresql")


def program(name: str) -> str:
    """Debian keeps them by version, and not on the path."""
    versions = sorted(DEBIAN.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    found = str(versions[-1]) if versions else shutil.which(name)
    assert found is not None, f"{name} is missing: install Debian's package postgresql"
    return found


class Postgres:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._data = folder / "data"
        self._somebody = _somebody()
        self._process: subprocess.Popen[bytes] | None = None
        if self._somebody is not None:
            os.chown(folder, self._somebody, -1)

    def initialise(self) -> None:
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        options = ("--auth=scram-sha-256", f"--pwfile={secret}", "--encoding=UTF8", "--locale=C")
        command = [program("initdb"), "--no-sync", "-U", USER, *options, "-D", str(self._data)]
        subprocess.run(
            command, check=True, capture_output=True, user=self._somebody, cwd=self.folder
        )

    def start(self) -> None:
        """Unless it runs."""
        if self._process is not None:
            return
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "shared_buffers": "16MB",
            # What the system is told outlives the server's process, and that is all that dies here.
            "fsync": "off",
        }
        told = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [program("postgres"), "-D", str(self._data), *told],
                stdout=log,
                stderr=log,
                user=self._somebody,
                cwd=self.folder,
            )
        deadline = time.monotonic() + DEADLINE
        while not self._answers():
            assert self._process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline, "the server does not come up"
            time.sleep(0.02)

    def crash(self) -> None:
        """At once, without a word to anybody: it recovers when it is started again."""
        self._end(signal.SIGQUIT)

    def stop(self) -> None:
        self._end(signal.SIGINT)

    def database(self) -> str:
        """The name of a new one, with nothing in it."""
        name = f"journal_{uuid.uuid4().hex}"
        self.tell(f"CREATE DATABASE {name}")
        return name

    def address(self, name: str, **changed: str) -> str:
        asked = {"host": str(self.folder), "user": USER, "password": PASSWORD, **changed}
        return f"postgresql:///{name}?{urlencode(asked, quote_via=quote)}"

    def tell(self, statement: str, database: str = "postgres") -> None:
        with psycopg.connect(self.address(database), autocommit=True) as connection:
            connection.execute(statement.encode())

    @property
    def socket(self) -> Path:
        return self.folder / ".s.PGSQL.5432"

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.address("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(DEADLINE)
            self._process = None


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    # Not in pytest's own folder, into which only its user may look.
    with tempfile.TemporaryDirectory(prefix="retender-postgres-") as folder:
        server = Postgres(Path(folder))
        server.initialise()
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _somebody() -> int | None:
    """Who the server is to be, where it may not be who we are."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    return 65_534
