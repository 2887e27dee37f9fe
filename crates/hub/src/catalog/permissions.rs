//! The permissions that guard the catalog, and how conditions on entities are evaluated.

use crate::app::App;
use crate::feature::{ConditionError, Examined, PluginPermissions, ResourceType, RuleDescription};
use crate::principal::Principal;
use callboard_catalog::rules::{RESOURCE_TYPE, RULES};
use callboard_catalog::{EntityRef, Found, RuleError, conditions_found, conditions_match};
use callboard_policy::{Action, Condition, Criteria, Permission};
use std::sync::{Arc, LazyLock};

/// The plugin that declares them.
pub const PLUGIN: &str = "catalog";

/// Reading entities; asked for with conditions by every list.
pub static ENTITY_READ: LazyLock<Permission> =
    LazyLock::new(|| on_entity("catalog.entity.read", Action::Read));
/// Shows the buttons that create and register; the hub itself never asks for it.
pub static ENTITY_CREATE: LazyLock<Permission> =
    LazyLock::new(|| basic("catalog.entity.create", Some(Action::Create)));
/// Having an entity read anew.
pub static ENTITY_REFRESH: LazyLock<Permission> =
    LazyLock::new(|| on_entity("catalog.entity.refresh", Action::Update));
/// Removing an entity.
pub static ENTITY_DELETE: LazyLock<Permission> =
    LazyLock::new(|| on_entity("catalog.entity.delete", Action::Delete));
/// Checking an entity that is not in the catalog.
pub static ENTITY_VALIDATE: LazyLock<Permission> =
    LazyLock::new(|| basic("catalog.entity.validate", None));
/// Seeing which locations are registered.
pub static LOCATION_READ: LazyLock<Permission> =
    LazyLock::new(|| basic("catalog.location.read", Some(Action::Read)));
/// Registering a location.
pub static LOCATION_CREATE: LazyLock<Permission> =
    LazyLock::new(|| basic("catalog.location.create", Some(Action::Create)));
/// Removing a registered location.
pub static LOCATION_DELETE: LazyLock<Permission> =
    LazyLock::new(|| basic("catalog.location.delete", Some(Action::Delete)));
/// Asking what a repository could be registered as.
pub static LOCATION_ANALYZE: LazyLock<Permission> =
    LazyLock::new(|| basic("catalog.location.analyze", None));

fn basic(name: &str, action: Option<Action>) -> Permission {
    Permission::basic(name, action)
}

fn on_entity(name: &str, action: Action) -> Permission {
    Permission::resource(name, Some(action), RESOURCE_TYPE)
}

/// Everything that the catalog declares to the permission framework.
pub(super) fn declared() -> PluginPermissions {
    let permissions = [
        &ENTITY_READ,
        &ENTITY_CREATE,
        &ENTITY_REFRESH,
        &ENTITY_DELETE,
        &ENTITY_VALIDATE,
        &LOCATION_READ,
        &LOCATION_CREATE,
        &LOCATION_DELETE,
        &LOCATION_ANALYZE,
    ];
    let rules = RULES.iter().map(|rule| RuleDescription {
        name: rule.name,
        description: rule.description,
        resource_type: RESOURCE_TYPE,
        params_schema: rule.params_schema(),
    });
    PluginPermissions {
        plugin: PLUGIN,
        permissions: permissions
            .into_iter()
            .map(|permission| Permission::clone(permission))
            .collect(),
        rules: rules.collect(),
        resource_types: vec![Arc::new(CatalogEntities)],
    }
}

/// The entities of the catalog, as resources of conditions.
struct CatalogEntities;

impl ResourceType for CatalogEntities {
    fn name(&self) -> &'static str {
        RESOURCE_TYPE
    }

    fn meets(
        &self,
        app: &App,
        resource_ref: &str,
        criteria: &Criteria<Condition>,
    ) -> Result<bool, ConditionError> {
        let entity_ref = parse(resource_ref)?;
        match app.catalog().snapshot().get(entity_ref.as_str()) {
            None => Ok(false),
            Some(entity) => conditions_match(criteria, entity).map_err(condition_error),
        }
    }

    fn examine(
        &self,
        app: &App,
        resource_ref: &str,
        conditions: &[&Condition],
    ) -> Result<Option<Vec<Examined>>, ConditionError> {
        let entity_ref = parse(resource_ref)?;
        let catalog = app.catalog().snapshot();
        let Some(entity) = catalog.get(entity_ref.as_str()) else {
            return Ok(None);
        };
        let found =
            conditions_found(conditions.iter().copied(), entity).map_err(condition_error)?;
        let examined = found.into_iter().map(|Found { holds, values }| Examined {
            holds,
            found: values.into(),
        });
        Ok(Some(examined.collect()))
    }

    /// Permission: `catalog.entity.read`.
    fn is_visible(&self, app: &App, principal: &Principal, resource_ref: &str) -> bool {
        parse(resource_ref).is_ok_and(|entity_ref| {
            let found = app.catalog().find(app, principal, entity_ref.as_str());
            matches!(found, Ok(Some(_)))
        })
    }
}

fn parse(resource_ref: &str) -> Result<EntityRef, ConditionError> {
    EntityRef::parse(resource_ref).map_err(|error| ConditionError::InvalidRef(error.to_string()))
}

fn condition_error(error: RuleError) -> ConditionError {
    match error {
        RuleError::Unknown(rule) => ConditionError::UnknownRule {
            rule,
            resource_type: RESOURCE_TYPE.to_owned(),
        },
        RuleError::Parameters(reason) => ConditionError::InvalidParams(format!("Error: {reason}")),
    }
}
