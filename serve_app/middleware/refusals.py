"""What a refused request is told in another language than English.

Errors are raised with an English sentence, which says exactly what was wrong. For readers of
another language there are sentences for each code, the most detailed first: the first one whose
values are all among the error's details is used. The last one needs no values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from retender.jobs.messages import Sentences, failure_text, placeholders
from serve_app.middleware.accept_language import preferred

ENGLISH: Final = "en"

REFUSALS: Final[Mapping[str, Mapping[str, Sentences]]] = {
    "es": {
        "bad_request": ("La petición no es correcta.",),
        "invalid_option": (
            "Para este formato hace falta instalar en el servicio el extra «{extra}».",
            "«{field}» puede ser como mucho {priority_max} para ti, y has pedido {asked}.",
            "El valor de «{field}» no es válido.",
            "Una de las opciones no es válida.",
        ),
        "empty_upload": ("El archivo está vacío.",),
        "incomplete_upload": ("La subida se cortó antes de terminar. Vuelve a subir el archivo.",),
        "wrong_offset": ("La subida continúa en otro punto del archivo.",),
        "wrong_tus_version": ("Las subidas reanudables usan tus 1.0.0.",),
        "checksum_mismatch": ("Una parte de la subida llegó dañada. Vuelve a enviarla.",),
        "unauthorized": ("Hace falta una clave válida.",),
        "forbidden": (
            "Esta clave no permite hacer esto: le falta el permiso «{scope}».",
            "No se permite hacer esto.",
        ),
        "rate_limited": ("Demasiadas peticiones seguidas. Espera un momento y repítela.",),
        "upload_stalled": ("La subida se ha parado o va demasiado lenta. Vuelve a intentarlo.",),
        "upload_locked": ("Otra petición está subiendo este archivo. Espera un momento.",),
        "job_not_found": ("Esta transcripción no existe, o no es tuya.",),
        "already_begun": (
            "La transcripción ya ha empezado: sus opciones no se pueden cambiar. Vuelve a subirla.",
        ),
        "already_finished": ("La transcripción ya ha terminado y no se puede cancelar.",),
        "job_cancelled": ("La transcripción se ha cancelado.",),
        "not_failed": ("Solo se puede reintentar una transcripción que ha fallado.",),
        "not_completed": ("La transcripción todavía no está completa.",),
        "transcript_changed": (
            "El texto ya va por la versión {version}. Cárgalo de nuevo antes de guardar.",
            "El texto ha cambiado mientras tanto. Cárgalo de nuevo antes de guardar.",
        ),
        "version_needed": ("Falta indicar qué versión del texto se ha editado (If-Match).",),
        "version_not_found": ("Esta versión del texto no existe o ya no se guarda.",),
        "not_prepared": ("La grabación todavía no está preparada.",),
        "no_peaks": ("No hay forma de onda de esta grabación.",),
        "convex_not_set_up": ("Este servicio no está conectado a ninguna base de datos Convex.",),
        "idempotency_conflict": (
            "Esta clave de idempotencia ya se usó con otra grabación u otras opciones.",
        ),
        "too_large": (
            "Es más grande de lo permitido: el límite es de {limit} bytes.",
            "Es más grande de lo permitido.",
        ),
        "queue_full": ("Hay demasiadas transcripciones en cola. Inténtalo más tarde.",),
        "starting": ("El servicio se está iniciando. Inténtalo de nuevo en un momento.",),
        "draining": ("El servicio se está deteniendo. Inténtalo de nuevo en un momento.",),
        "busy": ("El servicio está muy ocupado. Inténtalo de nuevo en un momento.",),
        "actor_gone": ("Una parte del servicio se está reiniciando. Inténtalo en un momento.",),
        "no_answer": ("Una parte del servicio no responde. Inténtalo de nuevo en un momento.",),
        "journal_away": ("La base de datos no responde. Inténtalo de nuevo en un momento.",),
        "not_found": ("Aquí no hay nada.",),
        "method_not_allowed": ("Esta dirección no admite ese método.",),
    }
}
"""Beside these there are the sentences of `FAILURES`, for the codes with which jobs fail too."""


def language(header: str) -> str:
    """The language that `Accept-Language` prefers. English if it is not sent: then the caller most
    likely is a program."""
    return preferred(header, ENGLISH)


def told(header: str, code: str, message: str, details: Mapping[str, Any]) -> str:
    """The message in the language of the caller."""
    found = language(header)
    known = REFUSALS.get(found)
    if known is None:
        return message
    sentences = known.get(code) or (failure_text(code, found),)
    return next(
        text.format_map(details) for text in sentences if placeholders(text) <= details.keys()
    )
