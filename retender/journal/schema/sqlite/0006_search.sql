-- The index of names and texts: a row for each job, by its ordinal. The words come without case and
-- accents and with spaces between them (retender/transcript/search.py); the `ascii` tokenizer leaves
-- them as they are, whatever their script.

CREATE VIRTUAL TABLE search USING fts5 (
    owner, words, tokenize = 'ascii', prefix = '3 4', detail = 'column', columnsize = 0
);

CREATE TRIGGER jobs_leave_the_index AFTER DELETE ON jobs BEGIN
    DELETE FROM search WHERE rowid = old.ordinal;
END;

-- Jobs from before there was an index. They are indexed one after another when the service starts.
CREATE TABLE unindexed (ordinal INTEGER PRIMARY KEY) STRICT;

INSERT INTO unindexed (ordinal) SELECT ordinal FROM jobs;
