-- From which a player draws the waveform of the job's recording; none where nothing was decoded.

CREATE TABLE peaks (
    job_id TEXT PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    body BLOB NOT NULL
) STRICT;
