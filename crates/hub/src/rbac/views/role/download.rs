//! A role as a file: rows, documents, or requests.

use crate::audit::{Operation, Requester};
use crate::error::Error;
use crate::rbac::export::export_role;
use crate::rbac::roster::Roster;
use crate::rbac::state::RoleMetadata;
use crate::rbac::views::address::RolePath;
use crate::rbac::views::readers;
use crate::rbac::views::sight::RoleSight;
use crate::ui::PageRequest;
use crate::ui::entity::Sight;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

/// What kind of file.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::rbac::views) enum Form {
    /// Members and policies, as the policy file has them.
    Csv,
    /// Conditional policies, as their file has them.
    Yaml,
    /// Requests that make the role over the REST API.
    Rest,
}

#[derive(Deserialize)]
pub(in crate::rbac::views) struct FormPath {
    form: Form,
}

/// `GET /rbac/roles/{kind}/{namespace}/{name}/export/{form}`, where the form is `csv`, `yaml` or
/// `rest`.
///
/// Permission: `policy.entity.read` for the role. The audit log keeps who took it.
pub(in crate::rbac::views) async fn page(
    request: PageRequest,
    Path(path): Path<RolePath>,
    Path(FormPath { form }): Path<FormPath>,
    requester: Requester,
) -> Result<Response, Error> {
    request.enter_administration(&readers())?;
    let role = path.role()?;
    let app = &request.app;
    let sight = Sight::of(app, &request.viewer.principal, request.texts())?;
    let roles = RoleSight::of(app, &request.viewer.principal, &sight)?;
    let metadata = roles.role(&role)?;
    let (content_type, ending, text) = match form {
        Form::Csv => {
            let export = export_role(roles.roster.state(), &role);
            (
                "text/csv",
                "csv",
                export.policies + &comments(&export.left_out),
            )
        }
        Form::Yaml => {
            let export = export_role(roles.roster.state(), &role);
            (
                "application/yaml",
                "yaml",
                export.conditions + &comments(&export.left_out),
            )
        }
        Form::Rest => (
            "text/x-shellscript",
            "sh",
            requests(&roles.roster, &role, metadata),
        ),
    };
    let meta = json!({"roleEntityRef": role, "form": ending});
    let requester = requester.known_as(request.viewer.user.entity_ref.as_str());
    let operation = Operation::begin(requester, "permission", "role-export", meta);
    operation.succeed_recorded(app, json!({})).await?;
    let name = role.rsplit('/').next().unwrap_or("role");
    let name: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') {
                c
            } else {
                '-'
            }
        })
        .collect();
    let headers = [
        (
            header::CONTENT_TYPE,
            format!("{content_type}; charset=utf-8"),
        ),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::VARY, "Cookie".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}.{ending}\""),
        ),
    ];
    Ok((headers, text).into_response())
}

/// What the file does not carry, as comments of it.
fn comments(left_out: &[impl ToString]) -> String {
    left_out
        .iter()
        .map(|left| format!("# {}\n", left.to_string()))
        .collect()
}

/// The role as a script that makes it in another hub.
fn requests(roster: &Roster, role: &str, metadata: &RoleMetadata) -> String {
    let members: Vec<_> = roster.members(role).map(|(row, _)| &row.member).collect();
    let mut known = json!({"description": metadata.description.as_deref().unwrap_or_default()});
    if let Some(owner) = &metadata.owner {
        known["owner"] = json!(owner);
    }
    let body = json!({"memberReferences": members, "name": role, "metadata": known});
    let mut script = String::from(
        "#!/bin/sh\n# BASE is the address of the hub, TOKEN a token of somebody who may create roles.\nset -eu\n",
    );
    script += &post("roles", &body);
    let policies = roster.policies(role).map(|(policy, _)| {
        json!({
            "entityReference": role,
            "permission": policy.permission,
            "policy": policy.action.as_str(),
            "effect": policy.effect.as_str(),
        })
    });
    let policies: Vec<Value> = policies.collect();
    if !policies.is_empty() {
        script += &post("policies", &json!(policies));
    }
    for (_, record) in roster.conditions(role) {
        script += &post("roles/conditions", &record.policy.to_json());
    }
    script
}

fn post(path: &str, body: &Value) -> String {
    // Within single quotes a shell takes everything as it is but the quote itself.
    let body = body.to_string().replace('\'', r"'\''");
    format!(
        "curl --fail-with-body --silent --show-error \"$BASE/api/permission/{path}\" \\\n  \
         --header \"Authorization: Bearer $TOKEN\" --header 'Content-Type: application/json' \\\n  \
         --data '{body}'\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_does_not_end_the_body() {
        let request = post("roles", &json!({"name": "it's"}));

        assert!(
            request.ends_with("--data '{\"name\":\"it'\\''s\"}'\n"),
            "{request}"
        );
    }
}
