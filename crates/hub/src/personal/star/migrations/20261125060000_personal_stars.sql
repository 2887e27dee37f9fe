-- Which entities a person starred. Times are milliseconds. A star outlives its entity, which may
-- come back.
CREATE TABLE personal_stars (
    user_ref    TEXT    NOT NULL,
    entity_ref  TEXT    NOT NULL,
    starred_at  BIGINT  NOT NULL,
    PRIMARY KEY (user_ref, entity_ref)
);
