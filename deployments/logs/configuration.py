"""How the service logs: for a person on a terminal, one JSON object a line otherwise.

What libraries log by themselves comes out the same way. Keys and tokens are struck out of messages
all the same: nobody should put them into a line, and nobody has to rely on that.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import traceback
from abc import ABC, abstractmethod
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

TALKATIVE: Final = ("httpcore", "httpx", "uvicorn.access", "websockets")
"""Libraries that tell of each request, with its address: heard only when something is wrong."""


def settled(style: str) -> str:
    """`human`, `json`, or what `auto` comes to in this process: human where someone watches."""
    if style != "auto":
        return style
    return "human" if sys.stderr.isatty() else "json"


def configure(level: str, style: str) -> LogWriter:
    """`style` as above. Returns what has not been written yet."""
    human = settled(style) == "human"
    logger.remove()
    logger.configure(patcher=_strike_out)
    if human:
        colours = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
        people = _ForPeople()
        logger.add(people, level=level, format=_for_people, diagnose=False, colorize=colours)
        lines = people.lines
    else:
        programs = _ForPrograms()
        logger.add(programs, level=level, format="{message}", diagnose=False)
        lines = programs.lines
    _take_over(level)
    return lines


def struck_out(text: str) -> str:
    return _SECRETS.sub(lambda found: f"{found.group(1)}…", text)


class FromLibraries(logging.Handler):
    """Hands on what is logged the standard way."""

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


def _take_over(level: str) -> None:
    libraries = logging.DEBUG if level == "DEBUG" else logging.WARNING
    logging.basicConfig(handlers=[FromLibraries()], level=libraries, force=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def _strike_out(record: Record) -> None:
    record["message"] = struck_out(record["message"])
    extra = record["extra"]
    for name, value in extra.items():
        if isinstance(value, str):
            extra[name] = struck_out(value)


def _for_people(record: Record) -> str:
    """Only what is there is shown."""
    shown = HUMAN if record["extra"] else HUMAN.removesuffix(" <dim>{extra}</dim>")
    return f"{shown}\n{{exception}}" if record["exception"] is not None else f"{shown}\n"


class _Sink(ABC):
    def __init__(self) -> None:
        self.lines = LogWriter(self.left_out)

    def write(self, message: Message) -> None:
        self.lines.put(self.line(message))

    def stop(self) -> None:
        self.lines.stop()

    @abstractmethod
    def line(self, message: Message) -> str: ...

    @abstractmethod
    def left_out(self, number: int) -> str: ...


class _ForPeople(_Sink):
    def line(self, message: Message) -> str:
        """What an exception says of itself, too, is in no line unless it may be."""
        return struck_out(message)

    def left_out(self, number: int) -> str:
        return f"{LEFT_OUT.format(number)}\n"


class _ForPrograms(_Sink):
    def line(self, message: Message) -> str:
        record = message.record
        line = {
            "time": _time(record["time"]),
            "level": record["level"].name,
            "where": record["name"],
            "message": record["message"],
            **{name: value for name, value in record["extra"].items() if value is not None},
        }
        if (exception := record["exception"]) is not None and exception.value is not None:
            line["exception"] = struck_out(repr(exception.value))
            line["trace"] = struck_out("".join(traceback.format_exception(exception.value)))
        return f"{json.dumps(line, default=str, ensure_ascii=False)}\n"

    def left_out(self, number: int) -> str:
        line = {
            "time": _time(datetime.now(UTC)),
            "level": "WARNING",
            "where": __name__,
            "message": LEFT_OUT.format(number),
        }
        return f"{json.dumps(line)}\n"


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")
