"""All errors of the service, as one tree.

    RetenderError                 code, sentence, details; can be sent between processes
    ├─ Refusal                    the request is refused; nothing has changed
    │  ├─ BadRequest              bad_request
    │  │  ├─ InvalidOption        invalid_option        (with the field and what is accepted)
    │  │  ├─ EmptyUpload          empty_upload
    │  │  ├─ IncompleteUpload     incomplete_upload
    │  │  ├─ WrongOffset          wrong_offset          (with the right offset)
    │  │  ├─ WrongTusVersion      wrong_tus_version     (with the supported versions)
    │  │  ├─ ChecksumMismatch     checksum_mismatch
    │  │  └─ UrlNotAllowed        url_not_allowed
    │  ├─ Unauthorized            unauthorized          (no key, or an unknown one)
    │  ├─ Forbidden               forbidden             (the key does not permit this)
    │  ├─ RateLimited             rate_limited          (with retry_after)
    │  ├─ UploadStalled           upload_stalled
    │  ├─ UploadLocked            upload_locked         (with retry_after)
    │  ├─ JobNotFound             job_not_found
    │  ├─ AlreadyFinished         already_finished
    │  ├─ AlreadyBegun            already_begun         (its options can't be changed any more)
    │  ├─ JobCancelled            job_cancelled         (while a client waited for its result)
    │  ├─ NotFailed               not_failed
    │  ├─ NotCompleted            not_completed
    │  ├─ TranscriptChanged       transcript_changed    (with the present version)
    │  ├─ VersionNeeded           version_needed        (an edit must name the one it follows)
    │  ├─ VersionNotFound         version_not_found     (never was, or is not kept any more)
    │  ├─ NotPrepared             not_prepared          (its recording is not decoded yet)
    │  ├─ NoPeaks                 no_peaks              (its recording was never decoded here)
    │  ├─ ConvexNotSetUp          convex_not_set_up
    │  ├─ IdempotencyConflict     idempotency_conflict
    │  ├─ TooLarge                too_large
    │  ├─ QueueFull               queue_full            (with retry_after)
    │  ├─ Starting                starting              (with retry_after)
    │  ├─ Draining                draining              (with retry_after)
    │  ├─ StorageTrouble          storage_trouble       (with retry_after)
    │  │  ├─ StorageFull          storage_full
    │  │  ├─ StorageUnreachable   storage_unreachable   (the object store or its network)
    │  │  ├─ StorageDenied        storage_denied        (no permission)
    │  │  └─ StorageDamaged       storage_damaged       (the content is not what was stored)
    │  └─ NotSubscribed           not_subscribed        (subscribe again)
    ├─ WorkError                  the work on a piece failed; says whether a retry may help, and
    │  │                          whether without one the piece fails or the whole job
    │  ├─ EngineFailed            engine_failed         retry; the piece
    │  ├─ EngineUnavailable       engine_unavailable    retry; the job
    │  ├─ WorkerCrashed           worker_crashed        retry; the piece
    │  ├─ WorkerSilent            worker_silent         retry; the piece
    │  └─ BeyondRetry                                   no retry; the job
    │     ├─ ModelUnavailable     model_unavailable
    │     ├─ CorruptMedia         corrupt_media
    │     ├─ UnsupportedMedia     unsupported_media     (with what is accepted)
    │     ├─ NoAudioStream        no_audio_stream
    │     ├─ TooLong              too_long              (with the limit)
    │     ├─ UploadExpired        upload_expired
    │     └─ FetchFailed          fetch_failed
    ├─ Unreachable                an actor did not answer; whether it acted is unknown
    │  ├─ ActorGone               actor_gone            not there, or ended with the message
    │  ├─ Busy                    busy                  its mailbox is full (with retry_after)
    │  └─ NoAnswer                no_answer             the deadline passed
    ├─ FolderNotShared            folder_not_shared     the machines see different data folders
    ├─ KeysUnreadable             keys_unreadable       the file of keys is damaged or foreign
    ├─ BackupRefused              backup_refused        it would overwrite or mix something
    ├─ BackupDamaged              backup_damaged        its files are not what was saved
    └─ JournalError               the durable store
       ├─ JournalAway             journal_away          its database does not answer (with its name)
       ├─ JournalLocked           journal_locked        another process has it (with its name)
       ├─ JournalTooNew           journal_too_new       written by a newer version
       ├─ JournalCorrupt          journal_corrupt       left untouched, with what to do
       ├─ StaleLease              stale_lease           a result under a lease that is over
       ├─ Fenced                  fenced                a newer JobManager has started
       └─ Superseded              superseded            a newer service has it (since when)

A handler of an actor may raise any of these: the caller gets the error, and the actor goes on. Any
other exception is a bug: the actor ends, and its supervisor decides whether to restart it.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec


class Failure(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a piece or a job failed, as a value that is stored, sent and shown."""

    code: str
    message: str
    retryable: bool = False
    spoils_job: bool = False
    """The whole job fails, not only this piece."""
    retry_after: float | None = None
    """Seconds before which a retry is pointless; None if unknown."""


class ErrorValue(msgspec.Struct, frozen=True, omit_defaults=True):
    """A RetenderError as it is sent between processes."""

    code: str
    message: str
    details: dict[str, Any] = {}


class RetenderError(Exception):
    code: ClassVar[str] = "internal"
    _kinds: ClassVar[dict[str, type[RetenderError]]] = {}

    def __init_subclass__(cls) -> None:
        if "code" in vars(cls):
            RetenderError._kinds[cls.code] = cls

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    @property
    def retry_after(self) -> float | None:
        """Seconds until a new request may succeed; None if unknown."""
        after = self.details.get("retry_after")
        return None if after is None else float(after)

    def to_value(self) -> ErrorValue:
        return ErrorValue(self.code, self.message, self.details)

    @staticmethod
    def from_value(value: ErrorValue) -> RetenderError:
        kind = RetenderError._kinds.get(value.code, RetenderError)
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


class AlreadyBegun(Refusal):
    code = "already_begun"


class JobCancelled(Refusal):
    code = "job_cancelled"


class NotFailed(Refusal):
    code = "not_failed"


class NotCompleted(Refusal):
    code = "not_completed"


class TranscriptChanged(Refusal):
    code = "transcript_changed"


class VersionNeeded(Refusal):
    code = "version_needed"


class VersionNotFound(Refusal):
    code = "version_not_found"


class NotPrepared(Refusal):
    code = "not_prepared"


class NoPeaks(Refusal):
    code = "no_peaks"


class ConvexNotSetUp(Refusal):
    code = "convex_not_set_up"


class IdempotencyConflict(Refusal):
    code = "idempotency_conflict"


class TooLarge(Refusal):
    code = "too_large"


class QueueFull(Refusal):
    code = "queue_full"


class Starting(Refusal):
    code = "starting"


class Draining(Refusal):
    code = "draining"


class StorageTrouble(Refusal):
    code = "storage_trouble"

    def failure(self) -> Failure:
        """The failure of a piece: a retry may succeed, and the rest of its job goes on."""
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


class WorkerCrashed(WorkError):
    code = "worker_crashed"


class WorkerSilent(WorkError):
    code = "worker_silent"


class BeyondRetry(WorkError):
    retryable = False
    spoils_job = True


class ModelUnavailable(BeyondRetry):
    code = "model_unavailable"


class CorruptMedia(BeyondRetry):
    code = "corrupt_media"


class UnsupportedMedia(BeyondRetry):
    code = "unsupported_media"


class NoAudioStream(BeyondRetry):
    code = "no_audio_stream"


class TooLong(BeyondRetry):
    code = "too_long"


class UploadExpired(BeyondRetry):
    code = "upload_expired"


class FetchFailed(BeyondRetry):
    code = "fetch_failed"


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


class BackupRefused(RetenderError):
    code = "backup_refused"


class BackupDamaged(RetenderError):
    code = "backup_damaged"


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
