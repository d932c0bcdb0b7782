-- The same as SQLite's 0005.

CREATE TABLE forgotten (
    job_id TEXT COLLATE "C" PRIMARY KEY,
    at DOUBLE PRECISION NOT NULL
);

CREATE INDEX forgotten_by_age ON forgotten (at);
