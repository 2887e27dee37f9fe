//! `/policies`: permission policies, all of them and those of one subject.

use super::super::audited::{Read, Write};
use super::super::change::{
    Writer, Written, add_policies, delete_policies, delete_policies_of, update_policies,
};
use super::super::owner::Visible;
use super::super::permissions::POLICY_READ;
use super::super::state::State as Stored;
use super::super::write::Changed;
use super::RefPath;
use super::query::Query;
use crate::app::App;
use crate::audit::Requester;
use crate::error::Error;
use crate::http::body::JsonBody;
use crate::principal::Principal;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use callboard_policy::Grant;
use callboard_policy::reference::Usage;
use serde::Serialize;
use serde_json::{Value, json};
use std::borrow::Cow;

/// The audit event of reads.
const READ: &str = "policy-read";

/// The audit event of changes.
const WRITE: &str = "policy-write";

/// A permission policy on the wire.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Policy<'a> {
    entity_reference: &'a str,
    permission: &'a str,
    policy: &'static str,
    effect: &'static str,
    metadata: Metadata<'a>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    source: &'a str,
}

/// `GET /api/permission/policies`.
///
/// Permission: `policy.entity.read`; a conditional right shows only the roles that it covers.
pub(super) async fn list(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    query: Query,
) -> Result<Response, Error> {
    Read::begin(requester, READ, query.to_event()).answer(|| {
        let visible = Visible::of(&app, &principal, &POLICY_READ)?;
        let filter = [
            query.first("entityRef")?,
            query.first("permission")?,
            query.first("policy")?,
            query.first("effect")?,
        ];
        let is_wanted = |policy: &Grant| {
            let row = [
                policy.subject.as_str(),
                &policy.permission,
                policy.action.as_str(),
                policy.effect.as_str(),
            ];
            filter
                .iter()
                .zip(row)
                .all(|(wanted, value)| wanted.is_none_or(|wanted| wanted == value))
        };
        let state = app.rbac().state();
        let found: Vec<_> = policies(&state, &visible, is_wanted).collect();
        Ok(Json(found).into_response())
    })
}

/// `GET /api/permission/policies/{kind}/{namespace}/{name}`.
///
/// Permission: `policy.entity.read`; a conditional right shows only the roles that it covers.
pub(super) async fn by_subject(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    Path(path): Path<RefPath>,
) -> Result<Response, Error> {
    let query = json!({"queryType": "by-role", "entityRef": path.to_string()});
    Read::begin(requester, READ, query).answer(|| {
        let visible = Visible::of(&app, &principal, &POLICY_READ)?;
        let subject = path.check(Usage::Any)?;
        let state = app.rbac().state();
        let found: Vec<_> =
            policies(&state, &visible, |policy| policy.subject == subject).collect();
        if found.is_empty() {
            return Err(Error::NotFound(String::new()));
        }
        Ok(Json(found).into_response())
    })
}

fn policies<'a>(
    state: &'a Stored,
    visible: &Visible,
    is_wanted: impl Fn(&Grant) -> bool,
) -> impl Iterator<Item = Policy<'a>> {
    let wanted = state
        .policies
        .keys()
        .filter(move |policy| is_wanted(policy));
    wanted.filter_map(|policy| {
        let metadata = visible.role(state, &policy.subject)?;
        Some(Policy {
            entity_reference: &policy.subject,
            permission: if policy.is_retired() {
                "policy.entity.create"
            } else {
                &policy.permission
            },
            policy: policy.action.as_str(),
            effect: policy.effect.as_str(),
            metadata: Metadata {
                source: metadata.source.as_str(),
            },
        })
    })
}

/// `POST /api/permission/policies`: a list of policies, each with its subject.
///
/// Permission: `policy.entity.create`, and for roles of others `policy.entity.update` as well.
pub(super) async fn add(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    JsonBody(body): JsonBody,
) -> Result<(StatusCode, ()), Error> {
    let write = Write::create(requester, WRITE);
    let prepare = || {
        let writer = Writer::creating(&app, &principal)?;
        let policies = read(&body, None)?;
        Ok(move |state: &mut Stored| {
            let added = add_policies(state, &writer, policies)?;
            Ok(changed((), &added))
        })
    };
    write.make(&app, |()| StatusCode::CREATED, prepare).await
}

/// `PUT /api/permission/policies/{kind}/{namespace}/{name}`: `oldPolicy`, and `newPolicy` to put in
/// its place.
///
/// Permission: `policy.entity.update`; a conditional right changes only the roles that it covers.
pub(super) async fn update(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    Path(path): Path<RefPath>,
    JsonBody(body): JsonBody,
) -> Result<(StatusCode, ()), Error> {
    let write = Write::update(requester, WRITE);
    let prepare = || {
        let writer = Writer::updating(&app, &principal)?;
        let subject = path.check(Usage::Any)?;
        let (old, new) = (present(&body, "oldPolicy")?, present(&body, "newPolicy")?);
        let (old, new) = (read(old, Some(&subject))?, read(new, Some(&subject))?);
        Ok(move |state: &mut Stored| {
            let updated = update_policies(state, &writer, old, new)?;
            let is_changed = updated.is_some();
            Ok(changed(is_changed, &updated.unwrap_or_default()))
        })
    };
    let status = |is_changed: &bool| match is_changed {
        true => StatusCode::OK,
        false => StatusCode::NO_CONTENT,
    };
    let (status, _) = write.make(&app, status, prepare).await?;
    Ok((status, ()))
}

/// `DELETE /api/permission/policies/{kind}/{namespace}/{name}`: the policies of the body, the one of
/// the query, or all of the subject when there is neither.
///
/// Permission: `policy.entity.delete`; a conditional right changes only the roles that it covers.
pub(super) async fn delete(
    State(app): State<App>,
    principal: Principal,
    requester: Requester,
    Path(path): Path<RefPath>,
    query: Query,
    body: Option<JsonBody>,
) -> Result<(StatusCode, ()), Error> {
    let write = Write::delete(requester, WRITE);
    let prepare = || {
        let writer = Writer::deleting(&app, &principal)?;
        let subject = path.check(Usage::Any)?;
        let chosen = match body {
            Some(JsonBody(body)) => Some(read(&body, Some(&subject))?),
            // Whoever mistypes a parameter does not mean to delete everything.
            None if query.is_empty() => None,
            None => Some(vec![read_query(&query, &subject)?]),
        };
        Ok(move |state: &mut Stored| {
            let removed = match chosen {
                Some(policies) => delete_policies(state, &writer, policies),
                None => delete_policies_of(state, &writer, &subject),
            };
            Ok(changed((), &removed?))
        })
    };
    write.make(&app, |()| StatusCode::NO_CONTENT, prepare).await
}

/// A change of policies, with the rows that its event shows.
fn changed<T>(answer: T, policies: &[Grant]) -> Changed<T> {
    let row = |policy: &Grant| {
        json!([
            policy.subject,
            policy.permission,
            policy.action.as_str(),
            policy.effect.as_str()
        ])
    };
    let rows: Vec<_> = policies.iter().map(row).collect();
    Changed {
        answer,
        meta: json!({"policies": rows}),
    }
}

/// A list of policies that has to be there.
fn present<'a>(body: &'a Value, key: &str) -> Result<&'a Value, Error> {
    let list = &body[key];
    let is_empty = match list {
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
    };
    if is_empty {
        return Err(Error::Input(format!("'{key}' object must be present")));
    }
    Ok(list)
}

/// Reads a list of policies; those of a `subject` need not name it, and whatever they name is passed
/// over.
fn read(list: &Value, subject: Option<&str>) -> Result<Vec<Written>, Error> {
    let Some(rows) = list.as_array() else {
        let text = "permission policy must be provided as an array";
        return Err(Error::Input(text.to_owned()));
    };
    if rows.is_empty() {
        return Err(Error::Input("permission policy must be present".to_owned()));
    }
    let written = |row: &Value| {
        let subject = subject.map_or_else(|| shown(&row["entityReference"]), Cow::from);
        // What would be a name if it were written as text is no name.
        let permission = row["permission"].as_str().unwrap_or_default();
        let (action, effect) = (shown(&row["policy"]), shown(&row["effect"]));
        Grant::parse(&subject, permission, &action, &effect)
    };
    Ok(rows.iter().map(written).collect())
}

fn read_query(query: &Query, subject: &str) -> Result<Written, Error> {
    let value = |name| Ok::<_, Error>(query.first(name)?.unwrap_or_default());
    let (permission, action, effect) = (value("permission")?, value("policy")?, value("effect")?);
    Ok(Grant::parse(subject, permission, action, effect))
}

/// A field as messages show it, whatever it is.
fn shown(field: &Value) -> Cow<'_, str> {
    match field {
        Value::Null => "".into(),
        Value::String(text) => text.into(),
        other => other.to_string().into(),
    }
}
