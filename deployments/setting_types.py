"""The types of settings: how a value is read and checked, and what is accepted, in words."""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, InstanceOf, SecretStr
from pydantic_settings import NoDecode

from retender.errors import InvalidOption
from retender.outbound.webhook_messages import decode_secret
from retender.transcript.languages import LANGUAGES
from serve_app.access.api_keys import Key, listed
from serve_app.limits import HIGHEST_PRIORITY

Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]
Priority = Annotated[int, Field(ge=-HIGHEST_PRIORITY, le=HIGHEST_PRIORITY)]


@dataclass(frozen=True)
class Accepts:
    """What a setting accepts, in words, where its type does not say so."""

    values: str


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _listed(part: str) -> Key:
    try:
        return listed(part)
    except InvalidOption as error:
        raise ValueError(error.message) from None


def _origin(part: str) -> str:
    if part != "*" and not re.fullmatch(r"[a-z][a-z0-9+.-]*://[^/?#@\s]+/?", part):
        raise ValueError(f"{part} is no origin such as https://example.org, nor *")
    return part.rstrip("/")


def _address(part: str) -> str:
    if part != "*":
        ipaddress.ip_network(part, strict=False)
    return part


def _host(part: str) -> str:
    if part != "*" and not re.fullmatch(r"(\*\.)?[\w-]+(\.[\w-]+)*", part):
        raise ValueError(f"{part} is no name such as stt.example.org or *.example.org, nor *")
    return part.lower()


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


def _otlp_headers(text: str) -> str:
    if not all(re.fullmatch(r"\s*[\w-]+=[^\n,]*", part) for part in text.split(",") if part):
        raise ValueError("headers are written name=value, with commas between them")
    return text


def _each(read: Callable[[str], Any]) -> BeforeValidator:
    return BeforeValidator(lambda text: tuple(map(read, _parts(text))))


BaseUrl = Annotated[
    str,
    Field(pattern=r"^https?://[^/?#@\s]+(/[^?#\s]*)?$"),
    Accepts("an address: `https://example.org`"),
]
ProxyUrl = Annotated[str, BeforeValidator(_proxy), Accepts("`http://host:port`")]
DatabaseUrl = Annotated[
    SecretStr, BeforeValidator(_database), Accepts("`postgresql://user:password@host:5432/name`")
]
BearerKey = Annotated[SecretStr, BeforeValidator(_bearer), Accepts("ASCII without spaces")]
OtlpHeaders = Annotated[
    SecretStr, BeforeValidator(_otlp_headers), Accepts("`name=value` with commas between them")
]
CollectorUrl = Annotated[
    str,
    Field(pattern=r"^(https?://[^?#\s]+)?$"),
    Accepts("an address: `https://collector.example.org:4318`"),
]
PublicUrl = Annotated[
    str,
    Field(pattern=r"^(https?://[^?#\s]+)?$"),
    Accepts("an address: `https://stt.example.org`"),
]
ConvexUrl = Annotated[
    str,
    Field(pattern=r"^(https?://[^/?#@\s]+(/[^?#\s]*)?)?$"),
    Accepts("an address: `https://your-deployment-123.convex.site`"),
]
ObjectsUrl = Annotated[str, BeforeValidator(_objects), Accepts("`s3://bucket/folder`")]
Languages = Annotated[
    tuple[str, ...],
    NoDecode,
    _each(_language),
    Accepts("codes of languages with commas between them: `es,en`"),
]
Origins = Annotated[
    tuple[str, ...],
    NoDecode,
    _each(_origin),
    Accepts("origins with commas between them: `https://example.org`, `app://obsidian.md`; or `*`"),
]
Addresses = Annotated[
    tuple[str, ...],
    NoDecode,
    _each(_address),
    Accepts("addresses or networks with commas between them: `10.0.0.0/8`; or `*`"),
]
Hosts = Annotated[
    tuple[str, ...],
    NoDecode,
    _each(_host),
    Accepts("names with commas between them: `stt.example.org`, `*.example.org`; or `*`"),
]
WebhookSecrets = Annotated[
    tuple[str, ...],
    NoDecode,
    _each(_secret),
    Field(max_length=2),
    Accepts("`whsec_` and the base64 of 24 to 64 bytes; two with a comma between them"),
]
ApiKeys = Annotated[
    tuple[InstanceOf[Key], ...],
    NoDecode,
    _each(_listed),
    Accepts("keys of 24 characters or more, with commas between them"),
]
