"""The states of a job, who moves it between them, and what a crash does to it there.

- `pending`: the job has its id, but its audio is not whole yet (a resumable upload, a URL being
  fetched). Moved by the upload's end. A crash leaves it here; an upload that is never finished
  expires, and the job fails with `upload_expired`.
- `queued`: audio and row are on disk; a worker has not begun. Moved by the first piece given to a
  worker. A crash leaves it here.
- `processing`: pieces of it are with workers, or were. Moved by the last piece's result. A crash
  of a worker costs the piece in hand, one of the manager voids the leases: both are given out
  again, finished pieces stay finished.
- `completed`: the transcript is whole. Nothing leaves this state.
- `failed`: it cannot be completed, and `failure` says why. Finished pieces are kept. Only an
  explicit retry leaves this state; until then the job is a dead letter.
- `cancelled`: someone asked for it. Nothing leaves this state.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final


class Status(enum.StrEnum):
    PENDING = "pending"
    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Stage(enum.StrEnum):
    """What people are shown inside a state. Stages may follow one another in any order."""

    UPLOADING = "uploading"
    QUEUED = "queued"
    DOWNLOADING_MODEL = "downloading_model"
    PREPARING = "preparing"
    TRANSCRIBING = "transcribing"
    FINALIZING = "finalizing"
    RETRYING = "retrying"


TERMINAL: Final = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED})

TRANSITIONS: Final[Mapping[Status | None, Mapping[Status, str]]] = {
    None: {
        Status.PENDING: "submitted before its audio",
        Status.QUEUED: "submitted with its audio",
        Status.COMPLETED: "same audio and options as a completed job",
    },
    Status.PENDING: {
        Status.QUEUED: "the audio is whole",
        Status.COMPLETED: "the audio turns out to be known",
        Status.FAILED: "the upload broke or expired",
        Status.CANCELLED: "cancelled",
    },
    Status.QUEUED: {
        Status.PROCESSING: "first piece given to a worker",
        Status.FAILED: "cannot be worked on",
        Status.CANCELLED: "cancelled",
    },
    Status.PROCESSING: {
        Status.COMPLETED: "last piece done",
        Status.FAILED: "a piece failed for good",
        Status.CANCELLED: "cancelled",
    },
    Status.COMPLETED: {},
    Status.FAILED: {Status.QUEUED: "explicit retry"},
    Status.CANCELLED: {},
}


def diagram() -> str:
    """The table as a Mermaid state diagram, for the docs."""
    lines = ["stateDiagram-v2"]
    for before, ways in TRANSITIONS.items():
        for after, why in ways.items():
            lines.append(f"    {before or '[*]'} --> {after}: {why}")
    lines.extend(f"    {status} --> [*]" for status in Status if not TRANSITIONS[status])
    return "\n".join(lines)


if __name__ == "__main__":
    print(diagram())  # noqa: T201 - that is what it is run for
