-- When the provider last said that the person of a program is signed in with it. Those of before are asked about at
-- their next refresh.
ALTER TABLE auth_device_sessions ADD COLUMN confirmed_at BIGINT NOT NULL DEFAULT 0;

UPDATE auth_device_sessions SET confirmed_at = refreshed_at;
