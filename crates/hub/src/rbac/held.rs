//! Which roles a user holds and a group gives, as far as a reader may know of them.

use super::owner::Visible;
use super::permissions::POLICY_READ;
use super::service::Rbac;
use super::views;
use crate::app::App;
use crate::auth::ownership_of;
use crate::principal::Principal;
use callboard_policy::{
    EntityRef, Holder, How, Permission, Principal as Asked, ReasonKind, roles_held,
};
use smol_str::SmolStr;
use std::sync::PoisonError;

/// What one user holds, or one group gives to whoever is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holdings {
    /// The roles that the reader may read, by name.
    pub(crate) roles: Vec<Holding>,
    /// Whether the reader may read every role, so that there are no others.
    pub(crate) is_whole: bool,
    /// Whether everything is allowed whatever the roles say; known to those who read everything.
    pub(crate) is_super_user: bool,
}

/// A role with every way in which it is given, the shortest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holding {
    /// Its reference.
    pub(crate) role: SmolStr,
    /// Its page.
    pub(crate) href: String,
    /// What gives it, each time with the references on the way: groups from the nearest one up.
    pub(crate) ways: Vec<(How, Vec<SmolStr>)>,
}

impl Rbac {
    /// What a user or a group holds, by the policy in force; absent for a reader who may read no
    /// role, for entities of other kinds, and while permissions are off.
    ///
    /// Permission: `policy.entity.read`.
    pub(crate) fn holdings(
        &self,
        app: &App,
        reader: &Principal,
        entity_ref: &EntityRef,
    ) -> Option<Holdings> {
        if !self.config().settings.enabled {
            return None;
        }
        let visible = Visible::of(app, reader, &POLICY_READ).ok()?;
        let is_whole = matches!(visible, Visible::All);
        let ownership = match entity_ref.kind() {
            "user" => {
                let catalog = app.catalog().snapshot();
                let owned = ownership_of(&catalog, entity_ref, app.auth().groups());
                owned.unwrap_or_else(|| vec![entity_ref.as_smol_str().clone()])
            }
            "group" => Vec::new(),
            _ => return None,
        };
        let holder = match entity_ref.kind() {
            "user" => Holder::User {
                entity_ref: entity_ref.as_str(),
                ownership: &ownership,
            },
            _ => Holder::Group(entity_ref),
        };
        let state = self.state();
        let rows = state.memberships.iter();
        let rows = rows.map(|(row, record)| (row, &record.origin));
        let held = {
            let groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
            roles_held(holder, &self.config().settings, rows, &groups)
        };
        let mut roles: Vec<Holding> = Vec::new();
        for one in held {
            if !visible.sees(&state, &one.role) {
                continue;
            }
            let way = (one.how, one.via);
            match roles.last_mut().filter(|last| last.role == one.role) {
                Some(last) => last.ways.push(way),
                None => roles.push(Holding {
                    href: views::overview(&one.role),
                    role: one.role,
                    ways: vec![way],
                }),
            }
        }
        Some(Holdings {
            roles,
            is_whole,
            is_super_user: is_whole && self.is_super_user(app, entity_ref, &ownership),
        })
    }

    fn is_super_user(&self, app: &App, entity_ref: &EntityRef, ownership: &[SmolStr]) -> bool {
        if entity_ref.kind() != "user" {
            let super_users = &self.config().settings.super_users;
            return super_users.contains(entity_ref.as_smol_str());
        }
        let user = Asked::User {
            entity_ref: entity_ref.as_str(),
            ownership,
        };
        // Super users may do even what nobody declares.
        let any = Permission::basic("callboard.any", None);
        let decision = app.permission().snapshot().decide(user, &any);
        decision.reason().kind() == ReasonKind::SuperUser
    }
}
