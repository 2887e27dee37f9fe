-- The subject is a role; old data also have users and groups.
CREATE TABLE rbac_policies (
    id          BIGINT NOT NULL PRIMARY KEY,   -- order of insertion
    subject_ref TEXT   NOT NULL,
    permission  TEXT   NOT NULL,               -- a permission's name or a resource type
    action      TEXT   NOT NULL,
    effect      TEXT   NOT NULL,
    source      TEXT   NOT NULL,
    origin_file TEXT,
    origin_line BIGINT,
    UNIQUE (subject_ref, permission, action, effect)
);
