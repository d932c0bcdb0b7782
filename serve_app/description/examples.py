"""Examples of answers, for the OpenAPI description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ConfigDict

JOB_ID: Final = "4f1c9a2be07d4a53"

RESULT: Final[Mapping[str, Any]] = {
    "text": "Hola a todos.",
    "language": "es",
    "language_probability": 0.98,
    "language_candidates": [
        {"language": "es", "probability": 0.98},
        {"language": "pt", "probability": 0.01},
    ],
    "duration": 1.9,
    "processing_time": 0.6,
    "model": "medium",
    "requested_model": None,
    "engine": "local",
    "segments": [
        {
            "id": 0,
            "start": 0.2,
            "end": 1.7,
            "text": "Hola a todos.",
            "confidence": 0.93,
            "language": "es",
            "words": [
                {"word": "Hola", "start": 0.2, "end": 0.6, "confidence": 0.99},
                {"word": "a", "start": 0.6, "end": 0.8, "confidence": 0.9},
                {"word": "todos.", "start": 0.8, "end": 1.7, "confidence": 0.97},
            ],
        }
    ],
    "no_speech": False,
}

JOB: Final[Mapping[str, Any]] = {
    "job_id": JOB_ID,
    "name": "meeting.m4a",
    "status": "processing",
    "stage": "transcribing",
    "progress": 65.0,
    "message": "Procesando segmento 15/23",
    "created_at": "2025-06-01T09:30:00.250Z",
    "started_at": "2025-06-01T09:30:01.000Z",
    "completed_at": None,
    "estimated_time_remaining": 15.2,
    "queue_position": None,
    "attempt": 1,
    "model": "medium",
    "engine": "local",
    "language": "es",
    "duration": 312.4,
    "seq": 41,
    "error": None,
    "result": None,
    "callback": None,
    "options": {"language": "es", "word_timestamps": True, "hotwords": "Retender"},
}

LISTED: Final[Mapping[str, Any]] = {**JOB, "options": None}
"""As it is in a list."""

FOUND: Final[Mapping[str, Any]] = {
    "snippet": "El presupuesto de la reunión…",
    "snippet_parts": ["El ", "presupuesto", " de la reunión…"],
    "snippet_time": 61.2,
}


def example(body: Mapping[str, Any]) -> ConfigDict:
    """For `model_config =`."""
    return ConfigDict(json_schema_extra={"examples": [dict(body)]})
