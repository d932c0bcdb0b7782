"""The first lines of the log: where the service is, and which engines it has."""

from __future__ import annotations

from collections.abc import Iterator

from deployments.serving.address import reachable
from deployments.settings import Settings
from deployments.wiring import groq, recognition
from deployments.wiring.keys import exposure_warning
from deployments.wiring.traces import traces_warning
from deployments.wiring.whisper import default_model, library
from retender.engines.models.library import Library
from retender.journal.durability import durability_warning
from serve_app.access.key_file import Keyring
from serve_app.settings import DataState, InstanceLimits


def start_message(
    settings: Settings,
    url: str,
    instance: InstanceLimits | None = None,
    data: DataState | None = None,
) -> list[str]:
    """Lines for the log; the address comes first."""
    return [
        f"Retender is up at {url}",
        f"its data is in {settings.data_dir.absolute()}",
        *([data.reason] if data is not None and data.state == "kept" and data.moves else []),
        *([] if instance is None else [instance.reason]),
        *_engines(settings),
        f"try it: retender transcribe RECORDING, or open {reachable(url)} in a browser",
    ]


def warnings(settings: Settings, keys: Keyring, data: DataState | None = None) -> list[str]:
    """Warnings about data that are lost or will not last, about open access, and about traces."""
    found = (
        _lost(settings, data),
        durability_warning(str(settings.data_dir.absolute())),
        exposure_warning(settings.host, keys),
        traces_warning(settings),
    )
    return [sentence for sentence in found if sentence is not None]


def _lost(settings: Settings, data: DataState | None) -> str | None:
    """An empty folder is worth a warning where folders are known to vanish."""
    if data is None or data.state == "kept":
        return None
    return data.reason if data.state == "incomplete" or settings.profile == "koyeb" else None


def _engines(settings: Settings) -> Iterator[str]:
    if recognition.offered(settings):
        yield f"speech is recognised on this machine; the model is {_model(settings)}"
    if groq.set_up(settings):
        whose = "for jobs that ask for it" if recognition.offered(settings) else "for all jobs"
        yield f"speech is recognised by Groq with {settings.groq_model}, {whose}"
    elif not recognition.offered(settings):
        yield "NOTHING is recognised here: `retender doctor` says what is missing"


def _model(settings: Settings) -> str:
    """The model's name, and whether it still has to be downloaded."""
    name = default_model(settings)
    if Library(library(settings)).find(name) is not None:
        return name
    if settings.offline:
        return f"{name}, which is NOT here and may not be downloaded (RETENDER_OFFLINE)"
    return f"{name}, which is not here yet; another line says when it is, or what is used instead"
