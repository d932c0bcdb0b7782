"""Everything that can go wrong, as one tree.

    RetenderError                 code, sentence, details; may cross a process as a value
    ├─ Refusal                    asked for what cannot be given; nothing has changed
    │  ├─ BadRequest              bad_request
    │  │  ├─ InvalidOption        invalid_option        (names the field and what is accepted)
    │  │  ├─ EmptyUpload          empty_upload
    │  │  ├─ IncompleteUpload     incomplete_upload
    │  │  ├─ WrongOffset          wrong_offset          (with the right one)
    │  │  ├─ WrongTusVersion      wrong_tus_version     (with those that are spoken)
    │  │  ├─ ChecksumMismatch     checksum_mismatch
    │  │  └─ UrlNotAllowed        url_not_allowed
    │  ├─ Unauthorized            unauthorized          (no key, or none that is known)
    │  ├─ Forbidden               forbidden             (the key may not do this)
    │  ├─ RateLimited             rate_limited          (with when to come back)
    │  ├─ UploadStalled           upload_stalled
    │  ├─ UploadLocked            upload_locked         (with when to come back)
    │  ├─ JobNotFound             job_not_found
    │  ├─ AlreadyFinished         already_finished
    │  ├─ JobCancelled            job_cancelled         (while someone waited for its result)
    │  ├─ NotFailed               not_failed
    │  ├─ NotCompleted            not_completed
    │  ├─ IdempotencyConflict     idempotency_conflict
    │  ├─ TooLarge                too_large
    │  ├─ QueueFull               queue_full            (with when to come back)
    │  ├─ Draining                draining              (with when to come back)
    │  ├─ StorageTrouble          storage_trouble       (with when to come back)
    │  │  ├─ StorageFull          storage_full
    │  │  ├─ StorageUnreachable   storage_unreachable   (the object store, or what is before it)
    │  │  ├─ StorageDenied        storage_denied        (it does not let us)
    │  │  └─ StorageDamaged       storage_damaged       (what it gave is not what was put there)
    │  └─ NotSubscribed           not_subscribed        (subscribe again)
    ├─ WorkError                  a piece of work went wrong; says whether another try may help,
    │  │                          and whether it spoils the piece or the whole job
    │  ├─ EngineFailed            engine_failed         again; the piece
    │  ├─ EngineUnavailable       engine_unavailable    again; the job
    │  ├─ ModelUnavailable        model_unavailable     never; the job
    │  ├─ WorkerCrashed           worker_crashed        again; the piece
    │  ├─ WorkerSilent            worker_silent         again; the piece
    │  ├─ CorruptMedia            corrupt_media         never; the job
    │  ├─ UnsupportedMedia        unsupported_media     never; the job (with what is accepted)
    │  ├─ NoAudioStream           no_audio_stream       never; the job
    │  ├─ TooLong                 too_long              never; the job (with the limit)
    │  ├─ UploadExpired           upload_expired        never; the job
    │  └─ FetchFailed             fetch_failed          never; the job
    ├─ Unreachable                an actor did not answer; whether it acted is unknown
    │  ├─ ActorGone               actor_gone            not there, or died with the message
    │  ├─ Busy                    busy                  its mailbox is full (with when to come back)
    │  └─ NoAnswer                no_answer             the deadline passed
    ├─ FolderNotShared            folder_not_shared     machines see different data folders
    ├─ KeysUnreadable             keys_unreadable       the file of keys is damaged or not ours
    └─ JournalError               the durable store
       ├─ JournalAway             journal_away          its database does not answer (which)
       ├─ JournalLocked           journal_locked        another process has it (and which)
       ├─ JournalTooNew           journal_too_new       written by a newer version
       ├─ JournalCorrupt          journal_corrupt       left untouched, with what to do
       ├─ StaleLease              stale_lease           a result under a lease that is over
       ├─ Fenced                  fenced                a newer JobManager has begun
       └─ Superseded              superseded            a newer service has it (since when)

A handler may raise any of these: the asker gets it and the actor lives on. Any other exception
is a bug: the actor dies of it and its supervisor decides.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec


class IllegalTransition(Exception):
    """A bug, not an answer: a job was moved along an edge that the table does not have."""

    def __init__(self, before: str, after: str) -> None:
        super().__init__(f"a job cannot go from '{before}' to '{after}'")
        self.before = before
        self.after = after


class Failure(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a piece or a job failed, as a value: stored, sent, shown."""

    code: str
    message: str
    retryable: bool = False
    spoils_job: bool = False
    retry_after: float | None = None
    """Seconds before which another try is pointless, where whoever failed said so."""


class ErrorValue(msgspec.Struct, frozen=True, omit_defaults=True):
    """A RetenderError on its way through a pipe."""

    code: str
    message: str
    details: dict[str, Any] = {}


class RetenderError(Exception):
    code: ClassVar[str] = "internal"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    @property
    def retry_after(self) -> float | None:
        """Seconds until it may be worth coming back, where that is known."""
        after = self.details.get("retry_after")
        return None if after is None else float(after)

    def to_value(self) -> ErrorValue:
        return ErrorValue(self.code, self.message, self.details)

    @staticmethod
    def from_value(value: ErrorValue) -> RetenderError:
        kind = _by_code().get(value.code, RetenderError)
        return kind(value.message, **value.details)


class Refusal(RetenderError):
    code = "refused"


class BadRequest(Refusal):
    code = "bad_request"


class InvalidOption(BadRequest):
    code = "invalid_option"


class EmptyUpload(BadRequest):
    code = "empty_upload"


class IncompleteUpload(BadRequest):
    code = "incomplete_upload"


class WrongOffset(BadRequest):
    code = "wrong_offset"


class WrongTusVersion(BadRequest):
    code = "wrong_tus_version"


class ChecksumMismatch(BadRequest):
    code = "checksum_mismatch"


class UrlNotAllowed(BadRequest):
    code = "url_not_allowed"


class Unauthorized(Refusal):
    code = "unauthorized"


class Forbidden(Refusal):
    code = "forbidden"


class RateLimited(Refusal):
    code = "rate_limited"


class UploadStalled(Refusal):
    code = "upload_stalled"


class UploadLocked(Refusal):
    code = "upload_locked"


class JobNotFound(Refusal):
    code = "job_not_found"


class AlreadyFinished(Refusal):
    code = "already_finished"


class JobCancelled(Refusal):
    code = "job_cancelled"


class NotFailed(Refusal):
    code = "not_failed"


class NotCompleted(Refusal):
    code = "not_completed"


class IdempotencyConflict(Refusal):
    code = "idempotency_conflict"


class TooLarge(Refusal):
    code = "too_large"


class QueueFull(Refusal):
    code = "queue_full"


class Draining(Refusal):
    code = "draining"


class StorageTrouble(Refusal):
    code = "storage_trouble"

    def failure(self) -> Failure:
        """Of a piece of work: another try may do, and what its job has is not spoilt."""
        return Failure(self.code, self.message, retryable=True, retry_after=self.retry_after)


class StorageFull(StorageTrouble):
    code = "storage_full"


class StorageUnreachable(StorageTrouble):
    code = "storage_unreachable"


class StorageDenied(StorageTrouble):
    code = "storage_denied"


class StorageDamaged(StorageTrouble):
    code = "storage_damaged"


class NotSubscribed(Refusal):
    code = "not_subscribed"


class WorkError(RetenderError):
    code = "work_failed"
    retryable: ClassVar[bool] = True
    spoils_job: ClassVar[bool] = False

    def failure(self) -> Failure:
        return Failure(self.code, self.message, self.retryable, self.spoils_job, self.retry_after)


class EngineFailed(WorkError):
    code = "engine_failed"


class EngineUnavailable(WorkError):
    code = "engine_unavailable"
    spoils_job = True


class ModelUnavailable(WorkError):
    code = "model_unavailable"
    retryable = False
    spoils_job = True


class WorkerCrashed(WorkError):
    code = "worker_crashed"


class WorkerSilent(WorkError):
    code = "worker_silent"


class CorruptMedia(WorkError):
    code = "corrupt_media"
    retryable = False
    spoils_job = True


class UnsupportedMedia(WorkError):
    code = "unsupported_media"
    retryable = False
    spoils_job = True


class NoAudioStream(WorkError):
    code = "no_audio_stream"
    retryable = False
    spoils_job = True


class TooLong(WorkError):
    code = "too_long"
    retryable = False
    spoils_job = True


class UploadExpired(WorkError):
    code = "upload_expired"
    retryable = False
    spoils_job = True


class FetchFailed(WorkError):
    code = "fetch_failed"
    retryable = False
    spoils_job = True


class Unreachable(RetenderError):
    code = "unreachable"


class ActorGone(Unreachable):
    code = "actor_gone"


class Busy(Unreachable):
    code = "busy"


class NoAnswer(Unreachable):
    code = "no_answer"


class FolderNotShared(RetenderError):
    code = "folder_not_shared"


class KeysUnreadable(RetenderError):
    code = "keys_unreadable"


class JournalError(RetenderError):
    code = "journal_error"


class JournalAway(JournalError):
    code = "journal_away"


class JournalLocked(JournalError):
    code = "journal_locked"


class JournalTooNew(JournalError):
    code = "journal_too_new"


class JournalCorrupt(JournalError):
    code = "journal_corrupt"


class StaleLease(JournalError):
    code = "stale_lease"


class Fenced(JournalError):
    code = "fenced"


class Superseded(JournalError):
    code = "superseded"


def _by_code() -> dict[str, type[RetenderError]]:
    kinds: dict[str, type[RetenderError]] = {}
    pending: list[type[RetenderError]] = [RetenderError]
    while pending:
        kind = pending.pop()
        kinds[kind.code] = kind
        pending.extend(kind.__subclasses__())
    return kinds
