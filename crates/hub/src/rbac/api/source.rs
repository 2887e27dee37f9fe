//! `GET /sources`: where policies come from, and whether what is written there counts.

use super::super::owner::Visible;
use super::super::permissions::POLICY_READ;
use super::super::status::{Counts, Refusal, SourceStatus};
use super::role::wire_time;
use crate::app::App;
use crate::error::Error;
use crate::finding::{Finding, Severity};
use crate::principal::Principal;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use std::sync::Arc;

/// A policy file on the wire.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Source {
    kind: &'static str,
    name: Arc<str>,
    path: String,
    reload: bool,
    in_force: bool,
    last_read: String,
    /// When the content that counts came into force; `null` when none has since the start.
    last_changed: Option<String>,
    /// Of the content that counts.
    sha256: Option<Arc<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<WireCounts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<Refused>,
    /// Absent for callers who may not see every role.
    #[serde(skip_serializing_if = "Option::is_none")]
    diagnostics: Option<Vec<Diagnostic>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum WireCounts {
    Rows { members: usize, policies: usize },
    Documents { conditions: usize },
}

/// The content that the file holds and that does not count.
#[derive(Serialize)]
struct Refused {
    sha256: Option<Arc<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Serialize)]
struct Diagnostic {
    severity: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

/// `GET /api/permission/sources`.
///
/// Permission: `policy.entity.read`; a conditional right shows the files without what is wrong in
/// them, as that names roles.
pub(super) async fn list(
    State(app): State<App>,
    principal: Principal,
) -> Result<Json<Vec<Source>>, Error> {
    let visible = Visible::of(&app, &principal, &POLICY_READ)?;
    let shows_roles = matches!(visible, Visible::All);
    let reload = app.rbac().config().reload;
    let sources = app.rbac().sources();
    let sources = sources.iter();
    Ok(Json(
        sources
            .map(|source| Source::new(source, reload, shows_roles))
            .collect(),
    ))
}

impl Source {
    fn new(status: &SourceStatus, reload: bool, shows_roles: bool) -> Source {
        let in_force = status.in_force.as_ref();
        let refused = |refusal: &Refusal| Refused {
            sha256: refusal.sha256.clone(),
            reason: shows_roles.then(|| refusal.reason.clone()),
        };
        let diagnostics = status.diagnostics().map(Diagnostic::from);
        Source {
            kind: status.kind.name(),
            name: Arc::clone(&status.file.name),
            path: status.file.path.display().to_string(),
            reload,
            in_force: status.is_in_force(),
            last_read: wire_time(status.read_at),
            last_changed: in_force.map(|in_force| wire_time(in_force.since)),
            sha256: in_force.map(|in_force| Arc::clone(&in_force.sha256)),
            counts: in_force.map(|in_force| in_force.counts.into()),
            refused: status.refusal.as_ref().map(refused),
            diagnostics: shows_roles.then(|| diagnostics.collect()),
        }
    }
}

impl From<Counts> for WireCounts {
    fn from(counts: Counts) -> WireCounts {
        match counts {
            Counts::Rows { members, policies } => WireCounts::Rows { members, policies },
            Counts::Documents(conditions) => WireCounts::Documents { conditions },
        }
    }
}

impl From<&Finding> for Diagnostic {
    fn from(finding: &Finding) -> Diagnostic {
        Diagnostic {
            severity: match finding.severity {
                Severity::Note => "note",
                Severity::Warning => "warning",
                Severity::Error => "error",
            },
            message: finding.message.clone(),
            line: finding.line,
            help: finding.help.clone(),
        }
    }
}
