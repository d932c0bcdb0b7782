"""All settings, read once at the start: from the environment, then from `.env`.

A bad value or an unknown `RETENDER_…` name stops the start with a sentence that says what is
right: a misspelt setting must not be ignored.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from dotenv import dotenv_values
from pydantic import BeforeValidator, Field, InstanceOf, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from retender.errors import InvalidOption
from retender.outbound.webhook_messages import decode_secret
from retender.problem import Problem
from retender.transcript.languages import LANGUAGES
from serve_app.access.api_keys import Key, listed

PREFIX = "RETENDER_"

Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]

SECRETS = frozenset(
    {
        *("RETENDER_API_KEYS", "RETENDER_WEBHOOK_SECRET", "RETENDER_KEY"),
        *("RETENDER_DATABASE_URL", "RETENDER_BLOBS_URL"),
        *("HF_TOKEN", "GROQ_API_KEY", "CONVEX_API_KEY", "HTTPS_PROXY"),
    }
)
"""Values that are never shown, not even in the message about a bad value."""


MAY_BE_EMPTY = frozenset({"RETENDER_FALLBACK_MODEL"})
"""Settings whose empty value means something; all others have their default then."""


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _listed(part: str) -> Key:
    try:
        return listed(part)
    except InvalidOption as error:
        raise ValueError(error.message) from None


def _origin(part: str) -> str:
    if part != "*" and not re.fullmatch(r"https?://[^/?#@\s]+/?", part):
        raise ValueError(f"{part} is no origin such as https://example.org, nor *")
    return part.rstrip("/")


def _address(part: str) -> str:
    if part != "*":
        ipaddress.ip_network(part, strict=False)
    return part


def _language(part: str) -> str:
    code = part.lower()
    if code not in LANGUAGES:
        near = difflib.get_close_matches(code, LANGUAGES, n=1, cutoff=0.0)[0]
        raise ValueError(f"{part} is no code of a language, such as es; the nearest is {near}")
    return code


def _proxy(text: str) -> str:
    """The scheme may be missing."""
    whole = text if "://" in text or not text else f"http://{text}"
    if whole and not re.fullmatch(r"https?://[^/?#\s]*[^/?#\s@]/?", whole):
        raise ValueError("a proxy is written http://host:port")
    return whole


def _objects(text: str) -> str:
    if text and not re.fullmatch(r"[a-z][a-z0-9+]*://[^?#@\s]*", text):
        raise ValueError("a store is written s3://bucket/folder; credentials come from elsewhere")
    return text.rstrip("/")


def _secret(part: str) -> str:
    decode_secret(part)
    return part


def _bearer(text: str) -> str:
    if not re.fullmatch(r"[!-~]*", text):
        raise ValueError("a key has no spaces, and only letters of ASCII")
    return text


def _database(text: str) -> str:
    if not re.fullmatch(r"(postgres(ql)?://\S+)?", text):
        raise ValueError("a database is written postgresql://user:password@host:5432/name")
    return text


def _each(read: Callable[[str], Any]) -> BeforeValidator:
    return BeforeValidator(lambda text: tuple(map(read, _parts(text))))


BaseUrl = Annotated[str, Field(pattern=r"^https?://[^/?#@\s]+(/[^?#\s]*)?$")]
ProxyUrl = Annotated[str, BeforeValidator(_proxy)]
DatabaseUrl = Annotated[SecretStr, BeforeValidator(_database)]
BearerKey = Annotated[SecretStr, BeforeValidator(_bearer)]
PublicUrl = Annotated[str, Field(pattern=r"^(https?://[^?#\s]+)?$")]
ConvexUrl = Annotated[str, Field(pattern=r"^(https?://[^/?#@\s]+(/[^?#\s]*)?)?$")]
ObjectsUrl = Annotated[str, BeforeValidator(_objects)]
Languages = Annotated[tuple[str, ...], NoDecode, _each(_language)]
Origins = Annotated[tuple[str, ...], NoDecode, _each(_origin)]
Addresses = Annotated[tuple[str, ...], NoDecode, _each(_address)]
WebhookSecrets = Annotated[tuple[str, ...], NoDecode, _each(_secret), Field(max_length=2)]
ApiKeys = Annotated[tuple[InstanceOf[Key], ...], NoDecode, _each(_listed)]


class BadSetting(Exception):
    """Sentences for the person who starts the service: what is wrong and, if known, what to do."""

    def __init__(self, found: str, advice: str = "") -> None:
        super().__init__(Problem(found, advice) if advice else found)
        self.found = found
        self.advice = advice


def _named(name: str, default: Any) -> Any:
    return Field(default=default, validation_alias=name, repr=name not in SECRETS)


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    profile: Literal["auto", "local", "ray"] = _named("RETENDER_PROFILE", "auto")
    host: str = _named("HOST", "127.0.0.1")
    port: Annotated[int, Field(ge=0, le=65_535)] = _named("PORT", 8000)
    max_file_mb: Positive = _named("MAX_FILE_SIZE_MB", 25.0)
    websocket_ping_interval: Positive = _named("WEBSOCKET_PING_INTERVAL", 30.0)
    websocket_timeout: Positive = _named("WEBSOCKET_TIMEOUT", 300.0)
    cors_origins: Origins = _named("CORS_ORIGINS", "")
    trusted_proxies: Addresses = _named("RETENDER_TRUSTED_PROXIES", "127.0.0.1")
    api_keys: ApiKeys = _named("RETENDER_API_KEYS", "")
    rate_limit: Annotated[int, Field(ge=0)] = _named("RETENDER_RATE_LIMIT", 0)
    data_dir: Path = _named("RETENDER_DATA_DIR", Path("data"))
    database_url: DatabaseUrl = _named("RETENDER_DATABASE_URL", "")
    blobs_url: ObjectsUrl = _named("RETENDER_BLOBS_URL", "")
    copies_gb: Positive = _named("RETENDER_COPIES_GB", 20.0)
    webhook_secrets: WebhookSecrets = _named("RETENDER_WEBHOOK_SECRET", "")
    callback_private: bool = _named("RETENDER_CALLBACK_PRIVATE", default=False)
    public_url: PublicUrl = _named("RETENDER_PUBLIC_URL", "")
    language: Literal["es", "en"] = _named("RETENDER_LANGUAGE", "es")
    languages: Languages = _named("RETENDER_LANGUAGES", "")
    default_model: str = _named("DEFAULT_MODEL", "medium")
    fallback_model: str = _named("RETENDER_FALLBACK_MODEL", "base")
    offline: bool = _named("RETENDER_OFFLINE", default=False)
    any_model: bool = _named("RETENDER_ANY_MODEL", default=False)
    model_ttl_seconds: Positive = _named("MODEL_TTL_SECONDS", 600.0)
    device: Literal["auto", "cpu", "cuda"] = _named("RETENDER_DEVICE", "auto")
    precision: Literal["auto", "int8", "int8_float16", "float16", "float32"] = _named(
        "RETENDER_PRECISION", "auto"
    )
    hub_url: Annotated[str, Field(pattern=r"^https?://[^\s]+$")] = _named(
        "HF_ENDPOINT", "https://huggingface.co"
    )
    hub_token: str = _named("HF_TOKEN", "")
    hub_home: Path = _named("HF_HOME", Path.home() / ".cache" / "huggingface")
    hub_cache: Path | None = _named("HF_HUB_CACHE", None)
    proxy: ProxyUrl = _named("HTTPS_PROXY", "")
    groq_api_key: BearerKey = _named("GROQ_API_KEY", "")
    groq_base_url: BaseUrl = _named("GROQ_BASE_URL", "https://api.groq.com")
    groq_model: str = _named("GROQ_MODEL", "whisper-large-v3-turbo")
    groq_requests_per_minute: Count = _named("GROQ_REQUESTS_PER_MINUTE", 20)
    groq_requests_per_day: Count = _named("GROQ_REQUESTS_PER_DAY", 2000)
    groq_audio_per_hour: Count = _named("GROQ_AUDIO_SECONDS_PER_HOUR", 7200)
    groq_audio_per_day: Count = _named("GROQ_AUDIO_SECONDS_PER_DAY", 28_800)
    spill_after: Positive | None = _named("RETENDER_SPILL_AFTER_SECONDS", None)
    max_audio_seconds: Positive = _named("MAX_AUDIO_SECONDS", 36_000.0)
    max_concurrent_jobs: Count = _named("MAX_CONCURRENT_JOBS", 3)
    max_queue: Count = _named("MAX_QUEUE", 1000)
    max_retries: Count = _named("MAX_RETRIES", 3)
    url_input: bool = _named("RETENDER_URL_INPUT", default=False)
    upload_days: Positive = _named("RETENDER_UPLOAD_DAYS", 1.0)
    audio_days: Positive = _named("RETENDER_AUDIO_DAYS", 7.0)
    job_days: Positive = _named("RETENDER_JOB_DAYS", 30.0)
    grace_seconds: Positive = _named("RETENDER_GRACE_SECONDS", 30.0)
    convex_url: ConvexUrl = _named("CONVEX_URL", "")
    convex_api_key: BearerKey = _named("CONVEX_API_KEY", "")
    server: PublicUrl = _named("RETENDER_SERVER", "")
    key: BearerKey = _named("RETENDER_KEY", "")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _named("LOG_LEVEL", "INFO")
    log_format: Literal["auto", "human", "json"] = _named("LOG_FORMAT", "auto")


def names() -> dict[str, str]:
    """The field of each setting, by its name in the environment."""
    return {str(field.validation_alias): name for name, field in Settings.model_fields.items()}


def read(environment: Mapping[str, str] | None = None, env_file: Path = Path(".env")) -> Settings:
    """Read all settings. The environment overrides the file."""
    values = {key: value for key, value in dotenv_values(env_file).items() if value is not None}
    values.update(os.environ if environment is None else environment)
    _refuse_unknown(values)
    given = (name for name in names() if name in values)
    known = {name: values[name] for name in given if values[name] != "" or name in MAY_BE_EMPTY}
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
    value = "a secret" if name in SECRETS else repr(known[name])
    return f"{name} is set to {value}, which is not right: {first['msg']}."
