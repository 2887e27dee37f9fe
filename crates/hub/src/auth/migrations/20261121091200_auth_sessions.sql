-- Sessions of the pages. The browser holds the id, the database only its SHA-256.
CREATE TABLE auth_sessions (
    id_hash      BYTEA  NOT NULL PRIMARY KEY,
    user_ref     TEXT   NOT NULL,
    ownership    JSONB  NOT NULL,
    provider     TEXT   NOT NULL,
    signed_in_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL
);
