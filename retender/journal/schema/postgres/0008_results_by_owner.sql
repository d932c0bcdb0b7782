-- The same as SQLite's 0008.

CREATE INDEX jobs_known_to_owner ON jobs (owner, cache_key, ordinal) WHERE status = 'completed';
