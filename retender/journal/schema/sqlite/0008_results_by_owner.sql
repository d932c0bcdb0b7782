-- Results are looked up by owner. Older jobs have theirs already, so nothing is to be rewritten. The
-- index `jobs_known` stays for services whose owners share their results.

CREATE INDEX jobs_known_to_owner ON jobs (owner, cache_key, ordinal) WHERE status = 'completed';
