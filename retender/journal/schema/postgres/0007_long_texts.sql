-- The same as SQLite's 0007.

CREATE INDEX jobs_by_audio ON jobs (sha256, status, completed_at) WHERE sha256 IS NOT NULL;

DROP INDEX jobs_by_end;

CREATE TABLE edit_parts (
    job_id TEXT COLLATE "C" NOT NULL,
    version INTEGER NOT NULL,
    number INTEGER NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (job_id, version, number),
    FOREIGN KEY (job_id, version) REFERENCES edits (job_id, version)
        ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED
);

INSERT INTO edit_parts (job_id, version, number, body) SELECT job_id, version, 0, body FROM edits;

-- A table with checks that are still to be made cannot be changed.
SET CONSTRAINTS ALL IMMEDIATE;

ALTER TABLE edits DROP COLUMN body;
