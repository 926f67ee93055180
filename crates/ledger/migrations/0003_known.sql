-- Where a token went may come from another record, which knows no seed; and whether a code proved it.
CREATE TABLE known (
    idp           TEXT    NOT NULL,
    tenant        TEXT    NOT NULL,
    serial        TEXT    NOT NULL,
    token         TEXT    NOT NULL,
    user          TEXT,
    name          TEXT,             -- what the user signs in with, as the file says
    fingerprint   TEXT,             -- of the seed that was sent or proved
    code_accepted INTEGER NOT NULL, -- one of its codes was accepted
    PRIMARY KEY (idp, tenant, serial)
) STRICT;
-- A fingerprint was keyed with the serial number as it was spelt, of which the case is not known here.
INSERT INTO known SELECT idp, tenant, serial, token, user, NULL,
    CASE WHEN serial GLOB '*[a-z]*' THEN NULL ELSE fingerprint END, 0 FROM tokens;
DROP TABLE tokens;
