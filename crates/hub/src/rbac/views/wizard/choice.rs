//! What the wizard offers: plugins, their permissions, and the rules of their resources.

use super::draft::Home;
use crate::app::App;
use crate::rbac::plugin;
use callboard_policy::Action;
use serde_json::Value;
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// Everything that plugins declare, as their REST routes list it.
#[derive(Debug, Clone, Default)]
pub(super) struct Choices {
    /// By the order of their ids.
    pub(super) plugins: Vec<Plugin>,
}

/// A plugin with something to choose.
#[derive(Debug, Clone, Default)]
pub(super) struct Plugin {
    /// Its id.
    pub(super) id: SmolStr,
    permissions: Vec<Declared>,
    rules: Vec<RuleChoice>,
}

/// A permission of a plugin.
#[derive(Debug, Clone)]
struct Declared {
    name: SmolStr,
    action: Action,
    resource_type: Option<SmolStr>,
}

/// What a row can be about: a permission, or all of a resource type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Subject {
    /// The permission's name or the resource type.
    pub(super) name: SmolStr,
    /// Whether it is a resource type.
    pub(super) is_type: bool,
    /// The actions that exist for it.
    pub(super) actions: BTreeSet<Action>,
    /// The type of the resources that it is about.
    pub(super) resource_type: Option<SmolStr>,
}

/// A rule that conditions can be made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RuleChoice {
    /// Such as `IS_ENTITY_OWNER`.
    pub(super) name: SmolStr,
    /// What it asks for; may be empty.
    pub(super) description: String,
    /// What it is about.
    pub(super) resource_type: SmolStr,
    /// Its parameters, in the order of the schema.
    pub(super) params: Vec<Param>,
}

/// A parameter of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Param {
    /// Its name.
    pub(super) name: SmolStr,
    /// What it is for; may be empty.
    pub(super) description: String,
    /// Whether the rule needs it.
    pub(super) is_required: bool,
    /// What it takes.
    pub(super) form: Form,
}

/// What a parameter takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// A text.
    Text,
    /// A list of texts.
    Texts,
    /// One of these.
    OneOf(Vec<String>),
    /// A number.
    Number,
    /// Yes or no.
    Boolean,
    /// Anything else, as JSON.
    Json,
}

impl Form {
    fn of(schema: &Value) -> Form {
        if let Some(values) = schema["enum"].as_array() {
            let values = values.iter().filter_map(Value::as_str);
            return Form::OneOf(values.map(str::to_owned).collect());
        }
        let items = || {
            schema["items"]["type"]
                .as_str()
                .is_none_or(|kind| kind == "string")
        };
        match schema["type"].as_str() {
            Some("string") => Form::Text,
            Some("number" | "integer") => Form::Number,
            Some("boolean") => Form::Boolean,
            Some("array") if items() => Form::Texts,
            Some(_) => Form::Json,
            // A union of a text with other things takes a text.
            None if schema["anyOf"].is_array() => Form::Text,
            None => Form::Json,
        }
    }

    /// Whether a value is of this form.
    pub(super) fn fits(&self, value: &Value) -> bool {
        match self {
            Form::Text => value.is_string(),
            Form::Texts => value
                .as_array()
                .is_some_and(|items| items.iter().all(Value::is_string)),
            Form::OneOf(values) => value
                .as_str()
                .is_some_and(|value| values.iter().any(|one| one == value)),
            Form::Number => value.is_number(),
            Form::Boolean => value.is_boolean(),
            Form::Json => true,
        }
    }
}

impl Choices {
    /// What plugins declare at this moment, those of other backends as they were last heard.
    pub(super) fn of(app: &App) -> Choices {
        Choices::from_lists(&plugin::policies(app), &plugin::condition_rules(app))
    }

    fn from_lists(policies: &[Value], rules: &[Value]) -> Choices {
        let mut plugins: Vec<Plugin> = Vec::new();
        for entry in policies {
            let permissions = entry["policies"].as_array().into_iter().flatten();
            plugins.push(Plugin {
                id: text(&entry["pluginId"]),
                permissions: permissions.filter_map(Declared::of).collect(),
                rules: Vec::new(),
            });
        }
        for entry in rules {
            let id = text(&entry["pluginId"]);
            let rules = entry["rules"].as_array().into_iter().flatten();
            if let Some(plugin) = plugins.iter_mut().find(|plugin| plugin.id == id) {
                plugin.rules = rules.map(RuleChoice::of).collect();
            }
        }
        plugins.sort_by(|one, other| one.id.cmp(&other.id));
        Choices { plugins }
    }

    fn plugin(&self, id: &str) -> Option<&Plugin> {
        self.plugins.iter().find(|plugin| plugin.id == id)
    }

    /// What a row of a plugin can be about: resource types first.
    pub(super) fn subjects(&self, plugin: &str) -> Vec<Subject> {
        let declared = self
            .plugin(plugin)
            .map(|plugin| plugin.permissions.as_slice())
            .unwrap_or_default();
        let mut types: Vec<Subject> = Vec::new();
        let mut names: Vec<Subject> = Vec::new();
        for one in declared {
            if let Some(resource_type) = &one.resource_type {
                put(&mut types, resource_type, true, one);
            }
            put(&mut names, &one.name, false, one);
        }
        types.extend(names);
        types
    }

    /// What a row is about; absent when no plugin declares it.
    pub(super) fn subject(&self, plugin: &str, permission: &str) -> Option<Subject> {
        let mut subjects = self.subjects(plugin).into_iter();
        subjects.find(|subject| subject.name == permission)
    }

    /// The rules of a plugin for a resource type.
    pub(super) fn rules(&self, plugin: &str, resource_type: &str) -> Vec<&RuleChoice> {
        let rules = self.plugin(plugin).map(|plugin| plugin.rules.as_slice());
        let rules = rules.unwrap_or_default().iter();
        rules
            .filter(|rule| rule.resource_type == resource_type)
            .collect()
    }
}

impl Home for Choices {
    fn plugin_of(&self, permission: &str, action: Action) -> Option<SmolStr> {
        let has = |plugin: &&Plugin| {
            plugin.permissions.iter().any(|one| {
                one.action == action
                    && (one.name == permission || one.resource_type.as_deref() == Some(permission))
            })
        };
        self.plugins
            .iter()
            .find(has)
            .map(|plugin| plugin.id.clone())
    }
}

fn put(subjects: &mut Vec<Subject>, name: &SmolStr, is_type: bool, one: &Declared) {
    match subjects.iter_mut().find(|subject| subject.name == *name) {
        Some(subject) => drop(subject.actions.insert(one.action)),
        None => subjects.push(Subject {
            name: name.clone(),
            is_type,
            actions: BTreeSet::from([one.action]),
            resource_type: one.resource_type.clone(),
        }),
    }
}

impl Declared {
    fn of(entry: &Value) -> Option<Declared> {
        Some(Declared {
            name: text(&entry["name"]),
            action: entry["policy"].as_str()?.parse().ok()?,
            resource_type: entry["resourceType"].as_str().map(SmolStr::new),
        })
    }
}

impl RuleChoice {
    fn of(rule: &Value) -> RuleChoice {
        let schema = &rule["paramsSchema"];
        let required = schema["required"].as_array();
        let is_required =
            |name: &str| required.is_some_and(|required| required.iter().any(|one| one == name));
        let properties = schema["properties"].as_object().into_iter().flatten();
        RuleChoice {
            name: text(&rule["name"]),
            description: text(&rule["description"]).into(),
            resource_type: text(&rule["resourceType"]),
            params: properties
                .map(|(name, schema)| Param {
                    name: name.into(),
                    description: text(&schema["description"]).into(),
                    is_required: is_required(name),
                    form: Form::of(schema),
                })
                .collect(),
        }
    }
}

fn text(value: &Value) -> SmolStr {
    value.as_str().unwrap_or_default().into()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::json;

    /// A catalog with three permissions and two rules.
    pub(in super::super) fn choices() -> Choices {
        let on = |name: &str, action: &str| json!({"name": name, "policy": action, "resourceType": "catalog-entity"});
        let policies = json!([{"pluginId": "catalog", "policies": [
            on("catalog.entity.read", "read"),
            {"name": "catalog.entity.create", "policy": "create"},
            on("catalog.entity.delete", "delete"),
        ]}]);
        let rules = json!([{"pluginId": "catalog", "rules": [
            {"name": "IS_ENTITY_KIND", "description": "Of a kind", "resourceType": "catalog-entity",
             "paramsSchema": {"required": ["kinds"], "properties": {"kinds": {"type": "array", "items": {"type": "string"}}}}},
            {"name": "HAS_LABEL", "resourceType": "catalog-entity",
             "paramsSchema": {"required": ["label"], "properties": {
                "label": {"type": "string"}, "strict": {"type": "boolean"}, "n": {"type": "number"},
                "size": {"enum": ["small", "large"]}, "other": {"type": "object"}}}},
        ]}]);
        Choices::from_lists(policies.as_array().unwrap(), rules.as_array().unwrap())
    }

    #[test]
    fn a_row_is_about_a_type_or_a_permission() {
        let subjects = choices().subjects("catalog");

        let names: Vec<_> = subjects
            .iter()
            .map(|one| (one.name.as_str(), one.is_type, one.actions.len()))
            .collect();
        assert_eq!(
            names,
            [
                ("catalog-entity", true, 2),
                ("catalog.entity.read", false, 1),
                ("catalog.entity.create", false, 1),
                ("catalog.entity.delete", false, 1),
            ]
        );
        assert!(choices().subject("catalog", "x").is_none());
        assert!(choices().subjects("x").is_empty());
    }

    #[test]
    fn each_parameter_has_its_form() {
        let choices = choices();
        let rules = choices.rules("catalog", "catalog-entity");
        let forms: Vec<_> = rules[1].params.iter().map(|param| &param.form).collect();

        let sizes = Form::OneOf(vec!["small".to_owned(), "large".to_owned()]);
        assert_eq!(
            forms,
            [
                &Form::Text,
                &Form::Boolean,
                &Form::Number,
                &sizes,
                &Form::Json
            ]
        );
        assert_eq!(rules[0].params[0].form, Form::Texts);
        assert!(rules[0].params[0].is_required && !rules[1].params[1].is_required);
        assert!(choices.rules("catalog", "x").is_empty());
    }

    #[test]
    fn a_permission_is_at_home_where_its_action_is() {
        let choices = choices();

        let home = |name, action| choices.plugin_of(name, action).unwrap_or_default();
        assert_eq!(home("catalog-entity", Action::Delete), "catalog");
        assert_eq!(home("catalog.entity.create", Action::Create), "catalog");
        assert_eq!(home("catalog-entity", Action::Use), "");
    }
}
