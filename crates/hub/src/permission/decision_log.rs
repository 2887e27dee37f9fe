//! The audit event of each decision.

use crate::audit::{self, Actor, Event, Outcome, Severity};
use crate::hub::StartError;
use crate::principal::{Principal, UserPrincipal};
use callboard_config::Config;
use callboard_policy::{Decision, Permission};
use serde_json::{Map, Value, json};

const KEY: &str = "callboard.audit.decisions";

/// Which decisions become log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DecisionLog {
    /// Every one, as in the original.
    All,
    /// Those that were denied.
    Denied,
    /// None: nothing is formatted either.
    None,
}

impl DecisionLog {
    pub(super) fn from_config(config: &Config) -> Result<DecisionLog, StartError> {
        match config.optional_string(KEY)?.as_deref() {
            None | Some("all") => Ok(DecisionLog::All),
            Some("denied") => Ok(DecisionLog::Denied),
            Some("none") => Ok(DecisionLog::None),
            Some(other) => Err(StartError::value(
                config,
                KEY,
                format_args!("`{other}` is none of `all`, `denied`, `none`"),
            )),
        }
    }

    /// Writes the event of a decision about a person, or about nobody.
    ///
    /// Services are decided without the policy, as in the original, and leave no event.
    pub(super) fn write(self, principal: &Principal, permission: &Permission, decision: &Decision) {
        let is_wanted = match self {
            DecisionLog::All => true,
            DecisionLog::Denied => matches!(decision, Decision::Deny(_)),
            DecisionLog::None => false,
        };
        if is_wanted {
            match principal {
                Principal::User(user) => write(Some(user), permission, decision),
                Principal::None => write(None, permission, decision),
                Principal::Service(_) => {}
            }
        }
    }
}

#[cold]
fn write(user: Option<&UserPrincipal>, permission: &Permission, decision: &Decision) {
    let mut meta = Map::new();
    let name = user.map_or("user without entity", |user| user.entity_ref.as_str());
    meta.insert("userEntityRef".to_owned(), json!(name));
    meta.insert("permissionName".to_owned(), json!(permission.name()));
    meta.insert("action".to_owned(), json!(permission.action().as_str()));
    if let Some(resource_type) = permission.resource_type() {
        meta.insert("resourceType".to_owned(), json!(resource_type));
    }
    meta.insert("result".to_owned(), json!(decision.result()));
    meta.insert(
        "reason".to_owned(),
        json!(decision.reason().kind().as_str()),
    );
    if let (Decision::Conditional(conditional), Some(user)) = (decision, user) {
        let conditions = conditional
            .criteria_for(&user.entity_ref, &user.ownership)
            .to_json();
        meta.insert("pluginId".to_owned(), json!(conditional.plugin_id.as_str()));
        meta.insert(
            "resourceType".to_owned(),
            json!(conditional.resource_type.as_str()),
        );
        meta.insert("conditions".to_owned(), conditions);
    }
    audit::record(&Event {
        plugin: "permission",
        id: "permission-evaluation",
        severity: Severity::Medium,
        outcome: Outcome::Succeeded,
        actor: Actor {
            id: "plugin:permission",
            ..Actor::default()
        },
        request: None,
        meta: Value::Object(meta),
    });
}
