-- One row; its lock, held until commit, makes the order of commits the order of revisions.
CREATE TABLE store_feed_head (
    id       BIGINT NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL,   -- the newest revision handed out
    pruned   BIGINT NOT NULL    -- lines up to this revision are gone
);

INSERT INTO store_feed_head (id, revision, pruned) VALUES (1, 0, 0);

CREATE TABLE store_changes (
    revision BIGINT NOT NULL PRIMARY KEY,
    topic    TEXT   NOT NULL,
    key      TEXT   NOT NULL
);
