//! What is in force once the files are loaded, and who holds it.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::Input;
use crate::{
    Action, FileDiagnostic, Grant, Membership, Permission, PolicyFile, PolicyModel, Row, Settings,
    Source, Sourced, StoredPolicy, WrittenCondition, sync,
};

/// What is in force once the files are loaded.
pub(super) struct Facts<'a> {
    /// Every policy that counts, those of the configuration included.
    pub(super) grants: Vec<Placed>,
    /// The same by what they are about.
    targets: BTreeMap<Target, Vec<usize>>,
    /// Every condition that counts.
    pub(super) conditions: Vec<&'a WrittenCondition>,
    /// The members of each role that has any.
    pub(super) members: BTreeMap<SmolStr, BTreeSet<SmolStr>>,
    /// The roles that the policy file makes, with the line of their first member.
    pub(super) made: BTreeMap<SmolStr, u32>,
    /// The users of the catalog that hold each role, directly or through groups.
    users: BTreeMap<SmolStr, BTreeSet<SmolStr>>,
    permissions: &'a [Permission],
    default_role: Option<&'a str>,
}

/// What a policy is about: a permission's name or a resource type, and an action.
type Target = (SmolStr, Action);

/// A policy and its line, which one of the configuration has not.
pub(super) struct Placed {
    pub(super) grant: Grant,
    pub(super) line: Option<u32>,
}

impl Placed {
    /// Names the place for a message: `line 12`, or the configuration.
    pub(super) fn place(&self) -> String {
        self.line.map_or_else(
            || "the configuration".to_owned(),
            |line| format!("line {line}"),
        )
    }
}

/// Who holds two roles.
pub(super) enum Common<'a> {
    /// The roles are one and the same.
    Same,
    /// One of them is held by everybody.
    Everybody,
    /// A member of both.
    Member(&'a str),
}

impl<'a> Facts<'a> {
    /// Loads the files as if nothing was stored; gives what loading complains about.
    pub(super) fn new(input: &Input<'a>) -> (Self, Vec<FileDiagnostic>) {
        let none = PolicyFile::none();
        let file = input.policies.map_or(&none, |policies| policies.file);
        let plan = sync(file, &stored(input));
        let mut facts = Self {
            grants: Vec::new(),
            targets: BTreeMap::new(),
            conditions: Vec::new(),
            members: BTreeMap::new(),
            made: BTreeMap::new(),
            users: BTreeMap::new(),
            permissions: input.permissions,
            default_role: input.settings.default_role.as_deref(),
        };
        for role in input.configured {
            let grants = role.grants.iter().cloned();
            facts
                .grants
                .extend(grants.map(|grant| Placed { grant, line: None }));
            for member in &role.members {
                facts.add_member(&role.role, member);
            }
        }
        for Sourced { row, origin } in plan.add {
            match row {
                Row::Grant(grant) => facts.grants.push(Placed {
                    grant,
                    line: origin.line,
                }),
                Row::Membership(Membership { member, role }) => {
                    facts.add_member(&role, &member);
                    let line = origin.line.unwrap_or_default();
                    facts.made.entry(role).or_insert(line);
                }
            }
        }
        let written = input.conditions.and_then(|file| file.parsed.ok());
        let written = written.map_or(&[][..], |file| &file.policies);
        let counts = |condition: &&WrittenCondition| {
            input.policies.is_none() || facts.made.contains_key(&condition.policy.role)
        };
        facts.conditions = written.iter().filter(counts).collect();
        facts.users = facts.users_of_catalog(input);
        for (at, Placed { grant, .. }) in facts.grants.iter().enumerate() {
            let target = (grant.permission.clone(), grant.action);
            facts.targets.entry(target).or_default().push(at);
        }
        (facts, plan.diagnostics)
    }

    /// The policies about a name or resource type with an action.
    pub(super) fn about(&self, object: &str, action: Action) -> impl Iterator<Item = &Placed> {
        let found = self.targets.get(&(object.into(), action));
        found.into_iter().flatten().map(|at| &self.grants[*at])
    }

    /// The policies about a permission, by its name and then by its type.
    pub(super) fn deciding(&self, permission: &Permission) -> impl Iterator<Item = &Placed> {
        let action = permission.action();
        let by_type = permission.resource_type().into_iter();
        self.about(permission.name(), action)
            .chain(by_type.flat_map(move |name| self.about(name, action)))
    }

    fn add_member(&mut self, role: &SmolStr, member: &SmolStr) {
        let members = self.members.entry(role.clone()).or_default();
        members.insert(member.clone());
    }

    fn users_of_catalog(&self, input: &Input<'_>) -> BTreeMap<SmolStr, BTreeSet<SmolStr>> {
        let memberships = self.members.iter().flat_map(|(role, members)| {
            let row = move |member: &SmolStr| Membership::new(member.clone(), role.clone());
            members.iter().map(row)
        });
        let model = PolicyModel {
            settings: Settings {
                default_role: None,
                ..input.settings.clone()
            },
            memberships: memberships
                .map(|row| Sourced::new(row, Source::CsvFile.into()))
                .collect(),
            groups: input.groups.clone(),
            ..PolicyModel::default()
        };
        let snapshot = model.compile(0);
        let mut users: BTreeMap<SmolStr, BTreeSet<SmolStr>> = BTreeMap::new();
        for (user, _) in input.groups.users() {
            for role in snapshot.roles_of(user.as_str(), &[]) {
                let held = users.entry(role.into()).or_default();
                held.insert(user.as_str().into());
            }
        }
        users
    }

    /// Whether everybody who holds `role` holds `other` too, whoever that will be.
    pub(super) fn implies(&self, role: &str, other: &str) -> bool {
        if role == other || self.default_role == Some(other) {
            return true;
        }
        match (self.members.get(role), self.members.get(other)) {
            (Some(members), Some(others)) => members.is_subset(others),
            (None, _) | (_, None) => false,
        }
    }

    /// Who holds both roles, if anybody is known to.
    pub(super) fn in_common(&self, one: &str, other: &str) -> Option<Common<'_>> {
        if one == other {
            return Some(Common::Same);
        }
        let default = self.default_role;
        if default == Some(one) || default == Some(other) {
            return Some(Common::Everybody);
        }
        shared(&self.members, one, other)
            .or_else(|| shared(&self.users, one, other))
            .map(Common::Member)
    }

    /// Whether some permission is about resources of this type.
    pub(super) fn is_resource_type(&self, name: &str) -> bool {
        self.permissions
            .iter()
            .any(|permission| permission.resource_type() == Some(name))
    }

    /// The permissions of a resource type.
    pub(super) fn of_type<'b>(
        &self,
        name: &'b str,
    ) -> impl Iterator<Item = &'a Permission> + use<'a, 'b> {
        let permissions = self.permissions.iter();
        permissions.filter(move |permission| permission.resource_type() == Some(name))
    }

    /// The permission of this name.
    pub(super) fn named(&self, name: &str) -> Option<&'a Permission> {
        let mut permissions = self.permissions.iter();
        permissions.find(|permission| permission.name() == name)
    }
}

fn shared<'a>(
    held: &'a BTreeMap<SmolStr, BTreeSet<SmolStr>>,
    one: &str,
    other: &str,
) -> Option<&'a str> {
    let both = held.get(one)?.intersection(held.get(other)?).next()?;
    Some(both.as_str())
}

/// The roles of the configuration, as stored ones.
fn stored(input: &Input<'_>) -> StoredPolicy {
    let configured = input.configured.iter();
    StoredPolicy {
        roles: configured
            .map(|role| (role.role.clone(), Source::Configuration))
            .collect(),
        ..StoredPolicy::default()
    }
}
