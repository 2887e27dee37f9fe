//! `/roles/conditions`: conditional policies, all of them and one by its id.

use super::super::audited::{Read, Write};
use super::super::change::{
    Writer, add_condition, delete_condition, read_condition, update_condition,
};
use super::super::owner::Visible;
use super::super::permissions::POLICY_READ;
use super::super::state::{ConditionRecord, State as Stored};
use super::super::write::Changed;
use super::query::Query;
use crate::app::App;
use crate::audit::Requester;
use crate::error::Error;
use crate::http::body::JsonBody;
use crate::principal::Principal;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use callboard_policy::{Action, ConditionLimits, ConditionalPolicy, MappedPermission};
use indexmap::IndexSet;
use serde::Serialize;
use serde_json::{Value, json};

/// The audit event of reads.
const READ: &str = "condition-read";

/// The audit event of changes.
const WRITE: &str = "condition-write";

/// A conditional policy on the wire.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Condition {
    id: i64,
    result: &'static str,
    role_entity_ref: String,
    plugin_id: String,
    resource_type: String,
    permission_mapping: Vec<Value>,
    conditions: Value,
}

/// How entries of a mapping are answered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum MappingFormat {
    /// As they were written.
    AsStored,
    /// As plain actions, which is all that clients of RHDH 1.4 know.
    Actions,
}

impl MappingFormat {
    fn of(query: &Query) -> Result<MappingFormat, Error> {
        let is_actions = query.first("mappingFormat")? == Some("actions");
        Ok(if is_actions {
            MappingFormat::Actions
        } else {
            MappingFormat::AsStored
        })
    }
}

/// `GET /api/permission/roles/conditions`.
///
/// Permission: `policy.entity.read`; a conditional right shows only the roles that it covers.
pub(super) async fn list(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    query: Query,
) -> Result<Json<Vec<Condition>>, Error> {
    Read::begin(requester, READ, query.to_event()).answer(|| {
        let visible = Visible::of(&app, &principal, &POLICY_READ)?;
        let format = MappingFormat::of(&query)?;
        let role = query.first("roleEntityRef")?;
        let plugin_id = query.first("pluginId")?;
        let resource_type = query.first("resourceType")?;
        let actions = actions(&query)?;
        let state = app.rbac().state();
        let is_wanted = |ConditionRecord { policy, .. }: &ConditionRecord| {
            visible.role(&state, &policy.role).is_some()
                && role.is_none_or(|role| policy.role == role)
                && plugin_id.is_none_or(|plugin_id| policy.plugin_id == plugin_id)
                && resource_type.is_none_or(|resource_type| policy.resource_type == resource_type)
                && actions
                    .iter()
                    .all(|action| policy.mapping.iter().any(|entry| entry.action() == *action))
        };
        let wanted = state
            .conditions
            .iter()
            .filter(|(_, record)| is_wanted(record));
        Ok(Json(
            wanted
                .map(|(id, record)| Condition::new(*id, record, format))
                .collect(),
        ))
    })
}

fn actions(query: &Query) -> Result<Vec<Action>, Error> {
    let written = query
        .all("actions")?
        .into_iter()
        .filter(|value| !value.is_empty());
    let action = |value: &str| {
        value.parse::<Action>().map_err(|_| {
            Error::Input(format!(
                "Invalid permission action query value: {value}. Permission name should be string."
            ))
        })
    };
    written.map(action).collect()
}

/// `GET /api/permission/roles/conditions/{id}`.
///
/// Permission: `policy.entity.read`; a conditional right shows only the roles that it covers.
pub(super) async fn by_id(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<Condition>, Error> {
    let asked = json!({"queryType": "by-id", "id": id});
    Read::begin(requester, READ, asked).answer(|| {
        let visible = Visible::of(&app, &principal, &POLICY_READ)?;
        let id = checked_id(&id)?;
        let format = MappingFormat::of(&query)?;
        let state = app.rbac().state();
        let record = state
            .conditions
            .get(&id)
            .filter(|record| visible.role(&state, &record.policy.role).is_some());
        record
            .map(|record| Json(Condition::new(id, record, format)))
            .ok_or_else(|| Error::NotFound(String::new()))
    })
}

/// `POST /api/permission/roles/conditions`: a conditional policy; answers its id.
///
/// Permission: `policy.entity.create`, and for roles of others `policy.entity.update` as well.
pub(super) async fn add(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    JsonBody(body): JsonBody,
) -> Result<(StatusCode, Json<Value>), Error> {
    let write = Write::create(requester, WRITE);
    let prepare = || {
        let writer = Writer::creating(&app, &principal)?;
        let policy =
            read_condition(&body, limits(&app)).map_err(|cause| Error::Input(cause.to_string()))?;
        Ok(move |state: &mut Stored| {
            let meta = json!({"condition": policy.to_json()});
            let answer = add_condition(state, &writer, policy)?;
            Ok(Changed { answer, meta })
        })
    };
    let (status, id) = write.make(&app, |_| StatusCode::CREATED, prepare).await?;
    Ok((status, Json(json!({"id": id}))))
}

/// `PUT /api/permission/roles/conditions/{id}`: the conditional policy as it shall be.
///
/// Permission: `policy.entity.update`; a conditional right changes only the roles that it covers.
pub(super) async fn update(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    Path(id): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<(StatusCode, ()), Error> {
    let write = Write::update(requester, WRITE);
    let prepare = || {
        let writer = Writer::updating(&app, &principal)?;
        let id = checked_id(&id)?;
        let policy = read_condition(&body, limits(&app));
        Ok(move |state: &mut Stored| {
            let condition = policy.as_ref().map(ConditionalPolicy::to_json);
            let meta = json!({"condition": condition.unwrap_or_default()});
            update_condition(state, &writer, id, policy)?;
            Ok(Changed { answer: (), meta })
        })
    };
    write.make(&app, |()| StatusCode::OK, prepare).await
}

/// `DELETE /api/permission/roles/conditions/{id}`.
///
/// Permission: `policy.entity.delete`; a conditional right changes only the roles that it covers.
pub(super) async fn delete(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    Path(id): Path<String>,
) -> Result<(StatusCode, ()), Error> {
    let write = Write::delete(requester, WRITE);
    let prepare = || {
        let writer = Writer::deleting(&app, &principal)?;
        let id = checked_id(&id)?;
        Ok(move |state: &mut Stored| {
            let mut condition = delete_condition(state, &writer, id)?.to_json();
            condition["id"] = json!(id);
            Ok(Changed {
                answer: (),
                meta: json!({"condition": condition}),
            })
        })
    };
    write.make(&app, |()| StatusCode::NO_CONTENT, prepare).await
}

/// How large the criteria of a condition may be.
fn limits(app: &App) -> &ConditionLimits {
    &app.rbac().config().limits.conditions
}

fn checked_id(text: &str) -> Result<i64, Error> {
    leading_number(text).ok_or_else(|| Error::Input("Id is not a valid number.".to_owned()))
}

/// The number at the beginning of a text, as JavaScript's `parseInt` reads it: `5}` is 5.
fn leading_number(text: &str) -> Option<i64> {
    let text = text.trim_start();
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = unsigned.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return None;
    }
    // What does not fit is a number all the same, only nobody's id.
    let number = unsigned[..digits].parse().unwrap_or(i64::MAX);
    Some(if text.starts_with('-') {
        -number
    } else {
        number
    })
}

impl Condition {
    fn new(
        id: i64,
        ConditionRecord { policy, .. }: &ConditionRecord,
        format: MappingFormat,
    ) -> Condition {
        let permission_mapping = match format {
            MappingFormat::AsStored => policy
                .mapping
                .iter()
                .map(MappedPermission::to_json)
                .collect(),
            MappingFormat::Actions => {
                let actions: IndexSet<Action> = policy
                    .mapping
                    .iter()
                    .map(MappedPermission::action)
                    .collect();
                actions
                    .into_iter()
                    .map(|action| Value::from(action.as_str()))
                    .collect()
            }
        };
        Condition {
            id,
            result: "CONDITIONAL",
            role_entity_ref: policy.role.to_string(),
            plugin_id: policy.plugin_id.to_string(),
            resource_type: policy.resource_type.to_string(),
            permission_mapping,
            conditions: policy.conditions.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_like_parse_int() {
        assert_eq!(leading_number("5}"), Some(5));
        assert_eq!(leading_number(" 12abc"), Some(12));
        assert_eq!(leading_number("-1"), Some(-1));
        assert_eq!(leading_number("99999999999999999999"), Some(i64::MAX));
        assert_eq!(leading_number("x5"), None);
        assert_eq!(leading_number(""), None);
    }
}
