-- What people see of their sessions, and what says that they are still signed in at the provider.
-- The sessions of before knew less: their people sign in once more.
DROP TABLE auth_sessions;

CREATE TABLE auth_sessions (
    id_hash        BYTEA  NOT NULL PRIMARY KEY,  -- SHA-256 of the id that the browser holds
    family         BYTEA  NOT NULL,              -- shared by the sessions that followed each other in a browser
    user_ref       TEXT   NOT NULL,
    ownership      JSONB  NOT NULL,
    provider       TEXT   NOT NULL,
    environment    TEXT,
    profile        JSONB  NOT NULL,
    user_agent     TEXT,
    address        TEXT,
    signed_in_at   BIGINT NOT NULL,
    resolved_at    BIGINT NOT NULL,              -- when the provider last said who it is
    seen_at        BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    replaced_at    BIGINT,                       -- the next of the family began; kept to know a stolen id
    refresh_token  BYTEA,                        -- sealed
    renewing_until BIGINT NOT NULL DEFAULT 0     -- a hub asks the provider
);

-- Refresh tokens that were exchanged for newer ones: showing one again ends the family.
CREATE TABLE auth_spent_refresh_tokens (
    token_hash BYTEA  NOT NULL PRIMARY KEY,
    family     BYTEA  NOT NULL,
    spent_at   BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- What seals refresh tokens where `auth.session.secret` is not configured; one row.
CREATE TABLE auth_session_secret (
    id     BIGINT NOT NULL PRIMARY KEY,
    secret BYTEA  NOT NULL
);
