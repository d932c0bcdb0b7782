"""How the service logs: for a person on a terminal, one JSON object a line otherwise."""

from __future__ import annotations

import json
import sys
from datetime import UTC
from typing import TYPE_CHECKING

from loguru import logger

if TYPE_CHECKING:
    from loguru import Message

HUMAN = "<dim>{time:HH:mm:ss.SSS}</dim> <level>{level: <7}</level> {message} <dim>{extra}</dim>"


def configure(level: str, style: str) -> None:
    """`style` is `human`, `json`, or `auto`: human where someone watches."""
    human = style == "human" or (style == "auto" and sys.stderr.isatty())
    logger.remove()
    if human:
        logger.add(sys.stderr, level=level, format=HUMAN, diagnose=False)
    else:
        logger.add(_write_json, level=level, format="{message}", diagnose=False)


def _write_json(message: Message) -> None:
    record = message.record
    line = {
        "time": record["time"].astimezone(UTC).isoformat(timespec="milliseconds"),
        "level": record["level"].name,
        "where": record["name"],
        "message": record["message"],
        **record["extra"],
    }
    if record["exception"] is not None:
        line["exception"] = repr(record["exception"].value)
    sys.stderr.write(json.dumps(line, default=str, ensure_ascii=False) + "\n")
