"""What a job is, the states it can be in, and the one table of how it may move.

Jobs are values: `step` is the only way to a changed one, and it hands out the event that tells of
the change with it, so that no change goes without its number and no number without its change.
"""

from __future__ import annotations

import enum
import hashlib
from typing import Any

import msgspec

from retender.audio.cleaning import BELOW_VOICES, Channel, Cleaning
from retender.errors import Failure, IllegalTransition
from retender.jobs.events import Event, EventKind
from retender.jobs.messages import Note
from retender.jobs.states import TERMINAL, TRANSITIONS, Stage, Status
from retender.storage.audio import Audio
from retender.transcript.chunks import Seam
from retender.transcript.segments import Segment


class Task(enum.StrEnum):
    TRANSCRIBE = "transcribe"
    TRANSLATE = "translate"


class Options(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the caller wants done with the audio. Equal options on equal audio give equal text."""

    language: str = "auto"
    model: str = ""
    engine: str = "auto"
    task: Task = Task.TRANSCRIBE
    timestamps: bool = True
    word_timestamps: bool = False
    multilingual: bool = False
    vad: bool = True
    prompt: str = ""
    hotwords: str = ""
    temperature: float = 0.0
    no_speech_threshold: float = 0.6
    log_prob_threshold: float = -1.0
    compression_ratio_threshold: float = 2.4
    suppress_numerals: bool = False
    channel: Channel = Channel.MIX
    highpass: bool = False
    denoise: bool = False
    normalize: bool = False

    @property
    def cleaning(self) -> Cleaning:
        """What is to be done to the sound before it is recognised."""
        return Cleaning(
            channel=self.channel,
            high_pass=BELOW_VOICES if self.highpass else 0,
            noise_reduction=self.denoise,
            loudness=self.normalize,
        )


_UNCHANGED = Options()


class Job(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    id: str
    owner: str
    status: Status
    stage: Stage
    created_at: float
    options: Options = Options()
    audio: Audio | None = None
    priority: int = 0
    user_id: str | None = None
    callback_url: str | None = None
    idempotency_key: str | None = None
    source: str = ""
    """The SHA-256 of the address that its recording is fetched from: the address may be a secret.
    Empty: its recording is sent."""
    started_at: float | None = None
    completed_at: float | None = None
    attempt: int = 1
    seq: int = 0
    note: Note = Note("queued")
    """What its last event says to people."""
    duration: float | None = None
    seconds_done: float = 0.0
    chunks: int = 0
    chunks_done: int = 0
    chunks_failed: int = 0
    seam: Seam = Seam()
    released: int = 0
    """Chunks 1 to `released` are in the transcript; a later one may be done, but waits its turn."""
    heard: dict[str, float] = {}
    """Seconds of audio by the language recognised in them."""
    language: str | None = None
    language_probability: float | None = None
    model: str | None = None
    requested_model: str | None = None
    """What was asked for, where `model` had to stand in for it."""
    engine: str | None = None
    """The one that it is with, or was at its end: see `retender.scheduling.engine_choice`."""
    room_at: float | None = None
    """Its engine has no room for it before then."""
    whole: bool = False
    """As its plan says: nothing has been decoded."""
    failure: Failure | None = None

    @property
    def finished(self) -> bool:
        return self.status in TERMINAL

    @property
    def progress(self) -> float:
        """Per cent of the audio whose text is safely written down."""
        if self.status is Status.COMPLETED:
            return 100.0
        if not self.duration:
            return 0.0
        return min(99.0, 100.0 * self.seconds_done / self.duration)

    @property
    def no_speech(self) -> bool:
        return self.status is Status.COMPLETED and self.seam.next_id == 0

    @property
    def cache_key(self) -> str | None:
        return None if self.audio is None else cache_key(self.audio, self.options)


def cache_key(audio: Audio, options: Options) -> str:
    """Equal for jobs that must come to the same text.

    Made of what differs from the defaults, however it was written down: so an option that is new
    changes no key of those who do not use it.
    """
    names = Options.__struct_fields__
    chosen = {
        name: value
        for name in names
        if (value := getattr(options, name)) != getattr(_UNCHANGED, name)
    }
    return hashlib.sha256(audio.sha256.encode() + msgspec.json.encode(chosen)).hexdigest()


def step(
    job: Job,
    *,
    at: float,
    note: Note,
    status: Status | None = None,
    stage: Stage | None = None,
    kind: EventKind = EventKind.PROGRESS,
    segments: tuple[Segment, ...] = (),
    piece: int | None = None,
    **changes: Any,
) -> tuple[Job, Event]:
    """The job after a change, and the numbered event that tells of it."""
    to = job.status if status is None else status
    if to is not job.status and to not in TRANSITIONS[job.status]:
        raise IllegalTransition(job.status, to)
    if to is job.status and job.finished:
        raise IllegalTransition(job.status, to)
    changed = msgspec.structs.replace(
        job, status=to, stage=stage or job.stage, seq=job.seq + 1, note=note, **changes
    )
    return changed, _tell(changed, at, note, kind, segments=segments, piece=piece)


def first_step(job: Job, *, at: float, note: Note) -> tuple[Job, Event]:
    """A new job with its event number 1."""
    if job.status not in TRANSITIONS[None]:
        raise IllegalTransition("(new)", job.status)
    kind = EventKind.COMPLETED if job.finished else EventKind.PROGRESS
    numbered = msgspec.structs.replace(job, seq=1, note=note)
    return numbered, _tell(numbered, at, note, kind)


def _tell(
    job: Job,
    at: float,
    note: Note,
    kind: EventKind,
    *,
    segments: tuple[Segment, ...] = (),
    piece: int | None = None,
) -> Event:
    return Event(
        job_id=job.id,
        seq=job.seq,
        at=at,
        kind=kind,
        status=job.status,
        stage=job.stage,
        progress=job.progress,
        note=note,
        seconds_done=job.seconds_done,
        duration=job.duration,
        segments=segments,
        piece=piece,
        failure=job.failure,
    )
