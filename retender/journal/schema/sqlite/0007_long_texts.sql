-- Which of some recordings are in use is looked up one by one, by this index. The old one led through
-- all recordings that are in use.

CREATE INDEX jobs_by_audio ON jobs (sha256, status, completed_at) WHERE sha256 IS NOT NULL;

DROP INDEX jobs_by_end;

-- Edits in parts, so that one need not be read whole. Those from before have one part.
CREATE TABLE edit_parts (
    job_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    number INTEGER NOT NULL,
    body BLOB NOT NULL, -- some of its segments: JSON, compressed by zlib
    PRIMARY KEY (job_id, version, number),
    FOREIGN KEY (job_id, version) REFERENCES edits (job_id, version)
        ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED
) STRICT;

INSERT INTO edit_parts (job_id, version, number, body) SELECT job_id, version, 0, body FROM edits;

ALTER TABLE edits DROP COLUMN body;
