"""All that can be set from outside, read once, at the start: the environment, then `.env`.

A bad value or an unknown `RETENDER_…` name stops the start with a sentence that says what is
right; a setting that is misspelt and ignored is worse than none.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from dotenv import dotenv_values
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "RETENDER_"

Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


class BadSetting(Exception):
    """A sentence for the person who starts the service."""


def _named(name: str, default: Any) -> Any:
    return Field(default=default, validation_alias=name)


class Settings(BaseSettings):
    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    profile: Literal["auto", "local"] = _named("RETENDER_PROFILE", "auto")
    host: str = _named("HOST", "127.0.0.1")
    port: Annotated[int, Field(ge=0, le=65_535)] = _named("PORT", 8000)
    max_file_mb: Positive = _named("MAX_FILE_SIZE_MB", 25.0)
    websocket_ping_interval: Positive = _named("WEBSOCKET_PING_INTERVAL", 30.0)
    websocket_timeout: Positive = _named("WEBSOCKET_TIMEOUT", 300.0)
    data_dir: Path = _named("RETENDER_DATA_DIR", Path("data"))
    language: Literal["es", "en"] = _named("RETENDER_LANGUAGE", "es")
    default_model: str = _named("DEFAULT_MODEL", "medium")
    offline: bool = _named("RETENDER_OFFLINE", default=False)
    max_audio_seconds: Positive = _named("MAX_AUDIO_SECONDS", 36_000.0)
    max_concurrent_jobs: Count = _named("MAX_CONCURRENT_JOBS", 3)
    max_queue: Count = _named("MAX_QUEUE", 1000)
    max_retries: Count = _named("MAX_RETRIES", 3)
    upload_days: Positive = _named("RETENDER_UPLOAD_DAYS", 1.0)
    audio_days: Positive = _named("RETENDER_AUDIO_DAYS", 7.0)
    job_days: Positive = _named("RETENDER_JOB_DAYS", 30.0)
    grace_seconds: Positive = _named("RETENDER_GRACE_SECONDS", 30.0)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _named("LOG_LEVEL", "INFO")
    log_format: Literal["auto", "human", "json"] = _named("LOG_FORMAT", "auto")


def names() -> dict[str, str]:
    """Each setting's field by the name it has outside."""
    return {str(field.validation_alias): name for name, field in Settings.model_fields.items()}


def read(environment: Mapping[str, str] | None = None, env_file: Path = Path(".env")) -> Settings:
    """The settings in force. The environment goes before the file."""
    values = {key: value for key, value in dotenv_values(env_file).items() if value is not None}
    values.update(os.environ if environment is None else environment)
    _refuse_unknown(values)
    known = {name: values[name] for name in names() if values.get(name, "") != ""}
    try:
        return Settings.model_validate(known)
    except ValidationError as error:
        raise BadSetting(_sentence(error, known)) from error


def _refuse_unknown(values: Mapping[str, str]) -> None:
    for name in sorted(values):
        if name.startswith(PREFIX) and name not in names():
            near = difflib.get_close_matches(name, names(), n=1, cutoff=0.0)[0]
            raise BadSetting(f"There is no setting {name}. The nearest is {near}.")


def _sentence(error: ValidationError, known: Mapping[str, str]) -> str:
    first = error.errors()[0]
    name = str(first["loc"][0])
    return f"{name} is set to {known[name]!r}, which is not right: {first['msg']}."
