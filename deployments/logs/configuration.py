"""Logging: readable lines on a terminal, else one JSON object a line.

Log records of libraries take the same way. Keys and tokens are redacted from every line, although
no code should put them there.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from loguru import logger

from deployments.logs.writer import LogWriter

if TYPE_CHECKING:
    from loguru import Message, Record

HUMAN: Final = (
    "<dim>{time:HH:mm:ss.SSS}</dim> <level>{level: <7}</level> {message} <dim>{extra}</dim>"
)

_SECRETS: Final = re.compile(
    r"(rt_[0-9a-f]{12}_|gsk_|hf_|whsec_|sk-|(?i:bearer\s+))[A-Za-z0-9._~+/=-]{8,}"
)

LEFT_OUT: Final = "here {} lines of the log are left out: nobody read them"

VERBOSE_LIBRARIES: Final = ("httpcore", "httpx", "uvicorn.access", "websockets")
"""Libraries that log every request with its address: only their warnings are kept."""


def resolve_style(style: str) -> str:
    """`human` or `json`; `auto` is human on a terminal."""
    if style != "auto":
        return style
    return "human" if sys.stderr.isatty() else "json"


def configure(level: str, style: str) -> LogWriter:
    """Set up loguru and logging. Returns the writer, for flushing at the end."""
    human = resolve_style(style) == "human"
    logger.remove()
    logger.configure(patcher=_redact_record)
    if human:
        colours = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
        sink = _Sink(_human_line, _human_left_out)
        logger.add(sink, level=level, format=_human_format, diagnose=False, colorize=colours)
    else:
        sink = _Sink(_json_line, _json_left_out)
        logger.add(sink, level=level, format="{message}", diagnose=False)
    _capture_libraries(level)
    return sink.lines


def redact(text: str) -> str:
    return _SECRETS.sub(lambda found: f"{found.group(1)}…", text)


class LibraryHandler(logging.Handler):
    """Passes records of the standard `logging` to loguru."""

    def emit(self, record: logging.LogRecord) -> None:
        def sign(ours: Record) -> None:
            ours["name"] = record.name

        theirs = logger.patch(sign).opt(exception=record.exc_info)
        theirs.log(_level(record), "{}", record.getMessage())


def _level(record: logging.LogRecord) -> str | int:
    try:
        return logger.level(record.levelname).name
    except ValueError:
        return record.levelno


def _capture_libraries(level: str) -> None:
    libraries = logging.DEBUG if level == "DEBUG" else logging.WARNING
    logging.basicConfig(handlers=[LibraryHandler()], level=libraries, force=True)
    for name in VERBOSE_LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)


def _redact_record(record: Record) -> None:
    record["message"] = redact(record["message"])
    extra = record["extra"]
    for name, value in extra.items():
        if isinstance(value, str):
            extra[name] = redact(value)


def _human_format(record: Record) -> str:
    """The format without empty parts."""
    shown = HUMAN if record["extra"] else HUMAN.removesuffix(" <dim>{extra}</dim>")
    return f"{shown}\n{{exception}}" if record["exception"] is not None else f"{shown}\n"


class _Sink:
    """Passes each line on to a `LogWriter`."""

    def __init__(self, line: Callable[[Message], str], left_out: Callable[[int], str]) -> None:
        self.lines = LogWriter(left_out)
        self._line = line

    def write(self, message: Message) -> None:
        self.lines.put(self._line(message))

    def stop(self) -> None:
        self.lines.stop()


def _human_line(message: Message) -> str:
    """Redacts the traceback too, which loguru appends after the message was patched."""
    return redact(message)


def _human_left_out(number: int) -> str:
    return f"{LEFT_OUT.format(number)}\n"


def _json_line(message: Message) -> str:
    record = message.record
    line = {
        "time": _time(record["time"]),
        "level": record["level"].name,
        "where": record["name"],
        "message": record["message"],
        **{name: value for name, value in record["extra"].items() if value is not None},
    }
    if (exception := record["exception"]) is not None and exception.value is not None:
        line["exception"] = redact(repr(exception.value))
        line["trace"] = redact("".join(traceback.format_exception(exception.value)))
    return f"{json.dumps(line, default=str, ensure_ascii=False)}\n"


def _json_left_out(number: int) -> str:
    line = {
        "time": _time(datetime.now(UTC)),
        "level": "WARNING",
        "where": __name__,
        "message": LEFT_OUT.format(number),
    }
    return f"{json.dumps(line)}\n"


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")
