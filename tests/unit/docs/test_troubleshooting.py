"""The messages on the page about troubleshooting are those of the code."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.support.paths import PROJECT

MESSAGES = [
    "Retender cannot start:",
    ", which is not right: ",
    "There is no setting ",
    " cannot be had (",
    "the journal is held by ",
    " was interrupted",
    "ANYONE who can reach ",
    " may not follow jobs here",
    "there is no job ",
    "Queued at position ",
    "En cola, en el puesto ",
    "Downloading model ",
    "Descargando el modelo ",
    "'s limits are used up: going on at about ",
    " is not ready: ",
    "nothing can be recognised: no engine is set up",
    "work waits for disk space: ",
    "nothing here recognises speech",
    " jobs are waiting already, and more are not taken in",
    " does not fit on this machine: using ",
    " no cabe en este equipo: se usa ",
    " cannot be had: using ",
    " no se puede obtener: se usa ",
    "no model fits into ",
    " MB of memory; the smallest needs ",
    " died: ",
    "its node ran out of memory, and it was ended",
    "there is no model ",
    "; the nearest is ",
    " is not here and cannot be downloaded: ",
    "downloading is switched off",
    "set HF_TOKEN to one that may read it, if there is such a repository",
    " cannot be loaded: ",
    "is not here: install faster-whisper 1.2",
    "models compute on the CPU; no NVIDIA GPU is here",
    "an NVIDIA GPU is here, but models compute on the CPU: no cuBLAS",
    "the kernel does not keep ffmpeg from other files and the network: ",
    "Landlock",
    "the upload exceeds ",
    "the request is larger than ",
    ", and not as Retender does",
    "no room on the disk for ",
    "Convex answered ",
    "it refuses the key: CONVEX_API_KEY must be the RETENDER_API_KEY of the Convex deployment",
    "what answers at CONVEX_URL is not the endpoint of convex/http.ts; is it the right address?",
    ", where Convex answers its own clients only. HTTP actions are at ",
    ". Jobs are synced where both are.",
    " takes the key as the previous one",
]

OF_OTHERS = {
    "server rejected WebSocket connection: HTTP 404": "the clients' library websockets",
    "Not Found: GET /ws/transcription/…": "what HTTP calls a 404, and the request",
    "HTTP proxies not available after 300s.": "Ray Serve",
    "error while loading shared libraries": "the dynamic linker",
    "413 Request Entity Too Large": "nginx",
    "client intended to send too large body": "nginx",
}
"""Messages that the code of this project does not write, and where they are from."""

COMMANDS = ("docker", "du", "npx", "pip", "python", "retender")


@cache
def texts_of_the_code() -> frozenset[str]:
    """All texts in it, those without the values in them."""
    return frozenset(
        node.value
        for folder in ("retender", "actors", "serve_app", "deployments")
        for file in (PROJECT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_on_the_page_is_one_of_the_code(message: str) -> None:
    page = (PROJECT / "docs" / "troubleshooting.md").read_text()
    assert message.lower() in " ".join(page.split()).lower()
    assert any(message in text for text in texts_of_the_code())


def test_every_message_on_the_page_is_held_against_the_code() -> None:
    page = " ".join((PROJECT / "docs" / "troubleshooting.md").read_text().split())
    quoted = {text for text in re.findall(r"`([^`]+)`", page) if len(text.split()) > 2}
    messages = {text for text in quoted if not text.startswith(COMMANDS)}
    assert set(OF_OTHERS) <= messages
    assert [
        text
        for text in sorted(messages - set(OF_OTHERS))
        if not any(message.lower() in text.lower() for message in MESSAGES)
    ] == []
