"""The definition for Koyeb says what the service and the image understand."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from deployments.settings import SECRETS, Settings
from serve_app.operations import health
from tests.support.manifests import TOP, dockerfile, misspelt, variables

KOYEB = TOP / "deployments" / "koyeb"

OPTIONS = {
    *("--app", "--docker", "--git", "--git-branch", "--git-builder", "--git-docker-dockerfile"),
    *("--git-docker-target", "--type", "--instance-type", "--regions", "--min-scale"),
    *("--max-scale", "--ports", "--routes", "--checks", "--checks-grace-period", "--env"),
}
"""Of `koyeb services create`, as its reference lists them."""

RECORDS_ITS_CALLS = """#!/bin/sh
case "$*" in *" get "*) exit 1;; esac
printf '%s\\n' "$@" >> "$CALLS"
"""


def called(tmp_path: Path, **given: str) -> list[str]:
    """The words that Koyeb's command line is given."""
    program = tmp_path / "koyeb"
    program.write_text(RECORDS_ITS_CALLS)
    program.chmod(0o755)
    calls = tmp_path / "calls"
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "CALLS": str(calls), **given}
    subprocess.run(["sh", KOYEB / "deploy.sh"], env=environment, check=True)
    return calls.read_text().splitlines()


def said(words: list[str], option: str) -> list[str]:
    return [words[place + 1] for place, word in enumerate(words) if word == option]


def test_only_options_that_koyeb_has_are_used(tmp_path: Path) -> None:
    for given in ({"GIT": "github.com/you/retender"}, {"IMAGE": "ghcr.io/you/retender:koyeb"}):
        words = called(tmp_path, **given)
        assert {word for word in words if word.startswith("--")} <= OPTIONS
        assert words[:3] == ["apps", "create", "retender"]


def test_the_image_is_the_small_one(tmp_path: Path) -> None:
    (target,) = said(called(tmp_path, GIT="github.com/you/retender"), "--git-docker-target")
    assert any(each.word == "FROM" and each.said.endswith(f" AS {target}") for each in dockerfile())


def test_the_port_and_the_check_are_those_of_the_service(tmp_path: Path) -> None:
    words = called(tmp_path, IMAGE="x")
    port = Settings.model_fields["port"].default
    assert said(words, "--ports") == [f"{port}:http"]
    assert said(words, "--routes") == [f"/:{port}"]
    (check,) = said(words, "--checks")
    path = re.fullmatch(rf"{port}:http:(/.*)", check)
    assert path is not None
    assert path[1] in {getattr(route, "path", "") for route in health.router.routes}


def test_settings_exist_and_secrets_are_never_written_down(tmp_path: Path) -> None:
    given = dict(pair.split("=", 1) for pair in said(called(tmp_path, IMAGE="x"), "--env"))
    example = variables(KOYEB / ".env.example")
    assert misspelt({*given, *example}) == set()
    assert given["RETENDER_PROFILE"] == example["RETENDER_PROFILE"] == "koyeb"
    for name in SECRETS & set(given):
        assert re.fullmatch(r"\{\{secret\.[a-z-]+\}\}", given[name])
    for name in SECRETS & set(example) - {"RETENDER_DATABASE_URL"}:
        assert example[name] == ""


def test_keys_are_asked_for_because_everybody_can_reach_it(tmp_path: Path) -> None:
    assert any(
        pair.startswith("RETENDER_API_KEYS=") for pair in said(called(tmp_path, IMAGE="x"), "--env")
    )
