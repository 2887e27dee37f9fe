//! What a provider hands over its roles with.

use super::super::service::Rbac;
use super::super::state::State;
use super::super::write::Brought;
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
        self.apply(move |state, provided| Ok(apply::roles(state, provided, &members)))
            .await
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
        self.apply(move |state, provided| Ok(apply::policies(state, provided, &policies)))
            .await
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
        let applied = self
            .apply(move |state, provided| apply::conditions(state, provided, &limits, &conditions))
            .await;
        if let Err(error) = &applied {
            let meta = json!({"actionType": "reconcile_abort"});
            self.refuse("condition-write", meta, error).await;
        }
        applied
    }

    async fn apply(
        &self,
        apply: impl FnOnce(&mut State, &Provided) -> Result<Applied, Error> + Send + 'static,
    ) -> Result<(), Error> {
        let (app, provided) = (self.app.clone(), self.provided());
        let work = async move {
            Rbac::bring_in_line(&app, |state| {
                Ok::<_, Error>(Brought {
                    answer: apply(state, &provided)?,
                    skipped: Vec::new(),
                })
            })
            .await
        };
        // Somebody who goes away meanwhile does not stop it half-way.
        let applied = tokio::spawn(work).await.map_err(Error::internal)??;
        for warning in &applied.warnings {
            tracing::warn!(plugin = "permission", provider = %self.source, "{warning}");
        }
        for (row, error) in &applied.refused {
            let meta = json!({"actionType": "create", "policies": [row]});
            self.refuse("policy-write", meta, error).await;
        }
        Ok(())
    }

    async fn refuse(&self, event: &'static str, mut meta: Value, error: &Error) {
        meta["source"] = json!(self.source.as_str());
        let hub = Requester::plugin("permission");
        let operation = Operation::begin(hub, "permission", event, meta);
        operation.refuse(&self.app, error).await;
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
