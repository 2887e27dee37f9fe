-- Whose tokens a key signs: empty for users, else the id of a plugin of this hub.
ALTER TABLE auth_keys ADD COLUMN owner TEXT NOT NULL DEFAULT '';
