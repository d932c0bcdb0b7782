"""Applies writes to the tables, inside a transaction of the caller."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from retender.errors import Fenced, StaleLease
from retender.jobs.events import Event
from retender.jobs.pieces import Piece
from retender.journal import api, edits, indexing
from retender.journal.limits import FORGOTTEN_SECONDS, INDEXED_AT_ONCE
from retender.journal.statements import Connection

_EPOCH = "SELECT epoch FROM ledger"

# Most saves change only the body, and then no index is changed.
_SAVE_BODY = """
    UPDATE jobs SET body = :body
    WHERE id = :id AND owner = :owner AND status = :status AND completed_at IS :completed_at
      AND idempotency_key IS :idempotency_key AND cache_key IS :cache_key AND sha256 IS :sha256
"""
_SAVE_JOB = """
    INSERT INTO jobs (id, owner, status, completed_at, idempotency_key, cache_key, sha256, body)
    VALUES (:id, :owner, :status, :completed_at, :idempotency_key, :cache_key, :sha256, :body)
    ON CONFLICT (id) DO UPDATE SET
        owner = excluded.owner, status = excluded.status, completed_at = excluded.completed_at,
        idempotency_key = excluded.idempotency_key, cache_key = excluded.cache_key,
        sha256 = excluded.sha256, body = excluded.body
"""
_DELETE_JOB = "DELETE FROM jobs WHERE id = ?"
_REMEMBER_FORGOTTEN = """
    INSERT INTO forgotten (job_id, at) VALUES (?, ?)
    ON CONFLICT (job_id) DO UPDATE SET at = excluded.at
"""
_DROP_FORGOTTEN = "DELETE FROM forgotten WHERE at < ?"
_ADD_PIECE = """
    INSERT INTO pieces (job_id, number, state, token, body)
    VALUES (:job_id, :number, :state, :token, :body)
"""
_GRANT = """
    UPDATE pieces SET state = :state, token = :token, body = :body
    WHERE job_id = :job_id AND number = :number AND state = 'waiting'
"""
_END_LEASE = """
    UPDATE pieces SET token = NULL
    WHERE job_id = ? AND number = ? AND state = 'leased' AND token = ?
"""
_SETTLE = """
    UPDATE pieces SET state = :state, token = :token, body = :body, result = :result
    WHERE job_id = :job_id AND number = :number
"""
_RESET = """
    UPDATE pieces SET state = :state, token = :token, body = :body,
        result = CASE :state WHEN 'done' THEN result END
    WHERE job_id = :job_id AND number = :number
"""
_DROP_PIECES = "DELETE FROM pieces WHERE job_id = ?"
_DROP_RESULTS = """
    UPDATE pieces SET result = NULL WHERE job_id = ? AND number <= ? AND result IS NOT NULL
"""
_ADD_SEGMENT = "INSERT INTO segments (job_id, id, body) VALUES (?, ?, ?)"
_COPY_SEGMENTS = """
    INSERT INTO segments (job_id, id, body) SELECT ?, id, body FROM segments WHERE job_id = ?
"""
_SAVE_PEAKS = """
    INSERT INTO peaks (job_id, body) VALUES (?, ?)
    ON CONFLICT (job_id) DO UPDATE SET body = excluded.body
"""
_COPY_PEAKS = "INSERT INTO peaks (job_id, body) SELECT ?, body FROM peaks WHERE job_id = ?"
_COUNT_SEGMENTS = "SELECT count(*) FROM segments WHERE job_id = ? AND id BETWEEN ? AND ?"
_LAST_SEQ = "SELECT coalesce(max(seq), 0) FROM events WHERE job_id = ?"
_NEXT_POSITION = "UPDATE ledger SET position = position + 1 WHERE position + 1 = ?"
_ADD_EVENT = """
    INSERT INTO events (position, job_id, seq, first_segment, last_segment, body)
    VALUES (?, ?, ?, ?, ?, ?)
"""
_SAVE_DELIVERY = """
    INSERT INTO deliveries (job_id, consumer, seq, lane, at, due, body)
    VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (job_id, consumer, seq) DO UPDATE SET due = excluded.due, body = excluded.body
"""

_encode = msgspec.json.Encoder().encode


class Writer:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._to_index: dict[str, None] = {}
        """Jobs whose name or text these writes change."""
        self._methods: Mapping[type[api.Write], Callable[[Any], None]] = {
            api.SaveJob: self._save_job,
            api.Rename: self._rename,
            api.AddPieces: self._add_pieces,
            api.Grant: self._grant,
            api.Settle: self._settle,
            api.Reset: self._reset,
            api.Release: self._release,
            api.Append: self._append,
            api.SaveEdit: self._save_edit,
            api.SavePeaks: self._save_peaks,
            api.CopyTranscript: self._copy_transcript,
            api.DropPieces: self._drop_pieces,
            api.SaveDelivery: self._save_delivery,
            api.DeleteJob: self._delete_job,
            api.ForgetJob: self._forget_job,
            api.Index: self._index,
        }

    def check_epoch(self, epoch: int) -> None:
        (current,) = self._connection.execute(_EPOCH).fetchone()
        if epoch != current:
            raise Fenced(f"epoch {epoch} is over, the journal is in epoch {current}")

    def apply(self, writes: Sequence[api.Write]) -> None:
        for write in writes:
            self._methods[type(write)](write)
        room = INDEXED_AT_ONCE
        for job_id in self._to_index:
            room -= indexing.index_or_mark(self._connection, job_id, room)
        self._to_index.clear()

    def ends_lease(self, piece: Piece, token: str) -> bool:
        """End the lease of the piece. False if it was not leased under this token."""
        ended = self._connection.execute(_END_LEASE, (piece.job_id, piece.index, token))
        return ended.rowcount == 1

    def _save_job(self, write: api.SaveJob | api.Rename) -> None:
        job = write.job
        row = {
            "id": job.id,
            "owner": job.owner,
            "status": job.status.value,
            "completed_at": job.completed_at,
            "idempotency_key": job.idempotency_key,
            "cache_key": job.cache_key,
            "sha256": None if job.audio is None else job.audio.sha256,
            "body": _encode(job),
        }
        if self._connection.execute(_SAVE_BODY, row).rowcount == 0:
            self._connection.execute(_SAVE_JOB, row)
            if job.finished or (job.seq == 1 and job.name):
                self._to_index[job.id] = None

    def _rename(self, write: api.Rename) -> None:
        self._save_job(write)
        self._to_index[write.job.id] = None

    def _add_pieces(self, write: api.AddPieces) -> None:
        self._connection.executemany(_ADD_PIECE, map(_row, write.pieces))

    def _grant(self, write: api.Grant) -> None:
        piece = write.piece
        if self._connection.execute(_GRANT, _row(piece)).rowcount == 0:
            raise StaleLease(f"piece {piece.index} of {piece.job_id} is not waiting")

    def _settle(self, write: api.Settle) -> None:
        piece = write.piece
        if not self.ends_lease(piece, write.token):
            raise StaleLease(f"piece {piece.index} of {piece.job_id} is not out as {write.token}")
        result = None if write.result is None else _encode(write.result)
        self._connection.execute(_SETTLE, {**_row(piece), "result": result})

    def _reset(self, write: api.Reset) -> None:
        piece = write.piece
        if self._connection.execute(_RESET, _row(piece)).rowcount == 0:
            raise api.Inconsistent(f"there is no piece {piece.index} of {piece.job_id} to reset")

    def _release(self, write: api.Release) -> None:
        self._connection.executemany(
            _ADD_SEGMENT,
            ((write.job_id, segment.id, _encode(segment)) for segment in write.segments),
        )
        self._connection.execute(_DROP_RESULTS, (write.job_id, write.upto))

    def _append(self, write: api.Append) -> None:
        event = write.event
        (last,) = self._connection.execute(_LAST_SEQ, (event.job_id,)).fetchone()
        if event.seq != last + 1:
            raise api.Inconsistent(f"event {event.seq} of {event.job_id} does not follow {last}")
        if self._connection.execute(_NEXT_POSITION, (event.position,)).rowcount == 0:
            raise api.Inconsistent(f"position {event.position} is not the log's next")
        row = (event.position, event.job_id, event.seq, *self._range(event))
        body = _encode(msgspec.structs.replace(event, segments=()))
        self._connection.execute(_ADD_EVENT, (*row, body))

    def _range(self, event: Event) -> tuple[int | None, int | None]:
        """The ids of the event's first and last segment. Their text is stored only in the
        transcript."""
        if not event.segments:
            return None, None
        first, last = event.segments[0].id, event.segments[-1].id
        found = self._connection.execute(_COUNT_SEGMENTS, (event.job_id, first, last)).fetchone()
        if found != (len(event.segments),):
            raise api.Inconsistent(
                f"the segments {first} to {last} of event {event.seq} are not all of those in the "
                f"transcript of {event.job_id}"
            )
        return first, last

    def _save_peaks(self, write: api.SavePeaks) -> None:
        self._connection.execute(_SAVE_PEAKS, (write.job_id, _encode(write.peaks)))

    def _save_edit(self, write: api.SaveEdit) -> None:
        latest = edits.versions(self._connection, write.job_id).latest
        if write.edit.version != latest + 1:
            raise api.Inconsistent(
                f"version {write.edit.version} of {write.job_id} does not follow {latest}"
            )
        edits.add(self._connection, write.job_id, write.edit)
        self._to_index[write.job_id] = None

    def _copy_transcript(self, write: api.CopyTranscript) -> None:
        self._connection.execute(_COPY_SEGMENTS, (write.target, write.source))
        self._connection.execute(_COPY_PEAKS, (write.target, write.source))

    def _drop_pieces(self, write: api.DropPieces) -> None:
        self._connection.execute(_DROP_PIECES, (write.job_id,))

    def _save_delivery(self, write: api.SaveDelivery) -> None:
        each = write.delivery
        due = each.due if each.waiting else None
        row = (each.job_id, each.consumer, each.seq, each.receiver, each.at, due, _encode(each))
        self._connection.execute(_SAVE_DELIVERY, row)

    def _delete_job(self, write: api.DeleteJob | api.ForgetJob) -> None:
        indexing.unmark(self._connection, write.job_id)
        self._connection.execute(_DELETE_JOB, (write.job_id,))

    def _forget_job(self, write: api.ForgetJob) -> None:
        self._delete_job(write)
        self._connection.execute(_DROP_FORGOTTEN, (write.at - FORGOTTEN_SECONDS,))
        self._connection.execute(_REMEMBER_FORGOTTEN, (write.job_id, write.at))

    def _index(self, write: api.Index) -> None:
        indexing.index(self._connection, write.read)


def _row(piece: Piece) -> dict[str, Any]:
    return {
        "job_id": piece.job_id,
        "number": piece.index,
        "state": piece.state.value,
        "token": piece.token,
        "body": _encode(piece),
    }
