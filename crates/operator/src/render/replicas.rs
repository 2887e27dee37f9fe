//! Several replicas need a database that they can share.

use super::Input;
use super::config::Config;
use crate::error::InputError;
use crate::external::ExternalKind;
use serde_json::Value;

/// Refuses several replicas of a hub whose configuration says SQLite.
///
/// What only the hub can know, such as a client in a variable, it is left to find out.
///
/// # Errors
///
/// If `workload` has more than one replica, and the last file that names a database says SQLite.
pub(crate) fn check(
    input: &Input<'_>,
    config: &Config,
    workload: &Value,
) -> Result<(), InputError> {
    let replicas = workload["spec"]["replicas"].as_i64().unwrap_or(1);
    if replicas < 2 {
        return Ok(());
    }
    let client = texts(input, config)
        .into_iter()
        .filter_map(|text| client(&text))
        .next_back();
    match client.as_deref() {
        Some(client @ ("better-sqlite3" | "sqlite3")) => Err(InputError::field(
            "spec.application.replicas",
            format!(
                "{replicas} replicas need PostgreSQL, but `backend.database.client` is `{client}`; ask for one replica, or take `pg`"
            ),
        )),
        _ => Ok(()),
    }
}

/// The files of configuration in the order in which the hub reads them.
fn texts(input: &Input<'_>, config: &Config) -> Vec<String> {
    let defaults = config.objects.iter().filter(|object| {
        let name = object.value["metadata"]["name"].as_str();
        name.is_some_and(|name| name.starts_with("backstage-appconfig-"))
    });
    let defaults = defaults
        .filter_map(|object| object.value["data"].as_object())
        .flat_map(|data| data.values())
        .filter_map(|text| text.as_str().map(str::to_owned));
    let mut texts: Vec<String> = defaults.collect();
    for source in &input.instance.spec.application.app_config.config_maps {
        let key = (ExternalKind::ConfigMap, source.name.clone());
        let Some(content) = input.observed.externals.get(&key) else {
            continue;
        };
        for key in content.0.keys() {
            let is_wanted = source.key.as_ref().is_none_or(|wanted| wanted == key);
            texts.extend(content.text(key).filter(|_| is_wanted).map(str::to_owned));
        }
    }
    texts
}

/// Which database a file names; `None` also for one that the hub cannot read.
fn client(text: &str) -> Option<String> {
    let node = callboard_yaml::parse(text).ok()?;
    let client = node.lookup(["backend", "database", "client"])?.to_json();
    client.as_str().map(str::to_owned)
}
