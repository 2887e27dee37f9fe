//! The ids of plugins that are listed for those who write policies.

use super::random::Random;
use super::request::Requests;
use super::writer::{Subject, Write};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const PATH: &str = "/api/permission/plugins/id";

/// What ours begin with; the hub has others.
const PREFIX: &str = "crash-";

pub(crate) struct PluginIds;

impl Subject for PluginIds {
    fn name(&self) -> String {
        "plugin ids".to_owned()
    }

    fn next(&mut self, now: &Value, random: &mut Random) -> Write {
        let now = ids(now);
        let all: BTreeSet<String> = (0..9).map(|number| format!("{PREFIX}{number}")).collect();
        let absent: Vec<String> = all.difference(&now).cloned().collect();
        let adds = now.is_empty() || (!absent.is_empty() && random.below(2) == 0);
        let (method, chosen) = if adds {
            ("POST", random.some(&absent))
        } else {
            (
                "DELETE",
                random.some(&now.iter().cloned().collect::<Vec<_>>()),
            )
        };
        let changed: BTreeSet<String> = chosen.iter().cloned().collect();
        let after: BTreeSet<String> = now.symmetric_difference(&changed).cloned().collect();
        Write {
            method,
            path: PATH.to_owned(),
            body: json!({"ids": chosen}),
            after: json!(after),
        }
    }

    fn shown(&mut self, requests: &Requests) -> Value {
        json!(ids(&requests.get(PATH)["ids"]))
    }
}

fn ids(list: &Value) -> BTreeSet<String> {
    let ids = list
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    ids.filter(|id| id.starts_with(PREFIX))
        .map(str::to_owned)
        .collect()
}
