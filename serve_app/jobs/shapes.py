"""The shapes of jobs on the wire, for the OpenAPI description.

What is sent is built in `views`; tests compare both. Fields may be added, never renamed or removed.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from serve_app.description.examples import FOUND, JOB, JOB_ID, LISTED, RESULT, example

StatusName = Literal["pending", "queued", "processing", "completed", "failed", "cancelled"]


class WordShape(BaseModel):
    word: str
    start: float
    end: float
    confidence: float


class SegmentShape(BaseModel):
    id: int
    start: float
    end: float
    text: str
    confidence: float
    language: str | None
    words: list[WordShape] = []


class LanguageShape(BaseModel):
    language: str
    probability: float


class ResultShape(BaseModel):
    model_config = example(RESULT)

    text: str
    language: str | None
    language_probability: float | None
    duration: float
    processing_time: float
    model: str
    engine: str
    segments: list[SegmentShape]
    requested_model: str | None = Field(
        default=None, description="The model that was asked for, if `model` replaced it."
    )
    language_candidates: list[LanguageShape] = Field(
        default=[],
        description="The most probable languages, the best first, if the language was looked for.",
    )
    no_speech: bool = Field(default=False, description="Nobody speaks in the recording.")


class FailureShape(BaseModel):
    code: str
    message: str
    detail: str


class CallbackShape(BaseModel):
    state: Literal["waiting", "delivered", "given_up"]
    attempts: int
    last_error: str | None = Field(description="Why the last attempt failed.")


class JobShape(BaseModel):
    model_config = example(JOB)

    job_id: str
    name: str | None = Field(
        default=None,
        description="For people: the file's name, or what it was renamed to. Null if it has none.",
    )
    status: StatusName
    stage: str
    progress: float = Field(ge=0, le=100)
    message: str
    created_at: str
    started_at: str | None
    completed_at: str | None
    estimated_time_remaining: float | None
    queue_position: int | None
    attempt: int
    model: str | None
    engine: str | None = Field(
        default=None, description="Where it is recognised; null until that is decided."
    )
    language: str | None
    duration: float | None
    seq: int
    error: FailureShape | None
    result: ResultShape | None = None
    callback: CallbackShape | None = Field(
        default=None, description="The state of its webhook, if it has one and has ended."
    )
    options: dict[str, str | float | bool] | None = Field(
        default=None,
        description="The fields with which it was submitted, without those left at their defaults: "
        "the same recording with these fields is the same job again. Null in lists.",
    )


class ListedJobShape(JobShape):
    snippet: str | None = Field(
        default=None, description="In a search: the text around the words that were found."
    )
    snippet_parts: list[str] | None = Field(
        default=None, description="The same in parts; every second one is a word that was found."
    )
    snippet_time: float | None = Field(
        default=None, description="When that is said: seconds into the recording."
    )


class JobListShape(BaseModel):
    model_config = example({"jobs": [{**LISTED, **FOUND}], "next_cursor": "1041"})

    jobs: list[ListedJobShape]
    next_cursor: str | None


class ReceiptShape(BaseModel):
    model_config = example(
        {
            "job_id": JOB_ID,
            "status": "queued",
            "websocket_url": f"wss://speech.example.org/ws/transcription/{JOB_ID}",
            "estimated_processing_time": 45.0,
            "queue_position": 1,
        }
    )

    job_id: str
    status: StatusName
    websocket_url: str
    estimated_processing_time: float
    queue_position: int | None


class CancelledShape(BaseModel):
    model_config = example({"job_id": JOB_ID, "status": "cancelled"})

    job_id: str
    status: Literal["cancelled", "forgotten"]


class QueueShape(BaseModel):
    queue_size: int
    active_jobs: int
    total_jobs: int
    max_concurrent_jobs: int
    is_running: bool
    dead_letters: int
    workers: int
    audio_seconds_waiting: float


class WebSocketsShape(BaseModel):
    total_connections: int
    jobs_with_connections: int
    active_jobs: list[str]


class QueueInfoShape(BaseModel):
    model_config = example(
        {
            "queue": {
                "queue_size": 2,
                "active_jobs": 1,
                "total_jobs": 15,
                "max_concurrent_jobs": 3,
                "is_running": True,
                "dead_letters": 0,
                "workers": 2,
                "audio_seconds_waiting": 512.0,
            },
            "websockets": {
                "total_connections": 3,
                "jobs_with_connections": 1,
                "active_jobs": [JOB_ID],
            },
        }
    )

    queue: QueueShape
    websockets: WebSocketsShape
