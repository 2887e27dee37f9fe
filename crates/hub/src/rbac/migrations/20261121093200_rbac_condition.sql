-- Mapping and criteria are JSON in text columns: they are answered as they were written, order included.
CREATE TABLE rbac_conditions (
    id                 BIGINT NOT NULL PRIMARY KEY,   -- known to clients, never used twice
    role_ref           TEXT   NOT NULL,
    plugin_id          TEXT   NOT NULL,
    resource_type      TEXT   NOT NULL,
    permission_mapping TEXT   NOT NULL,
    conditions         TEXT   NOT NULL,
    source             TEXT   NOT NULL,
    origin_file        TEXT,
    origin_line        BIGINT
);

CREATE TABLE rbac_plugin_ids (
    plugin_id TEXT NOT NULL PRIMARY KEY
);

-- The last number handed out of each kind.
CREATE TABLE rbac_sequences (
    name TEXT   NOT NULL PRIMARY KEY,
    last BIGINT NOT NULL
);

INSERT INTO rbac_sequences (name, last) VALUES ('row', 0), ('condition', 0);
