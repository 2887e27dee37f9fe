-- What is known of every entity, visible or not: who emits it, how it came out, when it is due.
CREATE TABLE catalog_records (
    entity_ref    TEXT    NOT NULL PRIMARY KEY,  -- canonical, in lower case
    uid           TEXT    NOT NULL UNIQUE,       -- stays with the reference until the entity is removed
    location_key  TEXT,                          -- '<type>:<target>' that has the reference; null: anybody may take it
    sources       TEXT    NOT NULL,              -- who emits it, one a line: '*<provider>' or the reference of an entity
    emitted       TEXT    NOT NULL,              -- hash of what was emitted
    input         TEXT,                          -- what was emitted, JSON: kept where it is processed again, or failed
    is_active     BOOLEAN NOT NULL,              -- whether processing it reads something
    tags          TEXT,                          -- what tells the things apart that it read, when all was well
    errors        TEXT    NOT NULL,              -- what went wrong, a JSON array of status items
    has_own_etag  BOOLEAN NOT NULL,              -- whether the source gives the etag, and not the hub
    line          BIGINT,                        -- where it is in its file
    digest        TEXT,                          -- of the next column; null: it was never visible
    entity        TEXT,                          -- the final entity as it is served, JSON
    due_at        BIGINT,                        -- when to process it, ms since 1970; null: when something new is emitted
    claimed_until BIGINT,                        -- a replica is at it; free again from then on
    claimed_by    TEXT
);

CREATE INDEX catalog_records_due ON catalog_records (due_at) WHERE due_at IS NOT NULL;

-- The files are read again with the next start, and find what they emitted by their references.
INSERT INTO catalog_records (
    entity_ref, uid, location_key, sources, emitted, is_active, errors, has_own_etag, digest, entity
)
SELECT
    entity_ref, uid, location_key,
    CASE WHEN parents = '' THEN '*config' ELSE parents END,
    '', FALSE, '[]', has_own_etag, digest, entity
FROM catalog_entities;

DROP TABLE catalog_entities;
