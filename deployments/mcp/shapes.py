"""What the tools answer: each becomes a schema that the assistant is shown."""

from __future__ import annotations

from pydantic import BaseModel, Field

from deployments.client.client import Body


class JobState(BaseModel):
    job_id: str
    name: str | None = None
    status: str = Field(description="pending, queued, processing, completed, failed or cancelled")
    progress: float = Field(description="Percent")
    message: str = ""
    seconds_left: float | None = Field(default=None, description="Estimated")
    duration: float | None = Field(default=None, description="Seconds of the recording")
    language: str | None = None
    model: str | None = None
    created_at: str | None = None
    error: str | None = Field(default=None, description="Why it failed")
    text: str | None = Field(
        default=None, description="Once it is completed; read_transcript gives all with times"
    )
    text_is_cut: bool = Field(default=False, description="read_transcript gives the rest")


class LineShape(BaseModel):
    start: float = Field(description="Seconds from the beginning")
    end: float
    text: str


class TranscriptLines(BaseModel):
    job_id: str
    page: int
    pages: int
    lines: list[LineShape]


class Found(BaseModel):
    job: JobState
    passage: str | None = Field(default=None, description="Where its text has the words")
    at: float | None = Field(default=None, description="Seconds from the beginning")


class Jobs(BaseModel):
    jobs: list[JobState]


class Hits(BaseModel):
    hits: list[Found]


def state_of(body: Body) -> JobState:
    error = body.get("error")
    return JobState(
        job_id=body["job_id"],
        name=body.get("name"),
        status=body["status"],
        progress=body["progress"],
        message=body.get("message") or "",
        seconds_left=body.get("estimated_time_remaining"),
        duration=body.get("duration"),
        language=body.get("language"),
        model=body.get("model"),
        created_at=body.get("created_at"),
        error=None if error is None else str(error.get("detail") or error["message"]),
    )
