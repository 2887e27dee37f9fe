-- Programs that wait to be let in. Of both codes the database has the SHA-256 only; the user code
-- is short, but worth nothing to anybody who is not signed in. Times are milliseconds.
CREATE TABLE auth_device_codes (
    device_hash BYTEA   NOT NULL PRIMARY KEY,
    user_hash   BYTEA   NOT NULL UNIQUE,
    client      TEXT    NOT NULL,   -- how the program calls itself
    address     TEXT,               -- where it asked from
    status      TEXT    NOT NULL,   -- 'pending', 'approved' or 'denied'
    user_ref    TEXT,               -- who decided
    is_known    BOOLEAN NOT NULL,   -- whether the catalog knew who decided
    provider    TEXT    NOT NULL,   -- how they were signed in
    pause       BIGINT  NOT NULL,   -- how long the program has to wait between two questions
    asked_at    BIGINT,
    expires_at  BIGINT  NOT NULL
);

-- Programs that people let in. Each holds a refresh token, of which this has the SHA-256.
CREATE TABLE auth_device_sessions (
    id           TEXT    NOT NULL PRIMARY KEY,
    user_ref     TEXT    NOT NULL,
    is_known     BOOLEAN NOT NULL,
    provider     TEXT    NOT NULL,
    client       TEXT    NOT NULL,
    address      TEXT,
    refresh_hash BYTEA   NOT NULL UNIQUE,
    former_hash  BYTEA,              -- the refresh token before: whoever shows it has stolen one
    tokens       JSONB   NOT NULL,   -- the digests of the user tokens that it holds
    created_at   BIGINT  NOT NULL,
    refreshed_at BIGINT  NOT NULL,
    expires_at   BIGINT  NOT NULL
);

-- User tokens that ended before their time.
CREATE TABLE auth_revoked_tokens (
    token_hash BYTEA  NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
