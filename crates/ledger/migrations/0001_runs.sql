-- A run and its plan. Plans hold serials and users, never seeds or codes.
CREATE TABLE runs (
    id          TEXT    NOT NULL PRIMARY KEY,
    idp         TEXT    NOT NULL,
    tenant      TEXT    NOT NULL,
    plan        BLOB    NOT NULL, -- JSON, compressed (gzip)
    plan_digest TEXT    NOT NULL,
    begun_at    INTEGER NOT NULL, -- Unix seconds
    -- What the plan says, so that a list of runs reads no plan.
    rows_total     INTEGER NOT NULL,
    rows_open      INTEGER NOT NULL,
    rows_unchanged INTEGER NOT NULL,
    -- What it took so far.
    total       INTEGER NOT NULL DEFAULT 0,
    writes      INTEGER NOT NULL DEFAULT 0,
    throttled   INTEGER NOT NULL DEFAULT 0,
    elapsed_ms  INTEGER NOT NULL DEFAULT 0
) STRICT;

-- One row a call and token: the intent before it was sent, and later what came of it.
CREATE TABLE steps (
    id         INTEGER NOT NULL PRIMARY KEY,
    run        TEXT    NOT NULL REFERENCES runs (id),
    serial     TEXT    NOT NULL,
    step       TEXT    NOT NULL, -- JSON: ["import","assign"]
    user       TEXT,
    time_step  INTEGER,
    attempt    TEXT,             -- done, notdone, unknown; NULL until resolved
    request_id TEXT,
    problem    TEXT
) STRICT;
CREATE INDEX steps_by_token ON steps (run, serial);

-- How each row of a run ended.
CREATE TABLE results (
    run     TEXT NOT NULL REFERENCES runs (id),
    serial  TEXT NOT NULL,
    outcome TEXT NOT NULL, -- the word in the result
    result  TEXT NOT NULL, -- JSON
    PRIMARY KEY (run, serial)
) STRICT;
CREATE INDEX results_by_outcome ON results (run, outcome);

-- Where each token went: Okta keeps no serials.
CREATE TABLE tokens (
    idp         TEXT NOT NULL,
    tenant      TEXT NOT NULL,
    serial      TEXT NOT NULL,
    token       TEXT NOT NULL,
    user        TEXT,
    fingerprint TEXT NOT NULL, -- of the seed that was sent
    PRIMARY KEY (idp, tenant, serial)
) STRICT;
