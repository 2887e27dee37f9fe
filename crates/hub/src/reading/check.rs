//! What is odd in the configuration of reading, though it can be used.

use super::allow::{self, AllowList};
use super::config;
use crate::app::Core;
use crate::finding::Finding;
use callboard_config::Config;
use std::collections::HashMap;

/// What the hub logs at start, and `callboard check` prints.
pub(super) fn findings(core: &Core) -> Vec<Finding> {
    let config = &core.config;
    let mut findings = unread(config);
    // What cannot be read is reported by whoever registers.
    if let Ok(list) = AllowList::read(config) {
        findings.extend(list.dead().map(|(index, host)| {
            let (key, option) = (allow::KEY, allow::PRIVATE);
            let text = format!(
                "nothing is read from `{host}`: it is not at an address of the public internet"
            );
            let finding =
                Finding::warning(text).help(format!("add `{option}: true` if it may be reached"));
            placed(config, &format!("{key}[{index}].host"), finding)
        }));
    }
    if let Ok(integrations) = config::read(config) {
        let mut known: HashMap<String, &str> = HashMap::new();
        for at in integrations {
            let id = at.forge.id();
            if let Some(first) = known.get(&at.host) {
                let text = format!(
                    "`{}` is in `integrations.{id}` as well as in `integrations.{first}`, which counts",
                    at.host
                );
                let finding = Finding::warning(text).help("leave it in one of them");
                findings.push(placed(config, &format!("integrations.{id}"), finding));
            } else {
                known.insert(at.host, id);
            }
        }
    }
    findings
}

/// Sections for hosts that this hub does not read.
fn unread(config: &Config) -> Vec<Finding> {
    let sections = config::UNREAD.into_iter();
    let present =
        sections.filter(|section| config.json(&format!("integrations.{section}")).is_some());
    present
        .map(|section| {
            let path = format!("integrations.{section}");
            let text = format!("`{path}` is not used: this hub does not read such hosts");
            placed(config, &path, Finding::warning(text))
        })
        .collect()
}

fn placed(config: &Config, path: &str, finding: Finding) -> Finding {
    match config.located(path) {
        Some(location) => finding.at(location.file, Some(location.line)),
        None => finding,
    }
}

#[cfg(test)]
mod tests {
    use crate::Hub;
    use crate::app::Mode;
    use crate::clock::SystemClock;
    use callboard_config::Config;
    use serde_json::{Value, json};
    use std::sync::Arc;

    /// What `callboard check` says about the two sections.
    async fn findings(integrations: Value, allow: Value) -> Vec<String> {
        let config = json!({
            "backend": {"baseUrl": "http://localhost:7007", "reading": {"allow": allow}},
            "integrations": integrations,
        });
        let found = Hub::check(
            Config::from_value(config),
            Arc::new(SystemClock),
            Mode::Production,
        );
        let found = found.await.unwrap().into_iter();
        let found = found.filter(|finding| !finding.message.contains("permission.enabled"));
        found
            .map(|finding| format!("{:?}: {}", finding.severity, finding.message))
            .collect()
    }

    #[tokio::test]
    async fn oddities_are_warnings() {
        let integrations = json!({
            "gerrit": [{"host": "gerrit.example.com"}],
            "gitlab": [{"host": "git.example.com"}],
            "gitea": [{"host": "git.example.com"}],
        });
        let allow = json!([{"host": "localhost:3000"}, {"host": "10.0.0.1", "allowPrivateAddresses": true}]);

        let found = findings(integrations, allow).await;

        assert_eq!(
            found,
            [
                "Warning: `integrations.gerrit` is not used: this hub does not read such hosts",
                "Warning: nothing is read from `localhost`: it is not at an address of the public internet",
                "Warning: `git.example.com` is in `integrations.gitea` as well as in `integrations.gitlab`, which counts",
            ]
        );
    }

    #[tokio::test]
    async fn what_cannot_be_used_is_an_error() {
        let of = async |kind: &str, entry: Value| {
            let found = findings(json!({kind: [entry]}), json!([])).await;
            found.join("; ")
        };

        assert_eq!(
            of("github", json!({"host": "https://github.com"})).await,
            "Error: `https://github.com` is no host"
        );
        assert_eq!(
            of(
                "gitlab",
                json!({"host": "git.example.com", "apiBaseUrl": "git/api"})
            )
            .await,
            "Error: `apiBaseUrl` is no address that can be asked"
        );
        assert_eq!(
            of("github", json!({"token": "a\nb"})).await,
            "Error: `token` holds characters that cannot be sent"
        );
        let app = json!({"appId": 7, "privateKey": "-----BEGIN"});
        assert_eq!(
            of("github", json!({"apps": [app]})).await,
            "Error: the key is no RSA key in PEM"
        );
        assert_eq!(
            of(
                "bitbucketCloud",
                json!({"clientId": "c", "clientSecret": "s"})
            )
            .await,
            "Error: OAuth consumers cannot be used to read yet"
        );
        assert_eq!(
            of("bitbucketCloud", json!({"username": "alice"})).await,
            "Error: a user name needs a `token` or an `appPassword` beside it"
        );
        assert_eq!(
            of("azure", json!({"token": "t"})).await,
            "Error: `token` is not known any more"
        );
        let twice = json!([
            {"organizations": ["a"], "personalAccessToken": "p"},
            {"organizations": ["b", "a"], "personalAccessToken": "q"},
        ]);
        assert_eq!(
            of("azure", json!({"credentials": twice})).await,
            "Error: organisation `a` has two credentials"
        );
        assert!(
            of("gitea", json!({}))
                .await
                .contains("integrations.gitea[0].host")
        );
    }
}
