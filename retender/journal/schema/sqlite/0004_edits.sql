-- The edited versions of transcripts. The original is in `segments`, and is version 0.

CREATE TABLE edits (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    version INTEGER NOT NULL,
    at REAL NOT NULL,
    body BLOB NOT NULL, -- all its segments: JSON, compressed by zlib
    PRIMARY KEY (job_id, version)
) STRICT;
