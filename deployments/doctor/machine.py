"""Checks of what recognition needs: ffmpeg, an engine, a model, memory."""

from __future__ import annotations

import os
import re
import subprocess
from typing import Final

from deployments.doctor.finding import Finding, bad, doubtful, good
from deployments.settings import Settings
from deployments.wiring import groq, recognition
from deployments.wiring.resources import gpu_visible, resources
from deployments.wiring.whisper import default_model, library, whisper
from retender.audio import ffmpeg, isolation
from retender.engines.models import names
from retender.engines.models.fitting import MEGABYTE, choose, needed_bytes
from retender.engines.models.library import Library
from retender.errors import EngineUnavailable, InvalidOption, ModelUnavailable

ANSWER_SECONDS: Final = 10.0

_INSTALL: Final = "pip install 'retender[whisper]', or set GROQ_API_KEY and have Groq do it."
_VERSION: Final = re.compile(r"ffmpeg version (\S+)")


def decoding(_: Settings) -> Finding:
    """ffmpeg is installed and has all decoders that are needed."""
    install = "Install ffmpeg 5 or newer, or `pip install imageio-ffmpeg`, which carries one."
    try:
        binary = ffmpeg.find(os.environ.get("PATH", ""))
        version = _VERSION.search(_said(binary, "-version"))
        lines = map(str.split, _said(binary, "-decoders").splitlines())
        known = {line[1] for line in lines if len(line) > 1}
    except EngineUnavailable as error:
        return bad("ffmpeg", error.message, install)
    except (OSError, subprocess.SubprocessError) as error:
        return bad("ffmpeg", f"it is here, but cannot be run: {error}", install)
    found = f"{version.group(1) if version else 'of unknown version'}, {binary}"
    missing = [decoder for decoder in ffmpeg.DECODERS if decoder not in known]
    if missing:
        return doubtful(
            "ffmpeg",
            f"{found}; it cannot read {', '.join(missing)}",
            "Recordings of these kinds are refused; a complete ffmpeg reads them.",
        )
    return good("ffmpeg", found)


def isolated(_: Settings) -> Finding | None:
    """The kernel keeps ffmpeg from other files and from the network."""
    try:
        missing = isolation.missing(ffmpeg.find(os.environ.get("PATH", "")))
    except EngineUnavailable:
        return None
    if missing:
        return doubtful(
            "isolation",
            f"the kernel does not keep ffmpeg from other files and the network: {missing}",
            "The service works without. Linux 5.13 or newer with Landlock and seccomp has it.",
        )
    return good("isolation", "ffmpeg reads the recording only, and opens no connection")


def engine(settings: Settings) -> Finding:
    here = ["faster-whisper on this machine"] if recognition.offered(settings) else []
    if groq.set_up(settings):
        here.append(f"Groq's {settings.groq_model}")
    if not here:
        return bad("engine", "nothing here recognises speech", _INSTALL)
    return good("engine", ", ".join(here))


def model(settings: Settings) -> Finding | None:
    """The default model is on disk, or can be downloaded."""
    if not recognition.offered(settings):
        return None
    models, name = Library(library(settings)), default_model(settings)
    try:
        name = models.named(name)
    except InvalidOption as error:
        return bad("model", error.message, "Set DEFAULT_MODEL to one of `retender models list`.")
    place = models.find(name)
    if place is not None:
        size = sum(file.stat().st_size for file in place.iterdir())
        return good("model", f"{name}, {size // MEGABYTE:,} MB, {place}")
    fetch = f"`retender models download {name}` fetches it now"
    if settings.offline:
        return bad(
            "model",
            f"{name} is not here, and downloading is switched off",
            f"Without RETENDER_OFFLINE {fetch}; or set DEFAULT_MODEL to one that is here.",
        )
    return doubtful(
        "model",
        f"{name} is not here yet: the service fetches it when it starts",
        f"{fetch[0]}{fetch[1:]}.",
    )


def memory(settings: Settings) -> Finding | None:
    """The default model fits into memory."""
    if not recognition.offered(settings):
        return None
    found = resources()
    chosen = whisper(settings, found)
    known = names.KNOWN_MODELS.get(names.canonical(default_model(settings)))
    if not found.memory or known is None:
        return good("memory", "enough, as far as is known")
    free = f"{found.memory // MEGABYTE:,} MB are free"
    if not chosen.memory:
        return good("memory", f"{free}; the model uses the GPU's memory")
    need = needed_bytes(known.millions, chosen.precision, chosen.lanes) // MEGABYTE
    needs = f"{default_model(settings)} needs {need:,} MB"
    try:
        choice = choose(default_model(settings), chosen.memory, chosen.precision, chosen.lanes)
    except ModelUnavailable as error:
        return bad("memory", f"{free}; {needs}", error.message)
    if choice.replaced:
        return doubtful(
            "memory",
            f"{free}; {needs}",
            f"{choice.used} is used in its place. Free some memory, or set DEFAULT_MODEL or a "
            "lower MAX_CONCURRENT_JOBS.",
        )
    return good("memory", f"{free}; {needs}")


def device(settings: Settings) -> Finding | None:
    """Where models compute, and whether a GPU that was asked for can be used."""
    if not recognition.offered(settings) or settings.device == "cpu":
        return None
    install = "Install the driver and `pip install nvidia-cublas-cu12 nvidia-cudnn-cu12`."
    if resources().gpu:
        return good("device", "models compute on the GPU")
    if settings.device == "cuda":
        return doubtful(
            "device",
            "RETENDER_DEVICE is cuda, but no usable NVIDIA GPU was found",
            f"{install} Or set RETENDER_DEVICE to auto.",
        )
    if gpu_visible():
        return doubtful(
            "device", "an NVIDIA GPU is here, but models compute on the CPU: no cuBLAS", install
        )
    return good("device", "models compute on the CPU; no NVIDIA GPU is here")


def _said(binary: str, about: str) -> str:
    done = subprocess.run(  # noqa: S603 - the ffmpeg that the service would run, too
        [binary, "-hide_banner", about] if about != "-version" else [binary, about],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=ANSWER_SECONDS,
        check=True,
    )
    return done.stdout
