"""The states of a job, what moves it between them, and what a crash does in each of them.

- `pending`: the job has its id, but its audio is not complete (a resumable upload, or a URL being
  fetched). It leaves this state when the upload ends. A crash changes nothing. An upload that is
  never completed expires, and the job fails with `upload_expired`.
- `queued`: audio and job are on disk, and no worker has started. It leaves this state when its
  first piece goes to a worker, or when its options are changed to those of a job that is
  completed already. A crash changes nothing.
- `processing`: workers have pieces of it, or had. It leaves this state with the result of the last
  piece. If a worker crashes, its piece is given out again; if the manager crashes, all leased
  pieces are. Finished pieces stay finished.
- `completed`: the transcript is complete. Nothing leaves this state.
- `failed`: it cannot be completed, and `failure` says why. Finished pieces are kept. Only an
  explicit retry leaves this state; until then the job is a dead letter.
- `cancelled`: the caller cancelled it. Nothing leaves this state.
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
    """What users are shown within a state. Stages may follow one another in any order."""

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
        Status.COMPLETED: "same audio and, after a change, options as a completed job",
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


class IllegalTransition(Exception):
    """A bug: a job was to change its state in a way that `TRANSITIONS` does not have."""

    def __init__(self, before: str, after: str) -> None:
        super().__init__(f"a job cannot go from '{before}' to '{after}'")
        self.before = before
        self.after = after
