//! Secrets stay hidden.

use serde_json::json;

use crate::fixture::load;

const TEXT: &str = "
app: {title: Playbill}
backend:
  auth:
    externalAccess:
      - {type: static, options: {token: static-token, subject: cli}}
  database:
    connection: {host: db, password: 1234}
    plugin: {catalog: {connection: 'postgres://u:p@db'}}
auth:
  session: {secret: session-secret}
  backstageTokenExpiration: {minutes: 10}
  providers: {oidc: {production: {clientId: id, clientSecret: client-secret, tokenUrl: u}}}
proxy: {endpoints: {/x: {headers: {X-Key: header}}}}
short: {token: x}
";

#[test]
fn secrets_are_redacted_and_nothing_else() {
    let config = load(TEXT).unwrap();

    assert_eq!(
        config.redacted_json(),
        json!({
            "app": {"title": "Playbill"},
            "backend": {
                "auth": {"externalAccess": [
                    {"type": "static", "options": {"token": "***", "subject": "cli"}}
                ]},
                "database": {
                    "connection": {"host": "db", "password": "***"},
                    "plugin": {"catalog": {"connection": "***"}}
                }
            },
            "auth": {
                "session": {"secret": "***"},
                "backstageTokenExpiration": {"minutes": 10},
                "providers": {"oidc": {"production": {
                    "clientId": "id", "clientSecret": "***", "tokenUrl": "u"
                }}}
            },
            "proxy": {"endpoints": {"/x": {"headers": {"X-Key": "***"}}}},
            "short": {"token": "***"}
        })
    );
    assert!(!format!("{config:?}").contains("session-secret"));
}

#[test]
fn secrets_for_masking_are_longer_than_one_character() {
    let config = load(TEXT).unwrap();

    let secrets = config.secrets();

    let texts: Vec<&str> = secrets
        .iter()
        .map(|secret| secret.expose().as_str())
        .collect();
    assert_eq!(
        texts,
        [
            "postgres://u:p@db",
            "session-secret",
            "client-secret",
            "static-token",
            "header"
        ]
    );
    assert_eq!(format!("{:?}", secrets[0]), "***");
}
