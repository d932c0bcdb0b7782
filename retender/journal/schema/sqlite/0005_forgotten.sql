-- Ids of jobs that a caller had forgotten: a submission that is delivered late must not make them
-- anew. They are kept for a day.

CREATE TABLE forgotten (
    job_id TEXT PRIMARY KEY,
    at REAL NOT NULL
) STRICT;

CREATE INDEX forgotten_by_age ON forgotten (at);
