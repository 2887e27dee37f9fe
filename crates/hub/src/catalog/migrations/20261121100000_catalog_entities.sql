-- What is served, and what the next reading of the files needs to know about it.
CREATE TABLE catalog_entities (
    entity_ref   TEXT    NOT NULL PRIMARY KEY,   -- canonical, in lower case
    uid          TEXT    NOT NULL UNIQUE,        -- stays with the reference until the entity is removed
    location_key TEXT    NOT NULL,               -- '<type>:<target>' of the file that it was read from
    origin_key   TEXT    NOT NULL,               -- the same of the configured location above it
    parents      TEXT    NOT NULL,               -- references of the entities that emit it, one a line
    has_own_etag BOOLEAN NOT NULL,               -- whether the file gives the etag, and not the hub
    digest       TEXT    NOT NULL,               -- of the next column, so that it need not be read to be compared
    entity       TEXT    NOT NULL                -- the final entity as it is served, JSON
);
