-- Keys that sign user tokens. The private half is erased when a key stops signing; the public
-- half stays for as long as a token that the key signed may be shown. Times are milliseconds.
CREATE TABLE auth_keys (
    id             TEXT   NOT NULL PRIMARY KEY,
    public_jwk     TEXT   NOT NULL,
    private_pem    TEXT,
    signs_until    BIGINT NOT NULL,
    verifies_until BIGINT NOT NULL
);
