-- What was changed or refused. Each row is sealed over the one before it, so rows are only ever added.
CREATE TABLE audit_events (
    number        BIGINT NOT NULL PRIMARY KEY,   -- from 1, without a gap
    at            BIGINT NOT NULL,               -- milliseconds since 1970
    plugin        TEXT   NOT NULL,
    event_id      TEXT   NOT NULL,
    status        TEXT   NOT NULL,               -- 'succeeded' or 'failed'
    actor         TEXT   NOT NULL,
    event         TEXT   NOT NULL,               -- JSON; text, as it is sealed byte for byte
    key_id        TEXT   NOT NULL,               -- which key sealed it
    previous_hash TEXT   NOT NULL,               -- of the row before
    hash          TEXT   NOT NULL
);

-- The newest row. Who appends locks it, so that there is one chain.
CREATE TABLE audit_head (
    id     BIGINT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL,
    hash   TEXT   NOT NULL
);

INSERT INTO audit_head (id, number, hash)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

-- The key, where there is neither a configured one nor a file to keep one beside.
CREATE TABLE audit_keys (
    id     BIGINT NOT NULL PRIMARY KEY,
    secret TEXT   NOT NULL
);
