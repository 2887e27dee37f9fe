//! Secrets that stand in manuals, and secrets that are too short to be any.

use crate::app::Core;
use crate::finding::Finding;
use callboard_config::{Config, Secret};

/// Values that guides, charts and operators print where a secret belongs.
const KNOWN: [&str; 8] = [
    "my super auth session secret - change me!!!",
    "my-aws-cognito-app-client-secret",
    "xxx",
    "pl4s3Ch4ng3M3",
    "R2FxRVNrcmwzYzhhN3l0V1VRcnQ3L1pLT09WaVhDNUEK",
    "my super secret",
    "changeme",
    "secret",
];

/// Whoever knows one of these acts for others.
const SESSION_SECRET: &str = "auth.session.secret";

/// How long the session secret is at least, in bytes: as long as the key that it becomes.
const MIN_SESSION_SECRET: usize = 32;

/// A warning for each secret of authentication that everybody knows, or that can be guessed.
pub(super) fn findings(core: &Core) -> Vec<Finding> {
    let config = &core.config;
    let known = secrets(config)
        .into_iter()
        .filter(|(_, secret)| is_known(secret))
        .map(|(path, _)| {
            let message = format!("`{path}` is the placeholder of a manual: everybody knows it");
            let help = "put a random value in its place, such as that of `openssl rand -base64 32`";
            Finding::warning(message).help(help).in_config(core, &path)
        });
    known.chain(too_short(core)).collect()
}

fn too_short(core: &Core) -> Option<Finding> {
    let secret = text(&core.config, SESSION_SECRET)?;
    let length = secret.expose().len();
    if length >= MIN_SESSION_SECRET || is_known(&secret) {
        return None;
    }
    let message = format!(
        "`{SESSION_SECRET}` has {length} characters, and less than {MIN_SESSION_SECRET} can be guessed"
    );
    let finding = Finding::warning(message)
        .help("a longer one ends the sessions whose refresh tokens were sealed with it");
    Some(finding.in_config(core, SESSION_SECRET))
}

fn is_known(secret: &Secret<String>) -> bool {
    KNOWN.contains(&secret.expose().trim())
}

/// The secrets of authentication with their paths. What has the wrong type is reported by whoever
/// needs it.
fn secrets(config: &Config) -> Vec<(String, Secret<String>)> {
    let count = |list: &str| {
        let value = config.json(list);
        value.and_then(|value| value.as_array().map(Vec::len))
    };
    let each = |list: &'static str, member: &'static str| {
        (0..count(list).unwrap_or_default()).map(move |at| format!("{list}[{at}].{member}"))
    };
    let mut paths = vec![SESSION_SECRET.to_owned()];
    paths.extend(each("backend.auth.keys", "secret"));
    paths.extend(each("backend.auth.externalAccess", "options.secret"));
    paths.extend(each("backend.auth.externalAccess", "options.token"));
    paths.extend(client_secrets(config));
    let found = paths.into_iter().filter_map(|path| {
        let secret = text(config, &path)?;
        Some((path, secret))
    });
    found.collect()
}

/// Where providers keep their client secrets, in an environment or outside of one.
fn client_secrets(config: &Config) -> Vec<String> {
    let Ok(providers) = config.at("auth.providers") else {
        return Vec::new();
    };
    let mut paths = Vec::new();
    for provider in providers.keys() {
        let path = format!("auth.providers.{provider}");
        if let Ok(provider) = config.at(&path) {
            let environments = provider.keys().into_iter();
            paths.extend(environments.map(|name| format!("{path}.{name}.clientSecret")));
        }
        paths.push(format!("{path}.clientSecret"));
    }
    paths
}

fn text(config: &Config, path: &str) -> Option<Secret<String>> {
    let text = config.optional_string(path).ok()??;
    Some(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::test::core;
    use serde_json::{Value, json};

    async fn messages(config: Value) -> Vec<String> {
        let findings = findings(&core(config).await);
        findings
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    }

    #[tokio::test]
    async fn the_secrets_of_manuals_are_told_by_their_place_and_not_repeated() {
        let config = json!({
            "auth": {
                "session": {"secret": "my super auth session secret - change me!!!"},
                "providers": {"oidc": {"production": {"clientSecret": "my-aws-cognito-app-client-secret"}}},
            },
            "backend": {"auth": {
                "keys": [{"secret": "xxx"}],
                "externalAccess": [
                    {"type": "legacy", "options": {"secret": "pl4s3Ch4ng3M3", "subject": "a"}},
                    {"type": "static", "options": {"token": "changeme", "subject": "b"}},
                    {"type": "static", "options": {"token": "a-token-of-our-own", "subject": "c"}},
                ],
            }},
        });

        let messages = messages(config).await;

        let place =
            |path: &str| format!("`{path}` is the placeholder of a manual: everybody knows it");
        assert_eq!(
            messages,
            [
                place("auth.session.secret"),
                place("backend.auth.keys[0].secret"),
                place("backend.auth.externalAccess[0].options.secret"),
                place("backend.auth.externalAccess[1].options.token"),
                place("auth.providers.oidc.production.clientSecret"),
            ]
        );
    }

    #[tokio::test]
    async fn a_session_secret_is_to_be_long() {
        let short = json!({"auth": {"session": {"secret": "fourteen chars"}}});
        let long = json!({"auth": {"session": {"secret": "0123456789abcdef0123456789abcdef"}}});

        assert_eq!(
            messages(short).await,
            ["`auth.session.secret` has 14 characters, and less than 32 can be guessed"]
        );
        assert_eq!(messages(long).await, Vec::<String>::new());
        assert_eq!(messages(json!({})).await, Vec::<String>::new());
    }
}
