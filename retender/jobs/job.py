"""A job, its options, and the steps that change it.

Jobs are immutable values. `step` returns the changed job together with the numbered event of the
change, so that neither is ever stored without the other.
"""

from __future__ import annotations

import enum
import hashlib
from typing import Any, Final

import msgspec

from retender.audio.cleaning import BELOW_VOICES, Channel, Cleaning
from retender.errors import Failure
from retender.jobs.events import Event, EventKind
from retender.jobs.messages import Note
from retender.jobs.states import TERMINAL, TRANSITIONS, IllegalTransition, Stage, Status
from retender.jobs.trace import Trace, trace_id
from retender.storage.audio import Audio
from retender.transcript.chunks import Seam
from retender.transcript.languages import LanguageShare
from retender.transcript.segments import Segment

AUTO_LANGUAGE: Final = "auto"
"""The language is to be found in the recording."""


class Task(enum.StrEnum):
    TRANSCRIBE = "transcribe"
    TRANSLATE = "translate"


class Options(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the caller wants done with the audio. Equal options and equal audio give equal text."""

    language: str = "auto"
    languages: tuple[str, ...] = ()
    """The languages that `auto` chooses among; none: all."""
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

    def language_settled(self) -> Options:
        """The same with its languages in one way of writing: none where the language is given, and
        a single one as that."""
        if self.language != AUTO_LANGUAGE:
            return msgspec.structs.replace(self, languages=())
        languages = tuple(sorted(set(self.languages)))
        if len(languages) == 1 and not self.multilingual:
            return msgspec.structs.replace(self, language=languages[0], languages=())
        return msgspec.structs.replace(self, languages=languages)

    @property
    def cleaning(self) -> Cleaning:
        """The processing of the sound before it is recognised."""
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
    submitted: Options | None = None
    """What it came with, if its options were changed since: a repeated submission has these."""
    audio: Audio | None = None
    name: str = ""
    """For people. Empty if the recording came without a name."""
    priority: int = 0
    user_id: str | None = None
    callback_url: str | None = None
    idempotency_key: str | None = None
    source: str = ""
    """The SHA-256 of the address that the recording is fetched from; the address itself may be a
    secret. Empty if the recording is uploaded."""
    started_at: float | None = None
    completed_at: float | None = None
    attempt: int = 1
    seq: int = 0
    note: Note = Note("queued")
    """The message of its last event."""
    duration: float | None = None
    seconds_done: float = 0.0
    chunks: int = 0
    chunks_done: int = 0
    chunks_failed: int = 0
    seam: Seam = Seam()
    released: int = 0
    """Chunks 1 to `released` are in the transcript. Later ones may be done, but wait for a gap."""
    seconds_by_language: dict[str, float] = msgspec.field(name="heard", default_factory=dict)
    """Seconds of audio in which each language was recognised."""
    language: str | None = None
    language_probability: float | None = None
    language_candidates: tuple[LanguageShare, ...] = ()
    """The most probable languages, if its language was looked for."""
    model: str | None = None
    requested_model: str | None = None
    """The model that was asked for, if `model` had to replace it; else None."""
    engine: str | None = None
    """The engine that works on it, or finished it: see `retender.scheduling.engine_choice`."""
    limited_until: float | None = msgspec.field(name="room_at", default=None)
    """Its engine's rate limit has no capacity before this time; None if no limit is known."""
    whole: bool = False
    """The upload is sent to the engine as it came, without decoding (see `Plan`)."""
    failure: Failure | None = None
    trace: Trace | None = None
    """None: no traces were made when it was submitted, and its caller had none."""

    @property
    def log_keys(self) -> dict[str, str]:
        """What every log line about this job names it by."""
        if self.trace is None:
            return {"job": self.id}
        return {"job": self.id, "trace": trace_id(self.id, self.trace)}

    @property
    def finished(self) -> bool:
        return self.status in TERMINAL

    @property
    def begun(self) -> bool:
        """A worker has, or had, a piece of it."""
        return self.status is Status.PROCESSING or self.started_at is not None

    @property
    def progress(self) -> float:
        """Per cent of the audio whose text is stored."""
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
    """Equal for jobs that must get the same text.

    Only options that differ from their defaults are part of it: so a new option leaves the keys of
    jobs that do not use it as they were.
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
    """The changed job and the numbered event of the change."""
    to = job.status if status is None else status
    if to is not job.status and to not in TRANSITIONS[job.status]:
        raise IllegalTransition(job.status, to)
    if to is job.status and job.finished:
        raise IllegalTransition(job.status, to)
    changed = msgspec.structs.replace(
        job, status=to, stage=stage or job.stage, seq=job.seq + 1, note=note, **changes
    )
    return changed, _event(changed, at, note, kind, segments=segments, piece=piece)


def first_step(job: Job, *, at: float, note: Note) -> tuple[Job, Event]:
    """A new job and its event number 1."""
    if job.status not in TRANSITIONS[None]:
        raise IllegalTransition("(new)", job.status)
    kind = EventKind.COMPLETED if job.finished else EventKind.PROGRESS
    numbered = msgspec.structs.replace(job, seq=1, note=note)
    return numbered, _event(numbered, at, note, kind)


def _event(
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
