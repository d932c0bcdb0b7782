-- What others must be told of jobs. It stays when it is done, to be looked at, as long as its job.

CREATE TABLE deliveries (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    consumer TEXT NOT NULL,
    seq INTEGER NOT NULL,
    lane TEXT NOT NULL,
    at REAL NOT NULL,
    due REAL, -- none once it is at rest
    body BLOB NOT NULL,
    PRIMARY KEY (job_id, consumer, seq)
) STRICT;

CREATE INDEX deliveries_by_lane ON deliveries (consumer, lane, due) WHERE due IS NOT NULL;
CREATE INDEX deliveries_by_due ON deliveries (consumer, due) WHERE due IS NOT NULL;
CREATE INDEX deliveries_by_age ON deliveries (consumer, at) WHERE due IS NOT NULL;
