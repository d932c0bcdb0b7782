"""Describes the fields of a submission in OpenAPI: as a form, and as a query."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, Field

from retender.jobs.limits import NAME_CHARS
from serve_app.description.examples import JOB_ID, RESULT, example
from serve_app.jobs.shapes import ResultShape
from serve_app.limits import HIGHEST_PRIORITY, TEXT_OPTION_CHARS, USER_ID_CHARS

_RECORDING: Final = {"type": "string", "format": "binary"}


class FieldsShape(BaseModel):
    """Any field may be left out; an empty value counts as left out."""

    language: str = Field("auto", description="`auto`, or a code such as `es`.")
    languages: str = Field(
        "",
        description="The languages that `auto` chooses among, such as `es,en`; left out: those of "
        "the service (`RETENDER_LANGUAGES`), or all.",
    )
    model: str = Field("", description="A model's name, as `GET /models` lists them.")
    engine: Literal["auto", "local", "groq"] = "auto"
    task: Literal["transcribe", "translate"] = "transcribe"
    return_timestamps: bool = Field(default=True, description="Segments with their times.")
    word_timestamps: bool = Field(default=False, description="Words with times and confidence.")
    multilingual: bool = Field(default=False, description="Several languages in one recording.")
    vad: bool = Field(default=True, description="Leave out what is not speech beforehand.")
    prompt: str = Field("", max_length=TEXT_OPTION_CHARS)
    hotwords: str = Field("", max_length=TEXT_OPTION_CHARS)
    temperature: float = Field(0, ge=0, le=1)
    no_speech_threshold: float = Field(
        0.6, ge=0, le=1, description="More probably silence than this, and unsure: no text."
    )
    log_prob_threshold: float = Field(-1, ge=-10, le=0, description="Below it, text is unsure.")
    compression_ratio_threshold: float = Field(
        2.4, ge=1, le=100, description="Above it, text repeats itself and is heard again."
    )
    suppress_numerals: bool = Field(default=False, description="Numbers as words, not as digits.")
    channel: Literal["mix", "left", "right"] = "mix"
    highpass: bool = Field(default=False, description="Take away rumble and hum.")
    denoise: bool = Field(default=False, description="Take away steady noise.")
    normalize: bool = Field(default=False, description="Bring it all to one loudness.")
    priority: int = Field(
        0,
        ge=-HIGHEST_PRIORITY,
        le=HIGHEST_PRIORITY,
        description="A higher one goes first. How high it may be depends on the key: by default 0, "
        "and 10 without keys.",
    )
    user_id: str = Field("", max_length=USER_ID_CHARS, description="Passed on to Convex.")
    name: str = Field(
        "", max_length=NAME_CHARS, description="What lists show; the file's name if left out."
    )
    callback_url: str = Field("", description="Called when the job has ended.")


class TranscribedShape(ResultShape):
    model_config = example({"job_id": JOB_ID, **RESULT})

    job_id: str


def form() -> dict[str, Any]:
    """For `openapi_extra=`: a form with the recording in it, or with its address."""
    properties = {
        "file": {**_RECORDING, "description": "The recording. One a request."},
        "url": {
            "type": "string",
            "description": "Instead of `file`, where the service fetches recordings.",
        },
        **FieldsShape.model_json_schema()["properties"],
    }
    schema = {"type": "object", "properties": properties}
    content = {"multipart/form-data": {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}}


def body() -> dict[str, Any]:
    """For `openapi_extra=`: the recording as the body, and the fields in the query."""
    parameters = [
        {"name": "filename", "in": "query", "schema": {"type": "string"}},
        *(
            {"name": name, "in": "query", "schema": schema}
            for name, schema in FieldsShape.model_json_schema()["properties"].items()
        ),
    ]
    content = {"application/octet-stream": {"schema": _RECORDING}}
    return {"parameters": parameters, "requestBody": {"required": True, "content": content}}
