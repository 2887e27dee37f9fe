-- The refresh tokens of one sign-in of another front end follow each other without a session: what each was exchanged
-- for is known, so that the newest ends when an old one is shown again.
ALTER TABLE auth_spent_refresh_tokens ADD COLUMN next_hash BYTEA;

CREATE INDEX auth_spent_refresh_tokens_family ON auth_spent_refresh_tokens (family);
CREATE INDEX auth_spent_refresh_tokens_next ON auth_spent_refresh_tokens (next_hash);
