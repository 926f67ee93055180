-- What was done, by whom and for whom. A record is written once, in the transaction of what it describes.
CREATE TABLE audit (
    seq   INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at    INTEGER NOT NULL, -- Unix milliseconds
    run   TEXT    NOT NULL,
    entry TEXT    NOT NULL, -- JSON
    hash  TEXT    NOT NULL  -- over the hash before it and this record
) STRICT;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT raise(ABORT, 'an audit record is never changed'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT raise(ABORT, 'an audit record is never deleted'); END;
-- INSERT OR REPLACE deletes without asking the trigger above.
CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit
WHEN new.seq <= (SELECT max(seq) FROM audit)
BEGIN SELECT raise(ABORT, 'an audit record is never replaced'); END;

-- Each row names the record that says the same. The id of a step is the number of its intent's record;
-- numbers below 1 are steps that were written before there were records.
UPDATE steps SET id = id - (SELECT max(id) + 1 FROM steps);
ALTER TABLE steps ADD COLUMN outcome_record INTEGER;
ALTER TABLE runs ADD COLUMN record INTEGER;
ALTER TABLE results ADD COLUMN record INTEGER;
