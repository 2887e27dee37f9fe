//! Software templates: the gallery of them, and what they contribute to permissions.

mod gallery;

use crate::app::App;
use crate::feature::{
    Api, ApiAccess, Feature, NavItem, NavPlace, PluginPermissions, Registrar, RuleDescription,
};
use crate::hub::StartError;
use crate::principal::Principal;
use crate::ui::Language;
use axum::Router;
use axum::routing::get;
use callboard_policy::{Action, Permission};
use serde_json::{Value, json};
use std::sync::LazyLock;

const TEMPLATE: &str = "scaffolder-template";
const ACTION: &str = "scaffolder-action";
const TASK: &str = "scaffolder-task";

/// Running a template; shows what leads to one.
pub(crate) static TASK_CREATE: LazyLock<Permission> =
    LazyLock::new(|| Permission::basic("scaffolder.task.create", Some(Action::Create)));

/// Whether the gallery of templates opens for `principal`.
pub(crate) fn opens_gallery(app: &App, principal: &Principal) -> bool {
    gallery::guard().admits(app, principal)
}

/// The feature.
pub(crate) struct Scaffolder;

impl Feature for Scaffolder {
    fn id(&self) -> &'static str {
        "scaffolder"
    }

    fn register(&self, hub: &mut Registrar) -> Result<(), StartError> {
        hub.permissions(PluginPermissions {
            plugin: "scaffolder",
            permissions: permissions(),
            rules: rules(),
            // Templates, actions and tasks are judged where they are used, not by reference.
            resource_types: Vec::new(),
        });
        hub.api(Api {
            plugin: "scaffolder",
            router: Router::new(),
            access: ApiAccess::Credentials { except: &[] },
            openapi: Vec::new(),
        });
        hub.nav(NavItem {
            label: "nav-create",
            href: gallery::PATH,
            icon: "circle-plus",
            place: NavPlace::Main,
            guard: gallery::guard(),
        });
        hub.texts(&[
            (Language::English, include_str!("texts/en.ftl")),
            (Language::German, include_str!("texts/de.ftl")),
        ]);
        hub.pages(Router::new().route(gallery::PATH, get(gallery::gallery)));
        Ok(())
    }
}

fn permissions() -> Vec<Permission> {
    vec![
        Permission::resource("scaffolder.action.execute", None, ACTION),
        Permission::resource(
            "scaffolder.template.parameter.read",
            Some(Action::Read),
            TEMPLATE,
        ),
        Permission::resource(
            "scaffolder.template.step.read",
            Some(Action::Read),
            TEMPLATE,
        ),
        TASK_CREATE.clone(),
        Permission::resource("scaffolder.task.read", Some(Action::Read), TASK),
        Permission::resource("scaffolder.task.cancel", None, TASK),
        Permission::basic("scaffolder.template.management", None),
        Permission::basic("scaffolder.template.dry-run", None),
    ]
}

fn rules() -> Vec<RuleDescription> {
    let property = |kind| {
        schema(
            &["key"],
            &json!({
                "key": {"type": "string", "description": "Property within the action parameters to match on"},
                "value": {"type": kind, "description": "Value of the given property to match on"},
            }),
        )
    };
    let rule = |name, description, resource_type, params_schema| RuleDescription {
        name,
        description,
        resource_type,
        params_schema,
    };
    let with_property = "Allow actions with the specified property";
    vec![
        rule(
            "HAS_TAG",
            "Match parameters or steps with the given tag",
            TEMPLATE,
            schema(
                &["tag"],
                &json!({"tag": {"type": "string", "description": "Name of the tag to match on"}}),
            ),
        ),
        rule(
            "HAS_ACTION_ID",
            "Match actions with the given actionId",
            ACTION,
            schema(
                &["actionId"],
                &json!({
                    "actionId": {"type": "string", "description": "Name of the actionId to match on"},
                }),
            ),
        ),
        rule(
            "HAS_BOOLEAN_PROPERTY",
            with_property,
            ACTION,
            property("boolean"),
        ),
        rule(
            "HAS_NUMBER_PROPERTY",
            with_property,
            ACTION,
            property("number"),
        ),
        rule(
            "HAS_STRING_PROPERTY",
            with_property,
            ACTION,
            property("string"),
        ),
        rule(
            "IS_TASK_OWNER",
            "Allows tasks created by certain users to be accessible",
            TASK,
            schema(
                &["createdBy"],
                &json!({
                    "createdBy": {"type": "array", "items": {"type": "string"}, "description": "List of creator entity refs"},
                }),
            ),
        ),
    ]
}

fn schema(required: &[&str], properties: &Value) -> Value {
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
        "$schema": "http://json-schema.org/draft-07/schema#",
    })
}
