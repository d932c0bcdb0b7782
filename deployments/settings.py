"""All settings, read once at the start: from the environment, then from `.env`.

A bad value or an unknown `RETENDER_…` name stops the start with a sentence that says what is
right: a misspelt setting must not be ignored.
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

from deployments.setting_types import (
    Addresses,
    ApiKeys,
    BaseUrl,
    BearerKey,
    CollectorUrl,
    ConvexUrl,
    Count,
    DatabaseUrl,
    Hosts,
    Languages,
    ObjectsUrl,
    Origins,
    OtlpHeaders,
    Positive,
    Priority,
    ProxyUrl,
    PublicUrl,
    WebhookSecrets,
)
from retender.problem import Problem

PREFIX = "RETENDER_"

SECRETS = frozenset(
    {
        *("RETENDER_API_KEYS", "RETENDER_WEBHOOK_SECRET", "RETENDER_KEY"),
        *("RETENDER_DATABASE_URL", "RETENDER_BLOBS_URL"),
        *("HF_TOKEN", "GROQ_API_KEY", "CONVEX_API_KEY", "HTTPS_PROXY"),
        "OTEL_EXPORTER_OTLP_HEADERS",
    }
)
"""Values that are never shown, not even in the message about a bad value."""


MAY_BE_EMPTY = frozenset({"RETENDER_FALLBACK_MODEL"})
"""Settings whose empty value means something; all others have their default then."""


class BadSetting(Exception):
    """Sentences for the person who starts the service: what is wrong and, if known, what to do."""

    def __init__(self, found: str, advice: str = "") -> None:
        super().__init__(Problem(found, advice) if advice else found)
        self.found = found
        self.advice = advice


def _named(name: str, default: Any) -> Any:
    return Field(default=default, validation_alias=name, repr=name not in SECRETS)


class Settings(BaseSettings):
    """Each setting is described below it: `make docs-settings` makes docs/reference/settings.md."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    profile: Literal["auto", "local", "koyeb", "ray"] = _named("RETENDER_PROFILE", "auto")
    """Where the actors run: `local` is one process, `koyeb` one process on a small instance where
    Groq recognises speech ([On Koyeb](../../deployments/koyeb/README.md)), `ray` a Ray cluster
    ([On Ray](../ray.md)).
    `auto` is `ray` if Ray is installed, and the machine has 4 GB of free memory or `RAY_ADDRESS`
    names a cluster; otherwise `local`."""
    host: str = _named("HOST", "127.0.0.1")
    """The address on which the service listens. `0.0.0.0` lets other machines connect."""
    port: Annotated[int, Field(ge=0, le=65_535)] = _named("PORT", 8000)
    """The port on which the service listens. 0 takes a free one."""
    max_file_mb: Positive = _named("MAX_FILE_SIZE_MB", 25.0)
    """Megabytes (MiB) of an upload. Larger ones are refused; several gigabytes are possible."""
    websocket_ping_interval: Positive = _named("WEBSOCKET_PING_INTERVAL", 30.0)
    """Seconds between two pings to a WebSocket client."""
    websocket_timeout: Positive = _named("WEBSOCKET_TIMEOUT", 300.0)
    """A WebSocket client that sends nothing for this many seconds is disconnected."""
    cors_origins: Origins = _named("CORS_ORIGINS", "")
    """Origins whose pages may use the service."""
    trusted_hosts: Hosts = _named("RETENDER_TRUSTED_HOSTS", "")
    """Names under which browsers reach this service where it has no keys, beside that of
    `RETENDER_PUBLIC_URL`. Addresses, `localhost` and names of private networks need not be listed.
    Under any other name it refuses: a page of the internet could let its name point here."""
    trusted_proxies: Addresses = _named("RETENDER_TRUSTED_PROXIES", "127.0.0.1")
    """Proxies whose `X-Forwarded-For` gives the address of a caller."""
    api_keys: ApiKeys = _named("RETENDER_API_KEYS", "")
    """API keys in addition to those made with `retender keys`. `admin:` before a key makes it an
    admin's key. Without any key everybody may use the service."""
    rate_limit: Annotated[int, Field(ge=0)] = _named("RETENDER_RATE_LIMIT", 0)
    """Submissions a minute of one caller. 0 is no limit."""
    shared_cache: bool = _named("RETENDER_SHARED_CACHE", default=False)
    """A result that is there already answers the same recording of any caller, not only of its
    owner. It saves work, and tells callers that somebody has had the recording before."""
    priority_max: Priority | None = _named("RETENDER_PRIORITY_MAX", None)
    """The highest priority that callers may give their jobs, if their key does not say
    (`retender keys create --priority-max`). Without a value it is 10 where there are no keys and
    for admins, and 0 for all other keys."""
    data_dir: Path = _named("RETENDER_DATA_DIR", Path("data"))
    """The folder of the journal, the recordings, the models and the keys."""
    database_url: DatabaseUrl = _named("RETENDER_DATABASE_URL", "")
    """The PostgreSQL database of the journal; without it the journal is a file in the data folder.
    Needs `pip install 'retender[postgres]'`."""
    blobs_url: ObjectsUrl = _named("RETENDER_BLOBS_URL", "")
    """The object store of recordings, for machines that share no folder. Needs
    `pip install 'retender[objects]'` and the store's own package, such as `s3fs`. Credentials come
    from the variables of the store's own tools, such as `AWS_ACCESS_KEY_ID`,
    `AWS_SECRET_ACCESS_KEY` and `AWS_ENDPOINT_URL`."""
    copies_gb: Positive = _named("RETENDER_COPIES_GB", 20.0)
    """Gigabytes of the object store of which each machine keeps copies, in its data folder."""
    webhook_secrets: WebhookSecrets = _named("RETENDER_WEBHOOK_SECRET", "")
    """The secret that signs webhooks, or the new and the old one while you change it. Without it,
    one is made in the data folder."""
    callback_private: bool = _named("RETENDER_CALLBACK_PRIVATE", default=False)
    """Webhooks may go to private addresses, by `http`, and to any port."""
    public_url: PublicUrl = _named("RETENDER_PUBLIC_URL", "")
    """The address at which others reach this service; links in webhooks begin with it."""
    language: Literal["es", "en"] = _named("RETENDER_LANGUAGE", "es")
    """The language of messages, if a client does not ask for one."""
    languages: Languages = _named("RETENDER_LANGUAGES", "")
    """The languages of your recordings: `language=auto` chooses among these, if a job does not list
    others. Without a value it chooses among all."""
    default_model: str = _named("DEFAULT_MODEL", "medium")
    """The model of jobs that name none. `digits` is part of Retender and needs no download;
    `retender models list` shows the others."""
    fallback_model: str = _named("RETENDER_FALLBACK_MODEL", "base")
    """The model of those jobs if the default model cannot be had, unless a better one is on this
    machine. Set to nothing, they fail ([Models](../models.md))."""
    offline: bool = _named("RETENDER_OFFLINE", default=False)
    """Never download a model."""
    any_model: bool = _named("RETENDER_ANY_MODEL", default=False)
    """Callers may name any repository of the model hub as their model."""
    model_ttl_seconds: Positive = _named("MODEL_TTL_SECONDS", 600.0)
    """A model that nobody used for this many seconds is unloaded."""
    device: Literal["auto", "cpu", "cuda"] = _named("RETENDER_DEVICE", "auto")
    """Where models compute. `auto` is a GPU if one can be used."""
    precision: Literal["auto", "int8", "int8_float16", "float16", "float32"] = _named(
        "RETENDER_PRECISION", "auto"
    )
    """The precision of computing. `auto` is `int8` on a CPU and `float16` on a GPU."""
    hub_url: Annotated[str, Field(pattern=r"^https?://[^\s]+$")] = _named(
        "HF_ENDPOINT", "https://huggingface.co"
    )
    """The hub from which models are downloaded."""
    hub_token: str = _named("HF_TOKEN", "")
    """Your token at the model hub, for models that require one."""
    hub_home: Path = _named("HF_HOME", Path.home() / ".cache" / "huggingface")
    """The folder of the programs that use the hub."""
    hub_cache: Path | None = _named("HF_HUB_CACHE", None)
    """The folder of models that other programs have downloaded from the hub; without a value, `hub`
    in `HF_HOME`. Models are looked for here first."""
    proxy: ProxyUrl = _named("HTTPS_PROXY", "")
    """The proxy for requests to the model hub, Groq and Convex. `NO_PROXY` lists the hosts that are
    reached without it."""
    groq_api_key: BearerKey = _named("GROQ_API_KEY", "")
    """With this key Groq is an engine of the service: for jobs that ask for `groq`, or for all jobs
    if this machine recognises no speech."""
    groq_base_url: BaseUrl = _named("GROQ_BASE_URL", "https://api.groq.com")
    """The address of Groq, or of a service with the same interface."""
    groq_model: str = _named("GROQ_MODEL", "whisper-large-v3-turbo")
    """The model that Groq uses for jobs that name none of its models."""
    groq_requests_per_minute: Count = _named("GROQ_REQUESTS_PER_MINUTE", 20)
    """Your account's limit at Groq: requests a minute. The service stays below it."""
    groq_requests_per_day: Count = _named("GROQ_REQUESTS_PER_DAY", 2000)
    """Your account's limit at Groq: requests a day."""
    groq_audio_per_hour: Count = _named("GROQ_AUDIO_SECONDS_PER_HOUR", 7200)
    """Your account's limit at Groq: seconds of audio an hour."""
    groq_audio_per_day: Count = _named("GROQ_AUDIO_SECONDS_PER_DAY", 28_800)
    """Your account's limit at Groq: seconds of audio a day."""
    groq_longest_wait: Positive | None = _named("GROQ_LONGEST_WAIT_SECONDS", None)
    """A job that would have to wait longer than this for Groq's limits fails at once, and says when
    there is room again. Without a value jobs wait, however long it takes: if the limits of a day
    are used up, up to a day."""
    spill_after: Positive | None = _named("RETENDER_SPILL_AFTER_SECONDS", None)
    """A job that names neither engine nor model goes to Groq if it would have to wait here for this
    many seconds. Without a value it never does."""
    max_audio_seconds: Positive = _named("MAX_AUDIO_SECONDS", 36_000.0)
    """Seconds of audio in one recording. Longer recordings are refused."""
    max_concurrent_jobs: Count = _named("MAX_CONCURRENT_JOBS", 3)
    """The most pieces that this machine works on at a time; never more than it has cores. In the
    profile `koyeb`: requests to Groq at a time, by default as many as fit the instance."""
    max_queue: Count = _named("MAX_QUEUE", 1000)
    """Jobs that may wait. Further submissions are refused with 429 and a retry time."""
    max_retries: Count = _named("MAX_RETRIES", 3)
    """Attempts at a piece of a job before it fails."""
    url_input: bool = _named("RETENDER_URL_INPUT", default=False)
    """Callers may name a `url`, and the service fetches the recording: by `https`, from public
    addresses."""
    mcp: bool = _named("RETENDER_MCP", default=False)
    """Assistants may use the service at `/mcp`, by the Model Context Protocol
    ([how](../how-to/assistants.md)). Needs `pip install 'retender[mcp]'`."""
    upload_days: Positive = _named("RETENDER_UPLOAD_DAYS", 1.0)
    """A resumable upload that is not finished after this many days is deleted; its job fails."""
    audio_days: Positive = _named("RETENDER_AUDIO_DAYS", 7.0)
    """Days for which the recording of a finished job is kept."""
    job_days: Positive = _named("RETENDER_JOB_DAYS", 30.0)
    """Days for which a finished job and its transcript are kept."""
    grace_seconds: Positive = _named("RETENDER_GRACE_SECONDS", 30.0)
    """Seconds that a stop waits for the pieces that are being worked on."""
    convex_url: ConvexUrl = _named("CONVEX_URL", "")
    """The address of the HTTP actions of the [Convex database](../convex.md) that jobs are synced
    to."""
    convex_api_key: BearerKey = _named("CONVEX_API_KEY", "")
    """The key for that database; there it is `RETENDER_API_KEY`."""
    traces_endpoint: CollectorUrl = _named("OTEL_EXPORTER_OTLP_ENDPOINT", "")
    """The collector of [traces](../how-to/traces.md), which speaks OTLP over HTTP. Needs
    `pip install 'retender[otel]'`."""
    traces_headers: OtlpHeaders = _named("OTEL_EXPORTER_OTLP_HEADERS", "")
    """Headers for the collector, such as the key of a hosted one."""
    traces_service: str = _named("OTEL_SERVICE_NAME", "retender")
    """The name of this service in traces."""
    server: PublicUrl = _named("RETENDER_SERVER", "")
    """For the commands: the service that they talk to."""
    key: BearerKey = _named("RETENDER_KEY", "")
    """For the commands: the API key that they send."""
    browser: Literal["auto", "never"] = _named("RETENDER_BROWSER", "auto")
    """`auto`: `retender serve` opens the page, if it is started on a terminal of a desktop."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _named("LOG_LEVEL", "INFO")
    """The least important lines that are logged."""
    log_format: Literal["auto", "human", "json"] = _named("LOG_FORMAT", "auto")
    """The format of log lines. `auto` is `human` on a terminal and `json` otherwise."""


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
