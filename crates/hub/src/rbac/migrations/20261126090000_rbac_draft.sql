-- Roles that people are writing in the wizard, by the session that they do it in. `target` is the
-- role that is edited, or empty for a new one. Times are milliseconds.
CREATE TABLE rbac_drafts (
    session_id  TEXT    NOT NULL,
    target      TEXT    NOT NULL,
    draft       JSONB   NOT NULL,
    changed_at  BIGINT  NOT NULL,
    PRIMARY KEY (session_id, target)
);
