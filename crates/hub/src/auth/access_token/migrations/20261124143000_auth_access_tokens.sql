-- Tokens that people and service accounts call with. Whoever made one holds it, the database only
-- its SHA-256: it is 256 random bits, so nothing slower is needed. Times are milliseconds.
CREATE TABLE auth_access_tokens (
    id              TEXT    NOT NULL PRIMARY KEY,
    secret_hash     BYTEA   NOT NULL UNIQUE,
    owner_ref       TEXT    NOT NULL,
    is_owner_known  BOOLEAN NOT NULL,   -- whether the catalog knew the owner when it was made
    name            TEXT    NOT NULL,
    hint            TEXT    NOT NULL,   -- how it begins
    scope           JSONB   NOT NULL,
    created_by      TEXT    NOT NULL,
    created_at      BIGINT  NOT NULL,
    expires_at      BIGINT  NOT NULL,
    last_used_at    BIGINT,
    last_used_from  TEXT,
    UNIQUE (owner_ref, name)
);
