//! Bodies of the permission framework, read with errors that name the place.

use crate::error::Error;
use callboard_policy::{Condition, Criteria, Permission};
use serde::Serialize;
use serde_json::{Map, Value};

/// One question of `POST /authorize`.
pub(super) struct AuthorizeItem<'a> {
    pub(super) id: &'a str,
    pub(super) permission: Permission,
    pub(super) resource_ref: Option<OneOrMany<&'a str>>,
}

/// One question of `apply-conditions`.
pub(super) struct ConditionsItem<'a> {
    pub(super) id: &'a str,
    pub(super) resource_ref: OneOrMany<&'a str>,
    pub(super) resource_type: &'a str,
    pub(super) conditions: Criteria<Condition>,
}

/// A value, or a list of at least one in its place.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    pub(super) fn map<U>(&self, mut each: impl FnMut(&T) -> U) -> OneOrMany<U> {
        match self {
            OneOrMany::One(one) => OneOrMany::One(each(one)),
            OneOrMany::Many(many) => OneOrMany::Many(many.iter().map(each).collect()),
        }
    }

    pub(super) fn as_slice(&self) -> &[T] {
        match self {
            OneOrMany::One(one) => std::slice::from_ref(one),
            OneOrMany::Many(many) => many,
        }
    }

    pub(super) fn try_map<U, E>(
        &self,
        mut each: impl FnMut(&T) -> Result<U, E>,
    ) -> Result<OneOrMany<U>, E> {
        Ok(match self {
            OneOrMany::One(one) => OneOrMany::One(each(one)?),
            OneOrMany::Many(many) => {
                OneOrMany::Many(many.iter().map(each).collect::<Result<_, E>>()?)
            }
        })
    }
}

/// The answer to both: `items` in the order of the questions.
#[derive(Serialize)]
pub(super) struct Answer<'a> {
    pub(super) items: Vec<AnswerItem<'a>>,
}

#[derive(Serialize)]
pub(super) struct AnswerItem<'a> {
    pub(super) id: &'a str,
    pub(super) result: OneOrMany<&'static str>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(super) conditional: Option<ConditionalAnswer>,
}

/// What comes with `CONDITIONAL`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConditionalAnswer {
    pub(super) plugin_id: String,
    pub(super) resource_type: String,
    pub(super) conditions: Value,
}

/// The word for an evaluated condition.
pub(super) fn result_of(holds: bool) -> &'static str {
    if holds { "ALLOW" } else { "DENY" }
}

pub(super) fn authorize_items(body: &Value) -> Result<Vec<AuthorizeItem<'_>>, Error> {
    items(body, authorize_item)
}

fn authorize_item<'a>(item: &Place<'a, Map<String, Value>>) -> Result<AuthorizeItem<'a>, Error> {
    let id = item.text("id")?;
    let permission = permission(&item.object("permission")?)?;
    let resource_ref = item.resource_ref()?;
    if permission.resource_type().is_none() && matches!(resource_ref, Some(OneOrMany::Many(_))) {
        return Err(item.fault("resourceRef", "must not be a list for a basic permission"));
    }
    Ok(AuthorizeItem {
        id,
        permission,
        resource_ref,
    })
}

pub(super) fn conditions_items(body: &Value) -> Result<Vec<ConditionsItem<'_>>, Error> {
    items(body, conditions_item)
}

fn conditions_item<'a>(item: &Place<'a, Map<String, Value>>) -> Result<ConditionsItem<'a>, Error> {
    let id = item.text("id")?;
    let Some(resource_ref) = item.resource_ref()? else {
        return Err(item.fault("resourceRef", "must be a string, or a list of them"));
    };
    let resource_type = item.text("resourceType")?;
    let conditions = item.value.get("conditions").unwrap_or(&Value::Null);
    let conditions =
        Criteria::from_json(conditions).map_err(|error| item.fault("conditions", error))?;
    Ok(ConditionsItem {
        id,
        resource_ref,
        resource_type,
        conditions,
    })
}

fn permission(place: &Place<'_, Map<String, Value>>) -> Result<Permission, Error> {
    let name = place.text("name")?;
    let attributes = place.object("attributes")?;
    let action = match attributes.value.get("action") {
        None => None,
        Some(action) => {
            // `use` is what an absent action means, never an action on this wire.
            let known = action
                .as_str()
                .filter(|action| *action != "use")
                .and_then(|action| action.parse().ok());
            let Some(action) = known else {
                return Err(
                    attributes.fault("action", "must be one of create, read, update, delete")
                );
            };
            Some(action)
        }
    };
    match place.text("type")? {
        "basic" => Ok(Permission::basic(name, action)),
        "resource" => Ok(Permission::resource(
            name,
            action,
            place.text("resourceType")?,
        )),
        _ => Err(place.fault("type", "must be basic or resource")),
    }
}

fn items<'a, T>(
    body: &'a Value,
    each: impl Fn(&Place<'a, Map<String, Value>>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let Some(items) = body.get("items").and_then(Value::as_array) else {
        return Err(Error::Input("items: must be a list".to_owned()));
    };
    let place = |(at, item): (usize, &'a Value)| {
        let path = format!("items[{at}]");
        let Some(value) = item.as_object() else {
            return Err(Error::Input(format!("{path}: must be an object")));
        };
        each(&Place { value, path })
    };
    items.iter().enumerate().map(place).collect()
}

/// A part of a body, and where it stands.
struct Place<'a, T> {
    value: &'a T,
    path: String,
}

impl<'a> Place<'a, Map<String, Value>> {
    fn text(&self, member: &str) -> Result<&'a str, Error> {
        let text = self.value.get(member).and_then(Value::as_str);
        text.ok_or_else(|| self.fault(member, "must be a string"))
    }

    fn object(&self, member: &str) -> Result<Place<'a, Map<String, Value>>, Error> {
        let object = self.value.get(member).and_then(Value::as_object);
        let value = object.ok_or_else(|| self.fault(member, "must be an object"))?;
        Ok(Place {
            value,
            path: format!("{}.{member}", self.path),
        })
    }

    fn resource_ref(&self) -> Result<Option<OneOrMany<&'a str>>, Error> {
        let fault = || self.fault("resourceRef", "must be a string, or a list of them");
        match self.value.get("resourceRef") {
            None => Ok(None),
            Some(Value::String(one)) => Ok(Some(OneOrMany::One(one))),
            Some(Value::Array(many)) if !many.is_empty() => {
                let many = many
                    .iter()
                    .map(|one| one.as_str().ok_or_else(fault))
                    .collect::<Result<_, _>>()?;
                Ok(Some(OneOrMany::Many(many)))
            }
            Some(_) => Err(fault()),
        }
    }

    fn fault(&self, member: &str, what: impl std::fmt::Display) -> Error {
        Error::Input(format!("{}.{member}: {what}", self.path))
    }
}
