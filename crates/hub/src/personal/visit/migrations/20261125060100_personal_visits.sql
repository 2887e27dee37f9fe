-- Which entities a person opened last, a few of each. Times are milliseconds.
CREATE TABLE personal_visits (
    user_ref    TEXT    NOT NULL,
    entity_ref  TEXT    NOT NULL,
    opened_at   BIGINT  NOT NULL,
    PRIMARY KEY (user_ref, entity_ref)
);

CREATE INDEX personal_visits_by_time ON personal_visits (opened_at);
