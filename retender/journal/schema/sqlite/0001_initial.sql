-- Bodies are the JSON of the structs; beside them stands what is searched for.

PRAGMA application_id = 1381256772; -- "RTND"

CREATE TABLE ledger (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL,
    position INTEGER NOT NULL -- the last one given: events may be deleted, their places are not reused
) STRICT;

INSERT INTO ledger (id, epoch, position) VALUES (1, 0, 0);

CREATE TABLE jobs (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT, -- oldest first
    id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    status TEXT NOT NULL,
    completed_at REAL,
    idempotency_key TEXT,
    cache_key TEXT,
    sha256 TEXT,
    body BLOB NOT NULL,
    UNIQUE (owner, idempotency_key)
) STRICT;

CREATE INDEX jobs_by_owner ON jobs (owner, ordinal);
CREATE INDEX jobs_by_status ON jobs (status, ordinal);
CREATE INDEX jobs_by_owner_and_status ON jobs (owner, status, ordinal);
CREATE INDEX jobs_by_end ON jobs (completed_at, sha256);
CREATE INDEX jobs_to_forget ON jobs (completed_at)
    WHERE status IN ('completed', 'failed', 'cancelled');
CREATE INDEX jobs_known ON jobs (cache_key, ordinal) WHERE status = 'completed';

CREATE TABLE pieces (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    number INTEGER NOT NULL,
    state TEXT NOT NULL,
    token TEXT,
    body BLOB NOT NULL,
    result BLOB, -- until it has joined the transcript
    PRIMARY KEY (job_id, number)
) STRICT;

CREATE INDEX pieces_with_result ON pieces (job_id, number) WHERE result IS NOT NULL;

CREATE TABLE segments (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    id INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (job_id, id)
) STRICT;

-- An event's segments are a range of its job's transcript, joined to it when it is read.
CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    seq INTEGER NOT NULL,
    first_segment INTEGER,
    last_segment INTEGER,
    body BLOB NOT NULL,
    UNIQUE (job_id, seq)
) STRICT;
