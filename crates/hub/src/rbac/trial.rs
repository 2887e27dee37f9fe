//! What a changed policy file would change, before it is in force.
//!
//! The file is brought in as a reload would do it, into a copy of what is stored. A second policy
//! is compiled from that, and both are asked what each person may do: nothing is worked out any
//! other way than decisions are.

use super::check;
use super::source::{Look, SourceKind};
use super::state::State;
use super::{follow, load, sync};
use crate::app::App;
use crate::auth::ownership_of;
use crate::finding::Finding;
use crate::permission::{Access, InForce};
use callboard_policy::{Action, EntityRef, Inquiry, MappedPermission, Permission};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// What would come of a changed file.
pub(super) struct Trial {
    /// What is wrong or odd in it.
    pub(super) findings: Vec<Finding>,
    /// Whether nothing of it would count.
    pub(super) is_refused: bool,
    /// What would change, by permission.
    pub(super) changes: Vec<Change>,
}

/// What would change about one permission.
pub(super) struct Change {
    pub(super) permission: Permission,
    /// Who could do more.
    pub(super) gains: Vec<Turn>,
    /// Who could do less.
    pub(super) loses: Vec<Turn>,
    /// Who would be under other conditions, which may be more or less.
    pub(super) differs: Vec<Turn>,
}

/// What somebody may do, and might.
pub(super) struct Turn {
    pub(super) user: SmolStr,
    pub(super) before: Access,
    pub(super) after: Access,
}

/// Tries out `text` in the place of a configured file, on what `people` may do.
///
/// It takes time in proportion to people and permissions, reads the files, and is not for a thread
/// that answers requests.
pub(super) fn try_out(app: &App, kind: SourceKind, text: String, people: &[EntityRef]) -> Trial {
    let (rbac, core) = (app.rbac(), app.core());
    let config = rbac.config();
    let policies_text = match (kind, &config.policies) {
        (SourceKind::Policies, _) => text.clone(),
        (SourceKind::Conditions, Some(file)) => super::source::raw_text(file).unwrap_or_default(),
        (SourceKind::Conditions, None) => String::new(),
    };
    let look = Look::at(config).with_text(kind, text);
    let sources = look.into_sources(&core.config, config);
    let catalog = app.catalog().snapshot();
    let findings = match &sources.policies {
        Err(unreadable) => vec![unreadable.finding()],
        Ok(_) => check::in_sources(
            core,
            config,
            app.plugin_permissions(),
            Some(&catalog),
            (&sources, &policies_text),
        ),
    };

    let stored = rbac.state();
    let mut state = State::clone(&stored);
    let applied = sync::apply_files(&mut state, &sources, core.clock.now());
    let outcome = match kind {
        SourceKind::Policies => &applied.policies,
        SourceKind::Conditions => &applied.conditions,
    };
    let is_refused = outcome.refused.is_some();
    // What only a reload would find, such as a role that another source owns.
    let found = outcome.findings.iter();
    let new = found.filter(|one| !findings.iter().any(|known| is_same(known, one)));
    let findings = findings.iter().chain(new).cloned().collect();

    let model = load::model(&config.settings, &state, follow::groups_of(app));
    let before = app.permission().in_force();
    let after = InForce::on_trial(app, model.compile(0), &model.conditions);
    let people: Vec<_> = people
        .iter()
        .map(|user| {
            let owned = ownership_of(&catalog, user, app.auth().groups());
            (
                user,
                owned.unwrap_or_else(|| vec![user.as_smol_str().clone()]),
            )
        })
        .collect();
    let changes = permissions(app, &[&stored, &state])
        .into_iter()
        .map(|permission| Change::of(permission, &people, [&before, &after]))
        .filter(|change| !change.is_empty());
    Trial {
        changes: changes.collect(),
        findings,
        is_refused,
    }
}

fn is_same(one: &Finding, other: &Finding) -> bool {
    one.file == other.file && one.line == other.line && one.message == other.message
}

/// Every permission that plugins declare or one of the states names.
pub(super) fn permissions(app: &App, states: &[&State]) -> Vec<Permission> {
    let declared = app.plugin_permissions().iter();
    let declared = declared.flat_map(|plugin| &plugin.permissions);
    let mut all: BTreeMap<SmolStr, Permission> = declared
        .map(|permission| (SmolStr::new(permission.name()), permission.clone()))
        .collect();
    let types: Vec<SmolStr> = all
        .values()
        .filter_map(|permission| permission.resource_type().map(SmolStr::new))
        .collect();
    let mut add = |name: &str, resource_type: Option<&str>, action: Action| {
        // Names of resource types have no dots.
        if name.contains('.') && !types.iter().any(|known| known == name) {
            let action = Some(action).filter(|action| *action != Action::Use);
            all.entry(name.into())
                .or_insert_with(|| match resource_type {
                    Some(resource_type) => Permission::resource(name, action, resource_type),
                    None => Permission::basic(name, action),
                });
        }
    };
    for state in states {
        for condition in state.conditions.values().map(|record| &record.policy) {
            for entry in &condition.mapping {
                if let MappedPermission::Named { name, .. } = entry {
                    add(name, Some(&condition.resource_type), entry.action());
                }
            }
        }
        for grant in state.policies.keys() {
            add(&grant.permission, None, grant.action);
        }
    }
    all.into_values().collect()
}

impl Change {
    fn of(
        permission: Permission,
        people: &[(&EntityRef, Vec<SmolStr>)],
        [before, after]: [&InForce; 2],
    ) -> Change {
        let mut change = Change {
            gains: Vec::new(),
            loses: Vec::new(),
            differs: Vec::new(),
            permission,
        };
        for (user, ownership) in people {
            let inquiry = Inquiry {
                user: user.as_str(),
                ownership,
                permission: &change.permission,
            };
            let turn = Turn {
                user: user.as_smol_str().clone(),
                before: before.access(inquiry),
                after: after.access(inquiry),
            };
            if turn.before == turn.after {
                continue;
            }
            let turns = match rank(&turn.after).cmp(&rank(&turn.before)) {
                std::cmp::Ordering::Greater => &mut change.gains,
                std::cmp::Ordering::Less => &mut change.loses,
                std::cmp::Ordering::Equal => &mut change.differs,
            };
            turns.push(turn);
        }
        change
    }

    fn is_empty(&self) -> bool {
        self.gains.is_empty() && self.loses.is_empty() && self.differs.is_empty()
    }
}

/// How much an access is.
fn rank(access: &Access) -> u8 {
    match access {
        Access::Deny => 0,
        Access::Conditional(_) => 1,
        Access::Allow => 2,
    }
}
