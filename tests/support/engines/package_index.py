"""A package index over real HTTP, as small as PEP 503 allows, and models cut into its wheels."""

from __future__ import annotations

import hashlib
import re
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from retender.engines.models.sources.upstream import File, Upstream
from retender.engines.models.sources.wheels import Wheel, Wheels

NAME = "base"
FILES = (
    "config.json",
    "model.bin",
    "preprocessor_config.json",
    "tokenizer.json",
    "vocabulary.json",
)
"""Those of the digits model."""

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


def wheels() -> Wheels:
    """The layout of the real ones."""
    members = {name: ((0, f"part1/data/{name}"),) for name in FILES if name != "model.bin"}
    model = ((0, "part1/data/model.bin.part1"), (1, "part2/data/model.bin.part2"))
    return Wheels(
        tuple(
            Wheel(f"Some_Model.part{n}", f"some_model_part{n}-1.0.0-py3-none-any.whl")
            for n in (1, 2)
        ),
        {**members, "model.bin": model},
    )


def upstream(folder: Path) -> Upstream:
    def file(path: Path) -> File:
        return File(path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())

    return Upstream("main", {name: file(folder / name) for name in FILES})


def build(model: Path, target: Path) -> None:
    """The wheels of the model in this folder, with code that must never run."""
    content = {name: (model / name).read_bytes() for name in FILES}
    whole = content.pop("model.bin")
    half = len(whole) // 2
    parts: list[Mapping[str, bytes]] = [
        {**content, "model.bin.part1": whole[:half]},
        {"model.bin.part2": whole[half:]},
    ]
    for number, (wheel, part) in enumerate(zip(wheels().wheels, parts, strict=True), start=1):
        with zipfile.ZipFile(target / wheel.file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"part{number}/__init__.py", "raise SystemExit('it was executed')")
            for name, data in part.items():
                archive.writestr(f"part{number}/data/{name}", data)


class Index:
    """Serves the wheels of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[str] = []
        """Of wheels: the name, and the offset that was asked for."""
        self.breaks_after: list[int] = []
        """Bytes after which the next transfers of wheels break off."""
        self.hashes = True
        """Whether its pages say the SHA-256 of each file."""
        self.login = ""
        """`Basic …`, if it asks for a password."""
        self.url = ""


class _Server(ThreadingHTTPServer):
    def __init__(self, index: Index) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.index = index


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Nobody reads it."""

    def do_GET(self) -> None:
        index = self.server.index
        if index.login and self.headers.get("Authorization") != index.login:
            self._answer(401, b"")
        elif self.path.startswith("/simple/"):
            self._page(self.path.removeprefix("/simple/").rstrip("/"))
        else:
            self._file(index.folder / self.path.rpartition("/")[2])

    def _page(self, project: str) -> None:
        stem = project.replace("-", "_")
        found = sorted(self.server.index.folder.glob(f"{stem}-*.whl"))
        lines = (
            f'<a href="../../files/{self._reference(each)}">{each.name}</a><br/>' for each in found
        )
        page = f"<!DOCTYPE html><html><body>{''.join(lines)}</body></html>"
        self._answer(200 if found else 404, page.encode())

    def _file(self, path: Path) -> None:
        data, index = path.read_bytes(), self.server.index
        asked = _RANGE.fullmatch(self.headers.get("Range", ""))
        begin = int(asked[1]) if asked else 0
        end = int(asked[2]) + 1 if asked and asked[2] else len(data)
        if end - begin == 1:
            self._answer(206, data[begin:end], f"bytes {begin}-{end - 1}/{len(data)}")
            return
        index.asked.append(f"{path.name} from {begin}")
        most = index.breaks_after.pop(0) if index.breaks_after else len(data)
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(end - begin))
        self.end_headers()
        self.wfile.write(data[begin : min(end, begin + most)])

    def _reference(self, path: Path) -> str:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return f"{path.name}#sha256={digest}" if self.server.index.hashes else path.name

    def _answer(self, status: int, body: bytes, span: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        if span:
            self.send_header("Content-Range", span)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serving(folder: Path) -> Iterator[Index]:
    index = Index(folder)
    server = _Server(index)
    index.url = f"http://127.0.0.1:{server.server_port}/simple"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield index
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
