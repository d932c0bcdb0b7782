-- The same as SQLite's 0001 and 0002. Texts are compared byte by byte, as there: an index by a
-- locale's order breaks when the system's idea of that locale changes.

CREATE TABLE ledger (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch BIGINT NOT NULL,
    position BIGINT NOT NULL, -- the last one given: events may be deleted, their places are not reused
    commits BIGINT NOT NULL -- how many there have been: tells whether one whose answer was lost is there
);

INSERT INTO ledger (id, epoch, position, commits) VALUES (1, 0, 0, 0);

CREATE TABLE jobs (
    ordinal BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- oldest first
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    owner TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    completed_at DOUBLE PRECISION,
    idempotency_key TEXT COLLATE "C",
    cache_key TEXT COLLATE "C",
    sha256 TEXT COLLATE "C",
    body BYTEA NOT NULL,
    UNIQUE (owner, idempotency_key)
);

CREATE INDEX jobs_by_owner ON jobs (owner, ordinal);
CREATE INDEX jobs_by_status ON jobs (status, ordinal);
CREATE INDEX jobs_by_owner_and_status ON jobs (owner, status, ordinal);
CREATE INDEX jobs_by_end ON jobs (completed_at, sha256);
CREATE INDEX jobs_to_forget ON jobs (completed_at)
    WHERE status IN ('completed', 'failed', 'cancelled');
CREATE INDEX jobs_known ON jobs (cache_key, ordinal) WHERE status = 'completed';

CREATE TABLE pieces (
    job_id TEXT COLLATE "C" NOT NULL
        REFERENCES jobs (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    number INTEGER NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    token TEXT COLLATE "C",
    body BYTEA NOT NULL,
    result BYTEA, -- until it has joined the transcript
    PRIMARY KEY (job_id, number)
);

CREATE INDEX pieces_with_result ON pieces (job_id, number) WHERE result IS NOT NULL;

CREATE TABLE segments (
    job_id TEXT COLLATE "C" NOT NULL
        REFERENCES jobs (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    id INTEGER NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (job_id, id)
);

-- An event's segments are a range of its job's transcript, joined to it when it is read.
CREATE TABLE events (
    position BIGINT PRIMARY KEY,
    job_id TEXT COLLATE "C" NOT NULL
        REFERENCES jobs (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    seq INTEGER NOT NULL,
    first_segment INTEGER,
    last_segment INTEGER,
    body BYTEA NOT NULL,
    UNIQUE (job_id, seq)
);

-- What others must be told of jobs. It stays when it is done, to be looked at, as long as its job.
CREATE TABLE deliveries (
    rowid BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE, -- as SQLite has without being asked
    job_id TEXT COLLATE "C" NOT NULL
        REFERENCES jobs (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    consumer TEXT COLLATE "C" NOT NULL,
    seq INTEGER NOT NULL,
    lane TEXT COLLATE "C" NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    due DOUBLE PRECISION, -- none once it is at rest
    body BYTEA NOT NULL,
    PRIMARY KEY (job_id, consumer, seq)
);

CREATE INDEX deliveries_by_lane ON deliveries (consumer, lane, due, rowid) WHERE due IS NOT NULL;
CREATE INDEX deliveries_by_due ON deliveries (consumer, due) WHERE due IS NOT NULL;
CREATE INDEX deliveries_by_age ON deliveries (consumer, at) WHERE due IS NOT NULL;
