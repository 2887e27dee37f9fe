//! From a request to a question that can be decided.

use super::super::known::KnownNames;
use crate::app::App;
use crate::auth::ownership_of;
use crate::error::Error;
use crate::feature::ResourceType;
use crate::principal::Principal;
use callboard_policy::{AccessRestrictions, Action, EntityRef, Permission};
use smol_str::SmolStr;
use std::sync::Arc;

/// A question as somebody asks it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExplainRequest {
    /// About whom; absent means oneself.
    pub user: Option<String>,
    /// The permission's name.
    pub permission: String,
    /// Its action, for a name of which the hub does not know it.
    pub action: Option<String>,
    /// The resource, such as an entity; absent when none in particular is meant.
    pub resource_ref: Option<String>,
}

/// A question that can be decided.
pub(super) struct Question {
    pub(super) person: Person,
    pub(super) permission: Permission,
    pub(super) resource: Resource,
}

/// The person whom a question is about.
pub(super) struct Person {
    pub(super) entity_ref: SmolStr,
    /// As sign-in would find it; of oneself, as it is.
    pub(super) ownership: Vec<SmolStr>,
    pub(super) is_known: bool,
    /// What the token is for that somebody shows who asks about oneself.
    pub(super) restrictions: Option<Arc<AccessRestrictions>>,
}

/// The resource that a question is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Resource {
    /// None.
    Unnamed,
    /// This one.
    Named(String),
    /// One that the asker may not know of, which is as good as missing.
    Hidden,
}

impl Person {
    /// The caller, when the question is about the caller.
    pub(super) fn oneself(principal: &Principal, user: Option<&str>) -> Option<Person> {
        let own = principal.user()?;
        let is_own = user.is_none_or(|user| {
            EntityRef::parse(user).is_ok_and(|user| user.as_str() == own.entity_ref)
        });
        is_own.then(|| Person {
            entity_ref: own.entity_ref.clone(),
            ownership: own.ownership.clone(),
            is_known: true,
            restrictions: own.restrictions.clone(),
        })
    }

    /// Whomever the question is about.
    pub(super) fn of(
        app: &App,
        principal: &Principal,
        user: Option<&str>,
    ) -> Result<Person, Error> {
        let catalog = app.catalog().snapshot();
        if let Some(own) = Person::oneself(principal, user) {
            let is_known = catalog.get(&own.entity_ref).is_some();
            return Ok(Person { is_known, ..own });
        }
        let Some(user) = user else {
            return Err(input("user: must be given, since only people have roles"));
        };
        let user = EntityRef::parse(user).map_err(|error| input(format!("user: {error}")))?;
        if user.kind() != "user" {
            return Err(input(format!("user: `{user}` is no user")));
        }
        let owned = ownership_of(&catalog, &user, app.auth().groups());
        Ok(Person {
            is_known: owned.is_some(),
            ownership: owned.unwrap_or_else(|| vec![user.as_smol_str().clone()]),
            entity_ref: user.as_smol_str().clone(),
            restrictions: None,
        })
    }
}

impl Question {
    /// Whether the token that it came with is not for the permission.
    pub(super) fn is_out_of_scope(&self) -> bool {
        let restrictions = self.person.restrictions.as_ref();
        restrictions.is_some_and(|restrictions| !restrictions.allow(&self.permission))
    }

    /// The question of somebody who may read policies: any name that a policy uses will do, of
    /// a role that the asker may see.
    pub(super) fn of_reader(
        app: &App,
        person: Person,
        request: &ExplainRequest,
        is_visible: &dyn Fn(&str) -> bool,
    ) -> Result<Question, Error> {
        let state = app.rbac().state();
        let is_used = |name: &str| {
            let mut grants = state.policies.keys();
            let mut conditions = state.conditions.values().map(|one| &one.policy);
            grants.any(|grant| grant.permission == name && is_visible(&grant.subject))
                || conditions.any(|condition| {
                    let mut entries = condition.mapping.iter();
                    entries.any(|entry| entry.name() == Some(name)) && is_visible(&condition.role)
                })
        };
        Question::new(app, person, request, &is_used)
    }

    /// The question of anybody else, whose errors do not tell which names policies use.
    pub(super) fn of_anybody(
        app: &App,
        person: Person,
        request: &ExplainRequest,
    ) -> Result<Question, Error> {
        Question::new(app, person, request, &|_| false)
    }

    fn new(
        app: &App,
        person: Person,
        request: &ExplainRequest,
        is_used: &dyn Fn(&str) -> bool,
    ) -> Result<Question, Error> {
        let permission = permission(app, request, is_used)?;
        let resource = match &request.resource_ref {
            None => Resource::Unnamed,
            Some(resource_ref) => named(app, &permission, resource_ref)?,
        };
        Ok(Question {
            person,
            permission,
            resource,
        })
    }

    /// The same question, with a resource that `principal` may not read as good as missing.
    pub(super) fn hide_from(self, app: &App, principal: &Principal) -> Question {
        let resources = self.permission.resource_type();
        let resources = resources.and_then(|resource_type| evaluator(app, resource_type));
        let resource = match (self.resource, resources) {
            (Resource::Named(name), Some(resources))
                if !resources.is_visible(app, principal, &name) =>
            {
                Resource::Hidden
            }
            (resource, _) => resource,
        };
        Question { resource, ..self }
    }
}

/// The permission that is meant, with the action and the resource type that it was declared with.
fn permission(
    app: &App,
    request: &ExplainRequest,
    is_used: &dyn Fn(&str) -> bool,
) -> Result<Permission, Error> {
    let name = request.permission.as_str();
    if name.is_empty() {
        return Err(input("permission: must be given"));
    }
    let action = request
        .action
        .as_deref()
        .map(str::parse::<Action>)
        .transpose();
    let action = action.map_err(|error| {
        input(format!(
            "action: {error}; it is one of create, read, update, delete, use"
        ))
    })?;
    let declared = || {
        app.plugin_permissions()
            .iter()
            .flat_map(|plugin| &plugin.permissions)
    };
    let mut named = declared()
        .filter(|permission| permission.name() == name)
        .peekable();
    if let Some(first) = named.peek().copied() {
        let meant = named.find(|one| action.is_none_or(|action| one.action() == action));
        return meant.cloned().ok_or_else(|| {
            input(format!(
                "action: `{name}` has the action `{}`",
                first.action()
            ))
        });
    }
    let mut of_type = declared().filter(|one| one.resource_type() == Some(name));
    if let Some(one) = of_type.next() {
        let example = one.name();
        return Err(input(format!(
            "permission: `{name}` is a resource type; give one of its permissions, such as `{example}`"
        )));
    }
    let known = KnownNames::new(app.plugin_permissions());
    if known.contains(name) || is_used(name) {
        return Ok(Permission::basic(
            name,
            action.filter(|action| *action != Action::Use),
        ));
    }
    let help = known.nearest(name);
    let help = help.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
    Err(input(format!(
        "permission: no plugin of this hub has a permission `{name}`{help}"
    )))
}

fn named(app: &App, permission: &Permission, resource_ref: &str) -> Result<Resource, Error> {
    let Some(resource_type) = permission.resource_type() else {
        let name = permission.name();
        return Err(input(format!("resourceRef: `{name}` is about no resource")));
    };
    if let Some(resources) = evaluator(app, resource_type) {
        resources
            .examine(app, resource_ref, &[])
            .map_err(|error| input(format!("resourceRef: {error}")))?;
    }
    Ok(Resource::Named(resource_ref.to_owned()))
}

/// What knows the resources of a type; absent when nothing in this hub does.
fn evaluator<'a>(app: &'a App, resource_type: &str) -> Option<&'a dyn ResourceType> {
    let plugins = app.plugin_permissions().iter();
    let mut types = plugins.flat_map(|plugin| &plugin.resource_types);
    types
        .find(|one| one.name() == resource_type)
        .map(|one| &**one)
}

fn input(message: impl Into<String>) -> Error {
    Error::Input(message.into())
}
