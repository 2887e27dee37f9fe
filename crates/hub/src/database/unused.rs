//! Keys of `backend.database` that mean something to the original and nothing here.

use super::{encryption, limit};
use crate::finding::Finding;
use callboard_config::Config;
use serde_json::Value;

/// Each with what is so instead.
const UNUSED: &[(&str, &str)] = &[
    (
        "skipMigrations",
        "the hub brings its tables up to date at every start",
    ),
    (
        "plugin",
        "all that the hub stores is in the one database of `backend.database.connection`",
    ),
];

/// Warns of keys from which somebody may expect something.
pub(crate) fn findings(config: &Config) -> Vec<Finding> {
    let is_set = |key: &str| {
        let value = config.json(key);
        !matches!(value, None | Some(Value::Null | Value::Bool(false)))
    };
    let unused = UNUSED.iter().filter_map(|(key, instead)| {
        let key = format!("backend.database.{key}");
        is_set(&key).then(|| {
            let finding = Finding::warning(format!("`{key}` in the configuration has no effect"));
            finding.help(*instead)
        })
    });
    unused
        .chain(limit::finding(config))
        .chain(encryption::findings(config))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_has_no_effect_is_told() {
        let database = json!({
            "client": "pg",
            "skipMigrations": true,
            "plugin": {"catalog": {"connection": {"database": "catalog"}}},
        });
        let unused = findings(&Config::from_value(
            json!({"backend": {"database": database}}),
        ));

        let messages: Vec<_> = unused.iter().map(|finding| &*finding.message).collect();
        assert_eq!(
            messages,
            [
                "`backend.database.skipMigrations` in the configuration has no effect",
                "`backend.database.plugin` in the configuration has no effect",
            ]
        );
        let usual = json!({"backend": {"database": {"skipMigrations": false}}});
        assert_eq!(findings(&Config::from_value(usual)), []);
    }
}
