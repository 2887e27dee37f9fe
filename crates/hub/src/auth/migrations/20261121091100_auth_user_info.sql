-- What the newest token of each user claims, for `/v1/userinfo`.
CREATE TABLE auth_user_info (
    user_ref TEXT  NOT NULL PRIMARY KEY,
    claims   JSONB NOT NULL
);
