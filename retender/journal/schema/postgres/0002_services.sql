-- When the service began whose epoch it is, in seconds since 1970; 0 where it did not say.

ALTER TABLE ledger ADD COLUMN since DOUBLE PRECISION NOT NULL DEFAULT 0;
