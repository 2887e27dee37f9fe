-- Who calls that is no person: `user:callboard-service/<name>` in roles.
CREATE TABLE auth_service_accounts (
    name        TEXT   NOT NULL PRIMARY KEY,
    description TEXT   NOT NULL,
    created_by  TEXT   NOT NULL,
    created_at  BIGINT NOT NULL
);
