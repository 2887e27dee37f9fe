//! cedar-policy, in two encodings whose decisions do not take longer with every line.
//!
//! Cedar tries every policy of a set for every request, so a policy a line costs time in
//! proportion to the lines. Both encodings therefore keep the lines in entities and have two
//! policies, whatever the size: one that permits, one that forbids. A permission has four
//! cells: who is allowed and who is denied it by its name, and by its resource type.

use std::{
    collections::{HashMap, HashSet},
    marker::PhantomData,
};

use anyhow::{Result, ensure};
use callboard_policy::Effect;
use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    PolicySet, Request as CedarRequest, RestrictedExpression,
};

use super::Engine;
use crate::world::{By, Line, Request, World};

/// How the policy is written for Cedar.
pub trait Encoding {
    /// The permit and the forbid.
    const POLICIES: &str;

    /// The data that the policies read.
    fn entities(world: &World, types: &Types) -> Result<Vec<Entity>>;
}

/// Cells are entities that roles are children of, as users are of groups and groups of roles.
///
/// Cedar closes the hierarchy while loading; a decision asks whether the cell is among the
/// ancestors of the user, which is a look-up.
pub struct Hierarchy;

/// Cells are sets of roles, and each user has the set of his, closed over groups beforehand.
pub struct Sets;

/// The authorizer with all that it asks for each decision.
pub struct Cedar<E> {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
    encoding: PhantomData<E>,
}

impl<E: Encoding> Engine for Cedar<E> {
    type Question = CedarRequest;

    fn question(request: &Request) -> Result<CedarRequest> {
        let types = Types::new()?;
        Ok(CedarRequest::new(
            uid(&types.subject, &request.user),
            uid(&types.action, "ask"),
            uid(&types.permission, request.permission.name()),
            Context::empty(),
            None,
        )?)
    }

    fn load(world: &World) -> Result<Self> {
        let types = Types::new()?;
        Ok(Self {
            authorizer: Authorizer::new(),
            policies: E::POLICIES.parse()?,
            entities: Entities::from_entities(E::entities(world, &types)?, None)?,
            encoding: PhantomData,
        })
    }

    fn allows(&self, question: &CedarRequest) -> Result<bool> {
        let response = self
            .authorizer
            .is_authorized(question, &self.policies, &self.entities);
        // A policy that fails is passed over, which must not be taken for an answer.
        ensure!(
            response.diagnostics().errors().next().is_none(),
            "a policy failed"
        );
        Ok(response.decision() == Decision::Allow)
    }
}

impl Encoding for Hierarchy {
    const POLICIES: &str = "
        permit (principal, action, resource) when {
            principal in resource.allowedByName || principal in resource.allowedByType
        };
        forbid (principal, action, resource) when {
            principal in resource.deniedByName ||
            principal in resource.deniedByType && !(principal in resource.allowedByName)
        };
    ";

    fn entities(world: &World, types: &Types) -> Result<Vec<Entity>> {
        let cell_uid = |permission: usize, cell: &str| {
            let name = format!("{} {cell}", world.permissions[permission].name());
            uid(&types.cell, &name)
        };
        let mut parents: HashMap<&str, HashSet<EntityUid>> = HashMap::new();
        let links = (world.members_of_groups())
            .chain(world.parents_of_groups())
            .chain(world.members_of_roles());
        for (member, of) in links {
            let parent = uid(&types.subject, of);
            parents.entry(member).or_default().insert(parent);
        }
        for line in &world.lines {
            let cell = cell_uid(line.permission, cell_of(line));
            parents
                .entry(&world.roles[line.role])
                .or_default()
                .insert(cell);
        }
        let subjects = parents
            .into_iter()
            .map(|(name, parents)| Ok(Entity::new_no_attrs(uid(&types.subject, name), parents)));
        let permissions = (0..world.permissions.len()).map(|permission| {
            let cell = |cell| RestrictedExpression::new_entity_uid(cell_uid(permission, cell));
            let cells = CELLS.map(|name| (name.to_owned(), cell(name)));
            permission_entity(world, types, permission, cells)
        });
        subjects.chain(permissions).collect()
    }
}

impl Encoding for Sets {
    const POLICIES: &str = "
        permit (principal, action, resource) when {
            principal has roles && (
                resource.allowedByName.containsAny(principal.roles) ||
                resource.allowedByType.containsAny(principal.roles)
            )
        };
        forbid (principal, action, resource) when {
            principal has roles && (
                resource.deniedByName.containsAny(principal.roles) ||
                resource.deniedByType.containsAny(principal.roles) &&
                !resource.allowedByName.containsAny(principal.roles)
            )
        };
    ";

    fn entities(world: &World, types: &Types) -> Result<Vec<Entity>> {
        let set_of = |roles: &mut dyn Iterator<Item = usize>| {
            RestrictedExpression::new_set(roles.map(|role| {
                RestrictedExpression::new_entity_uid(uid(&types.subject, &world.roles[role]))
            }))
        };
        let mut roles_in: HashMap<_, HashSet<usize>> = HashMap::new();
        for line in &world.lines {
            let cell = (line.permission, cell_of(line));
            roles_in.entry(cell).or_default().insert(line.role);
        }
        let users = world.users.iter().zip(world.roles_of_users());
        let users = users.map(|(user, roles)| {
            let roles = ("roles".to_owned(), set_of(&mut roles.into_iter()));
            let attributes = HashMap::from([roles]);
            Ok(Entity::new(
                uid(&types.subject, user),
                attributes,
                HashSet::new(),
            )?)
        });
        let permissions = (0..world.permissions.len()).map(|permission| {
            let cells = CELLS.map(|name| {
                let roles = roles_in.get(&(permission, name));
                (
                    name.to_owned(),
                    set_of(&mut roles.into_iter().flatten().copied()),
                )
            });
            permission_entity(world, types, permission, cells)
        });
        users.chain(permissions).collect()
    }
}

/// The attributes of a permission.
const CELLS: [&str; 4] = [
    "allowedByName",
    "deniedByName",
    "allowedByType",
    "deniedByType",
];

fn cell_of(line: &Line) -> &'static str {
    match (line.by, line.effect) {
        (By::Name, Effect::Allow) => "allowedByName",
        (By::Name, Effect::Deny) => "deniedByName",
        (By::Type, Effect::Allow) => "allowedByType",
        (By::Type, Effect::Deny) => "deniedByType",
    }
}

fn permission_entity(
    world: &World,
    types: &Types,
    permission: usize,
    cells: [(String, RestrictedExpression); 4],
) -> Result<Entity> {
    let name = world.permissions[permission].name();
    Ok(Entity::new(
        uid(&types.permission, name),
        cells.into(),
        HashSet::new(),
    )?)
}

/// The types of entities; users, groups and roles are told apart by their names.
pub struct Types {
    subject: EntityTypeName,
    permission: EntityTypeName,
    cell: EntityTypeName,
    action: EntityTypeName,
}

impl Types {
    fn new() -> Result<Self> {
        Ok(Self {
            subject: "Subject".parse()?,
            permission: "Permission".parse()?,
            cell: "Cell".parse()?,
            action: "Action".parse()?,
        })
    }
}

fn uid(of: &EntityTypeName, name: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(of.clone(), EntityId::new(name))
}
