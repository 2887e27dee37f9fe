//! The tables of other installations, as their servers make them, with rows of every kind.

/// The newest version: `backstage_plugin_permission`, or a schema of that name.
pub(super) const NEWEST: &str = r#"
CREATE TABLE casbin_rule (
    id serial PRIMARY KEY, ptype varchar, v0 varchar, v1 varchar, v2 varchar, v3 varchar, v4 varchar, v5 varchar, v6 varchar
);
CREATE TABLE "role-metadata" (
    id serial, "roleEntityRef" varchar(255) NOT NULL, source varchar(255), description varchar(255), author varchar(255),
    "modifiedBy" varchar(255), "createdAt" timestamptz, "lastModified" timestamptz, owner varchar(255),
    "isDefault" boolean DEFAULT false, PRIMARY KEY (id, "roleEntityRef")
);
CREATE TABLE "role-condition-policies" (
    id serial PRIMARY KEY, "roleEntityRef" varchar(255), result varchar(255), "pluginId" varchar(255),
    "resourceType" varchar(255), permissions varchar(255), "conditionsJson" text
);
CREATE TABLE extra_permission_enabled_plugins ("pluginId" varchar(255) PRIMARY KEY);
CREATE TABLE knex_migrations (id serial PRIMARY KEY, name varchar(255), batch int, migration_time timestamptz);
"#;

/// Two roles of REST, one of a file, those of the configuration, and one from before metadata.
pub(super) const ROWS: &str = r#"
INSERT INTO casbin_rule (ptype, v0, v1, v2, v3) VALUES
    ('g', 'user:default/boss', 'role:default/rbac_admin', NULL, NULL),
    ('p', 'role:default/rbac_admin', 'policy-entity', 'read', 'allow'),
    ('g', 'user:default/tom', 'role:default/readers', NULL, NULL),
    ('g', 'group:default/crew', 'role:default/readers', NULL, NULL),
    ('p', 'role:default/readers', 'catalog-entity', 'read', 'allow'),
    ('p', 'role:default/readers', 'catalog.entity.create', 'create', 'allow'),
    ('g', 'user:default/olga', 'role:default/owners', NULL, NULL),
    ('p', 'role:default/owners', 'catalog.location.read', 'read', 'deny'),
    ('p', 'role:default/owners', 'catalog.location.create', 'create', 'allow'),
    ('g', 'user:default/Carl', 'role:default/old', NULL, NULL),
    ('p', 'role:default/old', 'policy-entity', 'create', 'allow'),
    ('g', 'user:default/fay', 'role:default/filed', NULL, NULL),
    ('p', 'role:default/filed', 'catalog.location.delete', 'delete', 'allow');
INSERT INTO "role-metadata"
    ("roleEntityRef", source, description, author, "modifiedBy", "createdAt", "lastModified", owner, "isDefault") VALUES
    ('role:default/rbac_admin', 'configuration', 'admins', 'application configuration', 'application configuration',
        '2025-03-25 17:24:17+00', '2025-03-25 17:24:17+00', NULL, false),
    ('role:default/readers', 'rest', 'who reads', 'user:default/boss', 'user:default/boss',
        '2025-03-25 18:24:17.5+01', '2025-04-25 17:24:17+00', 'user:default/boss', false),
    ('role:default/owners', 'rest', NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('role:default/filed', 'csv-file', NULL, 'csv permission policy file', 'csv permission policy file',
        '2025-03-25 17:24:17+00', '2025-03-25 17:24:17+00', NULL, false);
INSERT INTO "role-condition-policies" VALUES
    (4, 'role:default/owners', 'CONDITIONAL', 'catalog', 'catalog-entity', '["read", "delete"]',
        '{"rule":"IS_ENTITY_OWNER","resourceType":"catalog-entity","params":{"claims":["$currentUser"]}}'),
    (9, 'role:default/readers', 'CONDITIONAL', 'catalog', 'catalog-entity',
        '[{"name":"catalog.entity.refresh","action":"update"}]',
        '{"not":{"rule":"IS_ENTITY_KIND","resourceType":"catalog-entity","params":{"kinds":["Group"]}}}');
INSERT INTO extra_permission_enabled_plugins VALUES ('jenkins');
"#;

/// What hands and old versions have left behind, beside [`ROWS`].
pub(super) const POISON: &str = r#"
ALTER TABLE casbin_rule ADD COLUMN v7 varchar, ADD COLUMN note jsonb DEFAULT '{}';
INSERT INTO casbin_rule (id, ptype, v0, v1, v2, v3) VALUES
    (101, 'p', 'role:default/readers', '"catalog-entity', 'read', 'deny'),
    (102, 'p', 'role:default/readers', NULL, NULL, NULL),
    (103, NULL, NULL, NULL, NULL, NULL),
    (104, 'g', 'user:default/tom', 'role:default/readers', NULL, NULL);
INSERT INTO "role-condition-policies" VALUES
    (10, 'role:default/readers', 'CONDITIONAL', 'catalog', 'catalog-entity', '["read', '{}'),
    (11, 'role:default/readers', 'CONDITIONAL', 'catalog', 'catalog-entity', '["read"]', NULL),
    (12, 'role:default/gone', 'CONDITIONAL', 'catalog', 'catalog-entity', '["read"]',
        '{"rule":"IS_ENTITY_KIND","resourceType":"catalog-entity"}'),
    (13, NULL, NULL, NULL, NULL, NULL, NULL);
"#;

/// RHDH 1.4 and before: fewer columns and tables, times as texts, and tables that later go.
pub(super) const OLD: &str = r#"
CREATE TABLE casbin_rule (
    id serial PRIMARY KEY, ptype varchar, v0 varchar, v1 varchar, v2 varchar, v3 varchar, v4 varchar, v5 varchar, v6 varchar
);
CREATE TABLE "role-metadata" (
    id serial, "roleEntityRef" varchar(255), source varchar(255), description varchar(255), author varchar(255),
    "modifiedBy" varchar(255), "createdAt" varchar(255), "lastModified" varchar(255)
);
CREATE TABLE "role-condition-policies" (
    id serial PRIMARY KEY, "roleEntityRef" varchar(255), result varchar(255), "pluginId" varchar(255),
    "resourceType" varchar(255), permissions varchar(255), "conditionsJson" text
);
CREATE TABLE "policy-metadata" (id serial, policy varchar(255), source varchar(255));
CREATE TABLE "policy-conditions" (id serial, "pluginId" varchar(255));
INSERT INTO "policy-metadata" (policy, source) VALUES ('[role:default/readers, x, read, allow]', 'rest');
INSERT INTO casbin_rule (ptype, v0, v1, v2, v3) VALUES
    ('g', 'user:default/Tom', 'role:default/readers', NULL, NULL),
    ('p', 'role:default/readers', 'catalog-entity', 'read', 'allow'),
    ('p', 'role:default/readers', 'policy-entity', 'create', 'allow');
INSERT INTO "role-metadata" ("roleEntityRef", source, author, "createdAt", "lastModified") VALUES
    ('role:default/readers', 'rest', 'user:default/boss', 'Tue, 25 Mar 2025 17:24:17 GMT', '2025-04-25T17:24:17.000Z');
INSERT INTO "role-condition-policies" VALUES
    (2, 'role:default/readers', 'CONDITIONAL', 'catalog', 'catalog-entity', '["delete"]',
        '{"rule":"IS_ENTITY_KIND","resourceType":"catalog-entity","params":{"kinds":["API"]}}');
"#;
