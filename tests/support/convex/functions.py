"""The real functions of `convex/` behind real HTTP (`tests/convex/serve.mjs`), for tests of the
service: a process of Node, with a second port by which a test sees the tables and makes trouble.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.paths import PROJECT

KEY = "for-tests-only-but-long-enough"
SCRIPT = PROJECT / "tests" / "convex" / "serve.mjs"
DEADLINE = 120.0

Row = dict[str, Any]


def node() -> str:
    """The program, on the path or beside this Python. Fails with one sentence where it cannot run
    what is here."""
    beside = Path(sys.executable).parent
    found = shutil.which("node", path=f"{beside}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        pytest.fail("these tests need Node; `make node` gets it")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True)
    major, minor, *_ = map(int, version.stdout.strip().removeprefix("v").split("."))
    if (major, minor) < (20, 19):
        pytest.fail(f"these tests need Node 20.19 or newer; {found} is {version.stdout.strip()}")
    if not (PROJECT / "node_modules").is_dir():
        pytest.fail("these tests need what `npm ci` installs in the project's folder")
    return found


class Functions:
    def __init__(self, url: str, control: str) -> None:
        self.url = url
        self._control = httpx.Client(base_url=control, timeout=DEADLINE, trust_env=False)

    def close(self) -> None:
        self._control.close()

    def job(self, job_id: str) -> Row | None:
        """Its row in `transcriptionJobs`."""
        jobs = self.rows(job_id)["jobs"]
        return jobs[0] if jobs else None

    def rows(self, job_id: str) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = self._ask("GET", "/rows", params={"job_id": job_id})
        return found

    def all_jobs(self) -> dict[str, Row]:
        return {row["jobId"]: row for row in self._ask("GET", "/rows")["jobs"]}

    def text(self, job_id: str) -> str:
        """The transcript, as an application reads it."""
        chunks = sorted(self.rows(job_id)["chunks"], key=lambda chunk: int(chunk["index"]))
        return "".join(chunk["text"] for chunk in chunks)

    def shown(self, job_id: str, user: str) -> Row | None:
        """The job as the function `get` gives it to a user who is signed in."""
        body = {
            "function": "transcriptionJobs:get",
            "args": {"jobId": job_id},
            "identity": {"tokenIdentifier": user, "subject": user, "issuer": "https://auth"},
        }
        found: Row | None = self._ask("POST", "/query", json=body)
        return found

    def requests(self, job_id: str | None = None) -> list[Row]:
        """The updates that came, the oldest first."""
        seen: list[Row] = self._ask("GET", "/requests")
        posts = (each for each in seen if each["method"] == "POST")
        return [each for each in posts if job_id in {None, each["job_id"]}]

    def faults(self, *faults: Row) -> None:
        self._ask("PUT", "/faults", json=list(faults))

    def variables(self, **variables: str | None) -> None:
        self._ask("PUT", "/variables", json=variables)

    def down(self) -> None:
        self._ask("POST", "/down")

    def up(self) -> None:
        self._ask("POST", "/up")

    def reset(self) -> None:
        self.variables(RETENDER_API_KEY=KEY)
        self._ask("POST", "/reset")

    def _ask(self, method: str, path: str, **how: Any) -> Any:
        answer = self._control.request(method, path, **how)
        assert answer.status_code == 200, answer.text
        return answer.json()


@contextmanager
def functions() -> Iterator[Functions]:
    """It ends with its standard input, so that it does not outlive the tests."""
    process = subprocess.Popen(
        [node(), str(SCRIPT), "--end-with-stdin"],
        cwd=PROJECT,
        env={**os.environ, "RETENDER_API_KEY": KEY},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        ready = json.loads(process.stdout.readline())
        there = Functions(ready["url"], ready["control"])
        yield there
        there.close()
    finally:
        process.stdin.close()
        process.wait(DEADLINE)
        process.stdout.close()
