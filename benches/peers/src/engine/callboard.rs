//! Callboard's own engine, as `crates/policy/benches/decide.rs` measures it.

use std::sync::Arc;

use anyhow::Result;
use callboard_policy::{
    Decision, EntityRef, Grant, Membership, Origin, Permission, PolicyModel, PolicySnapshot,
    Principal, Settings, Source, Sourced,
};
use smol_str::SmolStr;

use super::Engine;
use crate::world::{Request, World};

/// The compiled policy; the model that it is compiled from is dropped.
pub struct Callboard(PolicySnapshot);

/// What a token and a plugin bring.
pub struct Question {
    user: String,
    ownership: Vec<SmolStr>,
    permission: Permission,
}

impl Engine for Callboard {
    type Question = Question;

    fn question(request: &Request) -> Result<Question> {
        Ok(Question {
            user: request.user.clone(),
            ownership: request.ownership.clone(),
            permission: request.permission.clone(),
        })
    }

    fn load(world: &World) -> Result<Self> {
        let mut model = PolicyModel {
            settings: Settings {
                super_users: vec![
                    "user:default/root".into(),
                    "group:default/platform-administrators".into(),
                ],
                ..Settings::default()
            },
            ..PolicyModel::default()
        };
        for (user, group) in world.members_of_groups() {
            model
                .groups
                .add_member(EntityRef::parse(user)?, EntityRef::parse(group)?);
        }
        for (child, parent) in world.parents_of_groups() {
            model
                .groups
                .add_parent(EntityRef::parse(child)?, EntityRef::parse(parent)?);
        }
        for (member, role) in world.members_of_roles() {
            model.memberships.push(Sourced::new(
                Membership::new(member, role),
                Source::CsvFile.into(),
            ));
        }
        let file: Arc<str> = "rbac-policies.csv".into();
        for (number, line) in (1..).zip(&world.lines) {
            let origin = Origin {
                source: Source::CsvFile,
                file: Some(file.clone()),
                line: Some(number),
            };
            let permission = &world.permissions[line.permission];
            let grant = Grant::new(
                world.roles[line.role].as_str(),
                line.by.object(permission),
                permission.action(),
                line.effect,
            );
            model.grants.push(Sourced::new(grant, origin));
        }
        Ok(Self(model.compile(1)))
    }

    fn allows(&self, question: &Question) -> Result<bool> {
        let principal = Principal::User {
            entity_ref: &question.user,
            ownership: &question.ownership,
        };
        let decision = self.0.decide(principal, &question.permission);
        Ok(matches!(decision, Decision::Allow(_)))
    }
}
