"""The messages that users read while they wait, in Spanish and English.

A `Note` is stored and sent; it becomes a sentence where the reader's language is known. A key has
one or more sentences, the most detailed first: the first one whose values are all known is used.
The last one needs no values, so that every note has a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import Final

import msgspec

DEFAULT_LANGUAGE: Final = "es"

Sentences = tuple[str, ...]


class Note(msgspec.Struct, frozen=True):
    key: str
    args: dict[str, str | int | float] = {}


NOTES: Final[Mapping[str, Mapping[str, Sentences]]] = {
    "es": {
        "connected": ("Conectado",),
        "uploading": ("Subiendo el archivo… {percent} %", "Subiendo el archivo…"),
        "queued": ("En cola, en el puesto {position}", "En cola"),
        "options_changed": ("Opciones cambiadas",),
        "downloading_model": (
            "Descargando el modelo {model}: {percent} % ({done} de {total} MB)",
            "Descargando el modelo {model}: {percent} %",
            "Descargando el modelo {model}",
            "Descargando el modelo",
        ),
        "smaller_model": (
            "El modelo {asked} no cabe en este equipo: se usa {used}",
            "El modelo pedido no cabe en este equipo: se usa uno más pequeño",
        ),
        "model_missing": (
            "El modelo {asked} no se puede obtener: se usa {used}",
            "El modelo pedido no se puede obtener: se usa otro",
        ),
        "preparing": ("Preparando el audio",),
        "transcribing": ("Procesando segmento {n}/{total}", "Transcribiendo"),
        "finalizing": ("Terminando la transcripción",),
        "retrying": (
            "Reintento en {seconds} s (intento {attempt} de {limit})",
            "Reintentando (intento {attempt} de {limit})",
            "Reintentando",
        ),
        "waiting_for_room": (
            "El límite de {engine} está agotado: se sigue hacia las {until} UTC, en {minutes} min",
            "El límite del motor está agotado: se sigue en cuanto haya sitio",
        ),
        "taken_on": ("Se sigue con el motor {engine}", "Se sigue con otro motor"),
        "resumed": ("Se reanuda donde se había quedado",),
        "completed": (
            "Transcripción completada con el modelo {used} en lugar de {asked}",
            "Transcripción completada",
        ),
        "no_speech": ("No se ha detectado voz en la grabación",),
        "failed": ("No se ha podido completar la transcripción",),
        "cancelled": ("Transcripción cancelada",),
    },
    "en": {
        "connected": ("Connected",),
        "uploading": ("Uploading the file… {percent}%", "Uploading the file…"),
        "queued": ("Queued at position {position}", "Queued"),
        "options_changed": ("Options changed",),
        "downloading_model": (
            "Downloading model {model}: {percent}% ({done} of {total} MB)",
            "Downloading model {model}: {percent}%",
            "Downloading model {model}",
            "Downloading the model",
        ),
        "smaller_model": (
            "Model {asked} does not fit on this machine: using {used}",
            "The requested model does not fit on this machine: using a smaller one",
        ),
        "model_missing": (
            "Model {asked} cannot be had: using {used}",
            "The requested model cannot be had: using another one",
        ),
        "preparing": ("Preparing the audio",),
        "transcribing": ("Processing segment {n}/{total}", "Transcribing"),
        "finalizing": ("Finishing the transcript",),
        "retrying": (
            "Retrying in {seconds} s (attempt {attempt} of {limit})",
            "Retrying (attempt {attempt} of {limit})",
            "Retrying",
        ),
        "waiting_for_room": (
            "{engine}'s limits are used up: going on at about {until} UTC, in {minutes} min",
            "The engine's limits are used up: going on as soon as there is room",
        ),
        "taken_on": ("Going on with the engine {engine}", "Going on with another engine"),
        "resumed": ("Resuming where it left off",),
        "completed": (
            "Transcription completed with model {used} instead of {asked}",
            "Transcription completed",
        ),
        "no_speech": ("No speech was found in the recording",),
        "failed": ("The transcription could not be completed",),
        "cancelled": ("Transcription cancelled",),
    },
}

FAILURES: Final[Mapping[str, Mapping[str, str]]] = {
    "es": {
        "internal": "Algo ha fallado en el servicio. Puedes intentarlo de nuevo.",
        "engine_failed": "El reconocimiento ha fallado en una parte de la grabación. "
        "Puedes intentarlo de nuevo.",
        "engine_unavailable": "El motor de reconocimiento no responde. "
        "Inténtalo de nuevo más tarde.",
        "model_unavailable": "El modelo pedido no está disponible. Elige otro modelo.",
        "worker_crashed": "El proceso que transcribía se ha cerrado varias veces con la misma "
        "parte de la grabación. Prueba con un modelo más pequeño o inténtalo de nuevo.",
        "worker_silent": "El proceso que transcribía ha dejado de responder. "
        "Puedes intentarlo de nuevo.",
        "corrupt_media": "El archivo está dañado o incompleto y no se puede leer. "
        "Comprueba que se reproduce y vuelve a subirlo.",
        "no_audio_stream": "El archivo no contiene audio.",
        "unsupported_media": "Este tipo de archivo no se admite.",
        "too_long": "La grabación dura más de lo permitido.",
        "upload_expired": "La subida no llegó a terminar. Vuelve a subir el archivo.",
        "fetch_failed": "No se ha podido descargar la grabación de su dirección. "
        "Comprueba que se puede descargar sin contraseña.",
        "url_not_allowed": "No se admite esta dirección: debe ser https y pública.",
        "too_large": "El archivo es más grande de lo permitido.",
        "storage_full": "No queda espacio en el servidor. Inténtalo de nuevo más tarde.",
        "storage_unreachable": "No se puede acceder a las grabaciones. Inténtalo más tarde.",
        "storage_denied": "El servicio no tiene acceso a las grabaciones. Avisa a quien lo lleva.",
        "storage_damaged": "La grabación guardada está dañada. Puedes intentarlo de nuevo.",
    },
    "en": {
        "internal": "Something went wrong in the service. You can try again.",
        "engine_failed": "Recognition failed on part of the recording. You can try again.",
        "engine_unavailable": "The recognition engine is not responding. Try again later.",
        "model_unavailable": "The requested model is not available. Choose another model.",
        "worker_crashed": "The process doing the transcription ended several times on the same "
        "part of the recording. Use a smaller model or try again.",
        "worker_silent": "The process doing the transcription stopped responding. "
        "You can try again.",
        "corrupt_media": "The file is damaged or incomplete and cannot be read. "
        "Check that it plays and upload it again.",
        "no_audio_stream": "The file contains no audio.",
        "unsupported_media": "This type of file is not supported.",
        "too_long": "The recording is longer than allowed.",
        "upload_expired": "The upload never finished. Upload the file again.",
        "fetch_failed": "The recording could not be fetched from its address. "
        "Check that it can be downloaded without a password.",
        "url_not_allowed": "This address is not allowed: it must be https and public.",
        "too_large": "The file is larger than allowed.",
        "storage_full": "The server has no space left. Try again later.",
        "storage_unreachable": "The recordings cannot be reached. Try again later.",
        "storage_denied": "The service may not read its recordings. Tell whoever runs it.",
        "storage_damaged": "The stored recording is damaged. You can try again.",
    },
}


def note_text(note: Note, language: str) -> str:
    """The note as a sentence; an unknown key is returned as it is."""
    known = _catalogue(language)
    args = {name: _shown(value, known) for name, value in note.args.items()}
    sentences = NOTES[known].get(note.key, (note.key,))
    return next(
        (text.format_map(args) for text in sentences if placeholders(text) <= args.keys()), note.key
    )


def failure_text(code: str, language: str) -> str:
    """What this failure code means for the user; unknown codes get the text of `internal`."""
    sentences = FAILURES[_catalogue(language)]
    return sentences.get(code, sentences["internal"])


def placeholders(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def _catalogue(language: str) -> str:
    base = language.lower().replace("_", "-").partition("-")[0]
    return base if base in NOTES else DEFAULT_LANGUAGE


def _shown(value: str | float, language: str) -> str:
    """A number with at most one decimal, and with the decimal mark of the language."""
    if not isinstance(value, float):
        return str(value)
    text = f"{value:.1f}".removesuffix(".0")
    return text.replace(".", ",") if language == "es" else text
