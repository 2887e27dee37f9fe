-- Role references are compared as written: `role:default/Team` and `role:default/team` are two roles.
CREATE TABLE rbac_roles (
    role_ref      TEXT    NOT NULL PRIMARY KEY,
    source        TEXT    NOT NULL,   -- 'rest', 'csv-file', 'configuration', 'legacy', or a provider's name
    description   TEXT,
    owner_ref     TEXT,
    author        TEXT,
    modified_by   TEXT,
    created_at    BIGINT,             -- milliseconds since 1970
    modified_at   BIGINT,             -- milliseconds since 1970
    is_default    BOOLEAN NOT NULL
);

-- A membership counts for decisions without its role's row, so there is no foreign key.
CREATE TABLE rbac_memberships (
    id          BIGINT NOT NULL PRIMARY KEY,   -- order of insertion
    member_ref  TEXT   NOT NULL,
    role_ref    TEXT   NOT NULL,
    source      TEXT   NOT NULL,
    origin_file TEXT,
    origin_line BIGINT,
    UNIQUE (role_ref, member_ref)
);
