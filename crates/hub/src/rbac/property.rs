//! Whatever happened on the way, the same roles decide the same.
//!
//! People, files and configuration change roles that are not each other's: who comes first when two
//! sources want the same role is said elsewhere.

mod over_http;
mod step;
mod wanted;

use super::change::{self, RoleDraft, RoleUpdate, Writer};
use super::config::RbacConfig;
use super::load;
use super::owner::Visible;
use super::source::{Conditions, Content, Sources};
use super::state::State;
use super::sync::bring_in_line;
use crate::error::Error;
use callboard_config::Config;
use callboard_policy::{
    Action, ConditionLimits, ConditionsFile, ConditionsFileLimits, Decision, EntityRef, Grant,
    GroupGraph, Permission, PolicyFile, Principal,
};
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::json;
use smol_str::SmolStr;
use std::path::PathBuf;
use step::{Name, Policy, Step, faulty_steps, steps};
use wanted::{Request, Wanted};

const USERS: [Name; 3] = [
    "user:default/tom",
    "user:default/eve",
    "user:default/nobody",
];

/// Roles in memory, and what should be there.
struct Desk {
    state: State,
    wanted: Wanted,
}

impl Desk {
    /// Nothing but what every hub has.
    fn new() -> Desk {
        let mut desk = Desk {
            state: State::default(),
            wanted: Wanted::default(),
        };
        desk.bring_in_line();
        desk
    }

    /// What is there after `steps`.
    fn after(steps: &[Step]) -> Desk {
        let mut desk = Desk::new();
        for step in steps {
            desk.take(step);
        }
        desk
    }

    /// What is there when all of it comes at once.
    fn built_from(wanted: &Wanted) -> Desk {
        let mut desk = Desk {
            state: State::default(),
            wanted: wanted.clone(),
        };
        desk.bring_in_line();
        for request in wanted.requests() {
            let granted = apply(&mut desk.state, &request);
            granted.unwrap_or_else(|error| panic!("{request:?}: {error}"));
        }
        desk
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::WriteFiles(files) => {
                self.wanted.note_files(files.clone());
                self.bring_in_line();
            }
            Step::Configure(configuration) => {
                self.wanted.note_configuration(configuration.clone());
                self.bring_in_line();
            }
            _ => {
                let Some(request) = self.wanted.request(step) else {
                    return;
                };
                let before = self.state.clone();
                match apply(&mut self.state, &request) {
                    Ok(id) => self.wanted.note(request, id),
                    Err(_) => assert_eq!(
                        self.state, before,
                        "{request:?} was refused and changed something"
                    ),
                }
            }
        }
    }

    fn config(&self) -> RbacConfig {
        let permission = json!({"enabled": true, "rbac": self.wanted.configuration.to_json()});
        RbacConfig::from_config(&Config::from_value(json!({"permission": permission}))).unwrap()
    }

    fn bring_in_line(&mut self) {
        let files = self.wanted.files.as_ref();
        let sources = Sources {
            policies: Ok(
                files.map(|files| content("a.csv", PolicyFile::parse("a.csv", &files.csv())))
            ),
            conditions: Ok(files.map(|files| content("a.yaml", conditions(files.yaml())))),
        };
        let config = self.config();
        bring_in_line(&mut self.state, &config, &sources, Timestamp::UNIX_EPOCH).unwrap();
    }

    /// What everybody may do, one answer a line.
    fn decisions(&self) -> Vec<String> {
        let mut groups = GroupGraph::new();
        let entity = |text| EntityRef::parse(text).unwrap();
        groups.add_member(entity("user:default/tom"), entity("group:default/crew"));
        groups.add_parent(entity("group:default/crew"), entity("group:default/house"));
        let snapshot = load::model(&self.config().settings, &self.state, groups).compile(1);
        let mut decisions = Vec::new();
        for user in USERS {
            let ownership = [SmolStr::new(user)];
            let principal = Principal::User {
                entity_ref: user,
                ownership: &ownership,
            };
            for permission in questions() {
                let decision = snapshot.decide(principal, &permission);
                decisions.push(format!(
                    "{user} {}: {}",
                    permission.name(),
                    shown(&decision)
                ));
            }
        }
        decisions
    }
}

fn content<T>(name: &str, held: T) -> Content<T> {
    Content {
        name: name.into(),
        path: PathBuf::from(name),
        sha256: "0".into(),
        held,
    }
}

fn conditions(text: String) -> Conditions {
    let parsed = ConditionsFile::parse(&text, &ConditionsFileLimits::default());
    Conditions { text, parsed }
}

fn questions() -> [Permission; 6] {
    let entity = |name, action| Permission::resource(name, Some(action), "catalog-entity");
    [
        entity("catalog.entity.read", Action::Read),
        entity("catalog.entity.delete", Action::Delete),
        entity("catalog.entity.other", Action::Read),
        Permission::basic("policy.entity.create", Some(Action::Create)),
        Permission::resource("policy.entity.read", Some(Action::Read), "policy-entity"),
        Permission::basic("kubernetes.proxy", None),
    ]
}

/// A decision, the conditions of several roles in whatever order.
fn shown(decision: &Decision) -> String {
    let Decision::Conditional(conditional) = decision else {
        return decision.result().to_string();
    };
    let mut criteria = conditional.criteria_for("user:default/tom", &[]).to_json();
    if let Some(members) = criteria["anyOf"].as_array_mut() {
        members.sort_by_key(ToString::to_string);
    }
    criteria.to_string()
}

/// Makes a request, and gives the id of a new condition.
fn apply(state: &mut State, request: &Request) -> Result<Option<i64>, Error> {
    let writer = Writer {
        user: "user:default/ann".into(),
        now: Timestamp::UNIX_EPOCH,
        roles: Visible::All,
    };
    let role = |name: Name, members: &[Name]| {
        let members = members.iter().map(|member| (*member).to_owned()).collect();
        let draft = RoleDraft {
            name: name.to_owned(),
            members,
            ..RoleDraft::default()
        };
        draft
            .check()
            .map_err(|error| Error::Input(error.to_string()))
    };
    let rows = |role: Name, policies: &[Policy]| {
        let row =
            |Policy(object, action, effect): &Policy| Grant::parse(role, object, action, effect);
        policies.iter().map(row).collect::<Vec<_>>()
    };
    let limits = ConditionLimits::default();
    let read = |condition: &step::Condition| change::read_condition(&condition.to_json(), &limits);
    match request {
        Request::CreateRole {
            role: name,
            members,
        } => {
            change::create_role(state, &writer, &role(name, members)?)?;
        }
        Request::UpdateRole {
            role: old_name,
            old,
            name,
            members,
        } => {
            let update = RoleUpdate {
                old: role(old_name, old)?,
                new: role(name, members)?,
            };
            change::update_role(state, &writer, update)?;
        }
        Request::DeleteRole { role, member } => {
            change::delete_role(state, &writer, role, *member)?;
        }
        Request::AddPolicies { role, policies } => {
            change::add_policies(state, &writer, rows(role, policies))?;
        }
        Request::UpdatePolicies { role, old, new } => {
            change::update_policies(state, &writer, rows(role, old), rows(role, new))?;
        }
        Request::DeletePolicies { role, policies } => {
            change::delete_policies(state, &writer, rows(role, policies))?;
        }
        Request::AddCondition(condition) => {
            let policy = read(condition).map_err(|error| Error::Input(error.to_string()))?;
            return change::add_condition(state, &writer, policy).map(Some);
        }
        Request::UpdateCondition { id, new } => {
            change::update_condition(state, &writer, *id, read(new))?;
        }
        Request::DeleteCondition { id } => {
            change::delete_condition(state, &writer, *id)?;
        }
    }
    Ok(None)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_decides_is_what_is_there_in_the_end(steps in steps(24)) {
        let desk = Desk::after(&steps);
        let fresh = Desk::built_from(&desk.wanted);
        prop_assert_eq!(desk.decisions(), fresh.decisions());
    }

    #[test]
    fn a_restart_changes_nothing(steps in faulty_steps(24)) {
        let mut desk = Desk::after(&steps);
        let before = desk.state.clone();
        desk.bring_in_line();
        prop_assert_eq!(desk.state, before);
    }
}

/// Many requests of a sequence are granted, so that the properties are about something.
#[test]
fn a_quarter_of_the_requests_changes_something() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut asked, mut granted) = (0, 0);
    for _ in 0..50 {
        let steps = steps(24).new_tree(&mut runner).unwrap().current();
        let mut desk = Desk::new();
        for step in &steps {
            let is_request = desk.wanted.request(step).is_some();
            let before = desk.state.clone();
            desk.take(step);
            asked += usize::from(is_request);
            granted += usize::from(is_request && desk.state != before);
        }
    }
    assert!(granted * 4 > asked, "{granted} of {asked}");
}
