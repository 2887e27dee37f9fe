//! What `callboard check` says of external access.

use super::restriction;
use crate::app::Core;
use crate::finding::Finding;

const LIST: &str = "backend.auth.externalAccess";

/// A warning for each key set whose tokens count whoever they are for, or whoever issued them.
///
/// Who signs with such a key often does so for many programs, and a token that one of them was
/// given for another service would open this hub. What cannot be read is reported at start.
pub(in crate::auth) fn findings(core: &Core) -> Vec<Finding> {
    let entries = core.config.root().optional_object_list(LIST);
    let entries = entries.ok().flatten().unwrap_or_default();
    let mut findings = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        if !entry.string("type").is_ok_and(|kind| kind == "jwks") {
            continue;
        }
        let Ok(options) = entry.at("options") else {
            continue;
        };
        let is_absent = |key: &&str| {
            restriction::words(&options, key)
                .is_ok_and(|words| words.is_none_or(|words| words.is_empty()))
        };
        let absent: Vec<_> = ["audience", "issuer"]
            .into_iter()
            .filter(is_absent)
            .collect();
        let (words, help) = match absent[..] {
            [] => continue,
            ["issuer"] => (
                "tokens count whoever issued them",
                "name whom tokens must be of: `options.issuer`",
            ),
            ["audience"] => (
                "tokens count whomever they are for",
                "name whom tokens must be for: `options.audience`",
            ),
            [..] => (
                "every token counts that a key of its set signs",
                "name whom tokens must be for and of: `options.audience` and `options.issuer`",
            ),
        };
        let path = format!("{LIST}[{index}]");
        let missing = absent.join("` and `");
        let message = format!("`{path}` has no `{missing}`: {words}");
        findings.push(Finding::warning(message).help(help).in_config(core, &path));
    }
    findings
}

#[cfg(test)]
mod tests {
    use crate::auth::test::core;
    use serde_json::{Value, json};

    async fn found(options: Value) -> Vec<String> {
        let entry = json!({"type": "jwks", "options": options});
        let config = json!({"backend": {"auth": {"externalAccess": [entry]}}});
        let findings = super::findings(&core(config).await);
        findings.iter().map(ToString::to_string).collect()
    }

    #[tokio::test]
    async fn a_key_set_whose_tokens_may_be_for_anybody_is_warned_of() {
        let url = "https://ci.example.com/keys";

        assert_eq!(
            found(json!({"url": url})).await,
            [
                "`backend.auth.externalAccess[0]` has no `audience` and `issuer`: every token counts \
              that a key of its set signs"
            ]
        );
        assert_eq!(
            found(json!({"url": url, "issuer": "https://ci.example.com"})).await,
            [
                "`backend.auth.externalAccess[0]` has no `audience`: tokens count whomever they are for"
            ]
        );
        assert_eq!(
            found(json!({"url": url, "audience": ["callboard"]})).await,
            ["`backend.auth.externalAccess[0]` has no `issuer`: tokens count whoever issued them"]
        );
        let whole =
            json!({"url": url, "audience": "callboard", "issuer": "https://ci.example.com"});
        assert_eq!(found(whole).await, Vec::<String>::new());
    }
}
