"""Cuts events into answers that fit into one message, whatever text they bring."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Final

import msgspec

from retender.jobs.events import Event
from retender.journal.limits import EVENTS_BYTES

_encode: Final = msgspec.msgpack.Encoder().encode


def fitting(events: Sequence[Event], most: int) -> tuple[Event, ...]:
    """The first of these events: `most` at most, and one at least, if there is one."""
    size = 0
    for number, event in enumerate(islice(events, most)):
        size += len(_encode(event.segments)) if event.segments else 0
        if number > 0 and size > EVENTS_BYTES:
            return tuple(islice(events, number))
    return tuple(islice(events, most))
