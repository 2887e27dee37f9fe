-- Which changes name a role, so that the history of one is found without reading all of them. What
-- they say stands in the rows of the log, and only those are sealed.
CREATE TABLE audit_roles (
    role_ref TEXT   NOT NULL,
    number   BIGINT NOT NULL,   -- of the row of the log
    PRIMARY KEY (role_ref, number)
);
