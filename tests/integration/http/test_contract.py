"""The service does what its own description says, whatever it is asked: schemathesis asks it
everything that the OpenAPI document allows, and much that it does not.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.http.deployed_service import served

KEY = "rt_" + "0" * 12 + "_" + "a" * 64
SEED = 1
EXAMPLES = 12

CONFIG = """
# From this machine, these may be read without a key.
[[operations]]
include-path = "/metrics"
checks.ignored_auth.enabled = false
checks.missing_required_header.enabled = false

[[operations]]
include-path = "/actors"
checks.ignored_auth.enabled = false
checks.missing_required_header.enabled = false
"""

UNSAID = ("positive_data_acceptance", "use_after_free", "ensure_resource_availability")
"""An upload is refused for what is in it, and a job that is deleted is a cancelled one: neither
can be said in a schema."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("contract"), RETENDER_API_KEYS=KEY) as service:
        yield service.url


def test_nothing_that_is_asked_brings_an_answer_that_is_not_described(
    address: str, tmp_path: Path
) -> None:
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG)
    asked = subprocess.run(
        [
            *(Path(sys.executable).with_name("schemathesis"), "--config-file", config),
            *("run", f"{address}/openapi.json"),
            *("--exclude-checks", ",".join(UNSAID)),
            *("--exclude-method", "PATCH"),  # its media type has no serializer there
            *("--max-examples", str(EXAMPLES), "--seed", str(SEED), "--continue-on-failure"),
            *("--header", f"Authorization: Bearer {KEY}", "--no-color"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stdout[-20_000:]
