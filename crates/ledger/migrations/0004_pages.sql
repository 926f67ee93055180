-- To find records by what they are about. The records are as they were; one that was damaged is about
-- nothing.
CREATE INDEX audit_by_run ON audit (run);
CREATE INDEX audit_by_serial ON audit (CASE WHEN json_valid(entry) THEN entry ->> '$.serial' END);
CREATE INDEX audit_by_user ON audit (CASE WHEN json_valid(entry) THEN entry ->> '$.user' END)
    WHERE CASE WHEN json_valid(entry) THEN entry ->> '$.user' END IS NOT NULL;
CREATE INDEX audit_by_name ON audit (CASE WHEN json_valid(entry) THEN lower(entry ->> '$.name') END)
    WHERE CASE WHEN json_valid(entry) THEN lower(entry ->> '$.name') END IS NOT NULL;
-- What came of a call.
CREATE INDEX audit_by_intent ON audit (CASE WHEN json_valid(entry) THEN entry ->> '$.intent' END)
    WHERE CASE WHEN json_valid(entry) THEN entry ->> '$.intent' END IS NOT NULL;
-- Who acts in a sitting stands in its first record.
CREATE INDEX audit_actors ON audit (run)
    WHERE CASE WHEN json_valid(entry) THEN entry ->> '$.actor' END IS NOT NULL;
