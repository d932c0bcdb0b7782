-- The same as SQLite's 0006. The words are made by us, not by one of the server's parsers and
-- dictionaries: so no extension and no locale is needed, and both databases find the same.

CREATE TABLE search (
    rowid BIGINT PRIMARY KEY
        REFERENCES jobs (ordinal) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    owner TEXT COLLATE "C" NOT NULL,
    words TEXT COLLATE "C" NOT NULL,
    lexemes TSVECTOR NOT NULL GENERATED ALWAYS AS (
        array_to_tsvector(string_to_array(words, ' '))
    ) STORED
);

CREATE INDEX search_by_word ON search USING gin (lexemes);

CREATE TABLE unindexed (ordinal BIGINT PRIMARY KEY);

INSERT INTO unindexed (ordinal) SELECT ordinal FROM jobs;
