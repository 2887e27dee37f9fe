//! What a provider hands over its roles with.

use super::super::service::Rbac;
use super::super::state::State;
use super::super::write::Changed;
use super::apply::{self, Applied, Provided};
use crate::app::App;
use crate::audit::{Operation, Requester};
use crate::error::Error;
use callboard_policy::Source;
use serde_json::{Value, json};

/// The way from a provider to the roles that are stored.
///
/// Each call hands over everything of its kind: what is stored under the provider's name and not
/// among it is removed. What others own stays as it is. A change decides when the call returns.
#[derive(Clone)]
pub struct Connection {
    app: App,
    source: Source,
}

impl Connection {
    pub(super) fn new(app: &App, provider: &str) -> Connection {
        Connection {
            app: app.clone(),
            source: Source::Provider(provider.into()),
        }
    }

    /// Hands over who holds which roles: members, each with a role.
    ///
    /// Members are folded to lower case. A row that is not valid, or whose role belongs to another
    /// source, is logged and left out. A role that is new belongs to the provider; one without
    /// members goes, with its policies and conditions.
    ///
    /// # Errors
    ///
    /// 503 when the database is away.
    pub async fn apply_roles(&self, members: Vec<(String, String)>) -> Result<(), Error> {
        let apply = move |state: &mut State, provided: &Provided| {
            Ok(apply::roles(state, provided, &members))
        };
        self.apply("role-write", apply).await
    }

    /// Hands over what roles may do: role, permission or resource type, action, effect.
    ///
    /// A row that is not valid, or whose role belongs to another source, is left out and leaves an
    /// audit event.
    ///
    /// # Errors
    ///
    /// 503 when the database is away.
    pub async fn apply_permissions(&self, policies: Vec<[String; 4]>) -> Result<(), Error> {
        let apply = move |state: &mut State, provided: &Provided| {
            Ok(apply::policies(state, provided, &policies))
        };
        self.apply("policy-write", apply).await
    }

    /// Hands over conditional policies, in the form of `POST /api/permission/roles/conditions`.
    ///
    /// Ids are not looked at: a stored condition that is equal, or that a new one can take the
    /// place of, keeps its own.
    ///
    /// # Errors
    ///
    /// 400 or 409 when one of them is not valid, has no role of the provider's, or shares a
    /// permission with another one, and 503 when the database is away. Nothing is changed then.
    pub async fn apply_conditional_permissions(&self, conditions: Vec<Value>) -> Result<(), Error> {
        let limits = self.app.rbac().config().limits.conditions;
        let apply = move |state: &mut State, provided: &Provided| {
            apply::conditions(state, provided, &limits, &conditions)
        };
        self.apply("condition-write", apply).await
    }

    async fn apply(
        &self,
        event: &'static str,
        apply: impl Fn(&mut State, &Provided) -> Result<Applied, Error> + Send + Sync + 'static,
    ) -> Result<(), Error> {
        let provided = self.provided();
        // Most of what is handed over is what is stored already, and nothing is written then.
        let stored = self.app.rbac().state();
        let mut tried = State::clone(&stored);
        let applied = match apply(&mut tried, &provided) {
            Ok(applied) => applied,
            Err(error) => {
                let operation = self.operation(event, "reconcile_abort", json!({}));
                operation.refuse(&self.app, &error).await;
                return Err(error);
            }
        };
        for warning in &applied.warnings {
            tracing::warn!(plugin = "permission", provider = %self.source, "{warning}");
        }
        for (row, error) in &applied.refused {
            let operation = self.operation(event, "create", json!({"policies": [row]}));
            operation.refuse(&self.app, error).await;
        }
        if tried == *stored {
            return Ok(());
        }
        let operation = self.operation(event, "create_or_update", json!({}));
        Rbac::write(&self.app, operation, move |state| {
            let applied = apply(state, &provided)?;
            Ok(Changed {
                answer: (),
                meta: applied.meta,
            })
        })
        .await
    }

    fn operation(&self, event: &'static str, action: &str, mut meta: Value) -> Operation {
        meta["source"] = json!(self.source.as_str());
        meta["actionType"] = json!(action);
        Operation::begin(Requester::plugin("permission"), "permission", event, meta)
    }

    fn provided(&self) -> Provided {
        let config = self.app.rbac().config();
        let configured = config.admin.iter().chain(&config.default_role);
        Provided {
            source: self.source.clone(),
            configured: configured.map(|role| role.role.clone()).collect(),
            now: self.app.core().clock.now(),
        }
    }
}
