"""The person who started the service reads its lines, and none of Ray's."""

from __future__ import annotations

import logging
from typing import Any, Final

from loguru import logger
from ray._private import log, worker

_RAYS_LOGGERS: Final = ("ray", "ray.serve")


def keep_rays_lines_back() -> None:
    """Of what Ray says in this process only errors are logged; the rest means nothing here."""
    log.generate_logging_config()  # type: ignore[no-untyped-call] # else it would set its own levels and handlers later
    for name in _RAYS_LOGGERS:
        theirs = logging.getLogger(name)
        theirs.handlers.clear()
        theirs.setLevel(logging.ERROR)
        theirs.propagate = True
    # Errors of Ray's tasks, of which those of Serve's at its end mean nothing.
    vars(worker)["print_to_stdstream"] = _as_debug


def _as_debug(batch: dict[str, Any], *_: object) -> None:
    for line in batch["lines"]:
        logger.debug("Ray: {}", line)
