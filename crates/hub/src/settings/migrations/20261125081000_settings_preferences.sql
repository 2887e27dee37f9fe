-- How people want pages to look, for the next browser that they sign in with.
CREATE TABLE settings_preferences (
    user_ref    TEXT   NOT NULL PRIMARY KEY,
    preferences JSONB  NOT NULL,
    changed_at  BIGINT NOT NULL
);
