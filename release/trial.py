"""A wheel installed by itself in a new environment, and started there."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

UP: Final = "Retender is up at "
START_SECONDS: Final = 120.0
STOP_SECONDS: Final = 60.0
_FILES: Final = re.compile(r'(?:src|href)="(?:\./|/)?((?:assets|page)/[^"]+)"')


class Trial:
    """Everything happens in `folder`, outside the checkout."""

    def __init__(self, folder: Path, wheel: Path, constraints: Path) -> None:
        self._folder = folder
        self._wheel = wheel
        self._constraints = constraints
        self.python = folder / "venv" / "bin" / "python"

    def install(self) -> None:
        self._run(sys.executable, "-m", "venv", "--without-pip", self._folder / "venv")
        pip = (sys.executable, "-m", "pip", "--python", self.python, "install", "--quiet")
        self._run(*pip, "--disable-pip-version-check", "-c", self._constraints, self._wheel)

    def serve(self, version: str) -> None:
        """Start it, and ask for its page with every file that this names. Raises `SystemExit` if
        something is not as it should be."""
        log = self._folder / "log"
        with log.open("wb") as lines:
            service = subprocess.Popen(
                [self.python.with_name("retender"), "serve", "--profile", "local", "--port", "0"],
                cwd=self._folder,
                env=self._environment() | {"LOG_FORMAT": "json"},
                stdin=subprocess.DEVNULL,
                stderr=lines,
            )
        try:
            url = _address(service, log)
            page = _get(f"{url}/").decode()
            files = _FILES.findall(page)
            _check(bool(files), "the wheel's page is not the one that was built")
            for name in files:
                _check(len(_get(f"{url}/{name}")) > 0, f"{name} is empty")
            health: dict[str, Any] = json.loads(_get(f"{url}/health"))
            _check(health["version"] == version, f"it says that it is {health['version']}")
            service.send_signal(signal.SIGTERM)
            _check(service.wait(STOP_SECONDS) == 0, "it did not stop in order")
        finally:
            service.kill()
            service.wait()

    def _environment(self) -> dict[str, str]:
        """Nothing that leads back to the checkout, or is set for the service of someone else."""
        unwanted = ("PYTHON", "RETENDER_", "GROQ_", "CONVEX_", "VIRTUAL_ENV")
        kept = {name: it for name, it in os.environ.items() if not name.startswith(unwanted)}
        return kept | {"RETENDER_OFFLINE": "yes"}

    def _run(self, *command: str | Path) -> None:
        done = subprocess.run(command, cwd=self._folder, env=self._environment(), check=False)
        _check(done.returncode == 0, f"failed: {' '.join(map(str, command))}")


def _address(service: subprocess.Popen[bytes], log: Path) -> str:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and service.poll() is None:
        for line in log.read_text("utf-8").splitlines():
            with suppress(json.JSONDecodeError):
                message = json.loads(line)["message"]
                if message.startswith(UP):
                    return str(message.removeprefix(UP))
        time.sleep(0.1)
    raise SystemExit(f"it did not start:\n{log.read_text('utf-8')}")


def _get(url: str) -> bytes:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(url, timeout=START_SECONDS) as answer:
        content: bytes = answer.read()
    return content


def _check(so: bool, otherwise: str) -> None:
    if not so:
        raise SystemExit(otherwise)
