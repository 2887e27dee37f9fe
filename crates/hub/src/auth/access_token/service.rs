//! What access tokens can do for the rest of the hub.

use super::config::TokenConfig;
use super::live::{self, Live};
use super::scope::Scope;
use super::secret::Prefix;
use super::store::{self, AccountRow};
use super::token::{AccessToken, Owner};
use crate::app::{App, Core};
use crate::audit::Operation;
use crate::auth::service_account::{self, ServiceAccount};
use crate::auth::{external, random};
use crate::error::Error;
use crate::hub::StartError;
use crate::principal::Principal;
use arc_swap::ArcSwap;
use axum::http::Method;
use callboard_config::Secret;
use callboard_policy::EntityRef;
use callboard_store::{Constraint, Revision, Store, StoreError, Tx};
use serde_json::{Value, json};
use smol_str::SmolStr;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// How many tokens one owner may have.
const MAX_TOKENS_PER_OWNER: usize = 100;

/// How long the name of a token may be, in characters.
pub(super) const MAX_NAME: usize = 100;

impl App {
    /// The tokens that people and service accounts call with.
    pub(crate) fn access_tokens(&self) -> &AccessTokens {
        self.service()
    }
}

/// The tokens that people and service accounts call with; found by `App::access_tokens`.
pub(crate) struct AccessTokens {
    store: Store,
    config: TokenConfig,
    live: ArcSwap<Live>,
    /// Held while the database is written or read whole, so that memory follows in the same order.
    /// The place in the change feed that belongs to what was loaded.
    writing: Mutex<Revision>,
}

/// A request as far as tokens are concerned.
#[derive(Debug, Clone, Copy)]
pub(in crate::auth) struct Call<'a> {
    /// The plugin that is asked.
    pub(in crate::auth) plugin: &'a str,
    /// The method.
    pub(in crate::auth) method: &'a Method,
    /// The path, relative to the plugin.
    pub(in crate::auth) path: &'a str,
    /// Where the request came from.
    pub(in crate::auth) address: Option<IpAddr>,
}

/// A token that somebody asks for.
#[derive(Debug, Clone)]
pub(crate) struct NewToken {
    /// What its owner calls it.
    pub(crate) name: String,
    /// How long it lives.
    pub(crate) lifetime: Duration,
    /// What it is narrowed to.
    pub(crate) scope: Scope,
}

/// A token that was just made.
pub(crate) struct Created {
    /// Its text, which is never known again.
    pub(crate) secret: Secret<String>,
    /// What stays known of it.
    pub(crate) token: Arc<AccessToken>,
}

/// What becomes of tokens and service accounts.
enum Change {
    Create(Arc<AccessToken>),
    Revoke { owner: EntityRef, id: SmolStr },
    CreateAccount(Arc<ServiceAccount>),
    DeleteAccount(SmolStr),
}

impl AccessTokens {
    pub(super) fn new(core: &Core) -> Result<AccessTokens, StartError> {
        Ok(AccessTokens {
            store: core.store.clone(),
            config: TokenConfig::read(&core.config)?,
            live: ArcSwap::default(),
            writing: Mutex::default(),
        })
    }

    /// Loads what is stored, and gives the place in the change feed that it belongs to.
    pub(super) async fn load(&self) -> Result<Revision, StoreError> {
        let mut seen = self.writing.lock().await;
        let (live, revision) = Live::load(&self.store, &self.live.load()).await?;
        self.live.store(Arc::new(live));
        *seen = revision;
        Ok(revision)
    }

    pub(super) async fn seen(&self) -> Revision {
        *self.writing.lock().await
    }

    pub(super) fn live(&self) -> Arc<Live> {
        self.live.load_full()
    }

    /// The longest life that a token may be given.
    pub(crate) fn max_lifetime(&self) -> Duration {
        self.config.max_lifetime
    }

    /// The tokens of `owner`, the newest first; those that ended within a month are among them.
    pub(crate) fn of_owner(&self, owner: &str) -> Vec<Arc<AccessToken>> {
        self.live.load().of_owner(owner)
    }

    /// Every service account, by name.
    pub(crate) fn accounts(&self) -> Vec<Arc<ServiceAccount>> {
        self.live.load().accounts.values().cloned().collect()
    }

    /// The service account called `name`.
    ///
    /// # Errors
    ///
    /// 404 when there is none.
    pub(crate) fn account(&self, name: &str) -> Result<Arc<ServiceAccount>, Error> {
        let live = self.live.load();
        live.accounts
            .get(name)
            .cloned()
            .ok_or_else(|| no_account(name))
    }

    /// Who calls with `text`; `None` when it is no access token.
    ///
    /// # Errors
    ///
    /// 401 for one that is not good (any more), 403 for a request that its scope does not cover.
    pub(in crate::auth) fn authenticate(
        &self,
        app: &App,
        text: &str,
        call: Call<'_>,
    ) -> Result<Option<Principal>, Error> {
        let kinds = [Prefix::Personal, Prefix::Service];
        let Some(digest) = kinds.iter().find_map(|kind| kind.digest_of(text)) else {
            return Ok(None);
        };
        let live = self.live.load();
        let Some(token) = live.tokens.get(&digest) else {
            return Ok(None);
        };
        let now = app.core().clock.now();
        if token.expires_at <= now {
            return Err(Error::Authentication("This token has expired".to_owned()));
        }
        let user = token.caller(app)?;
        token.scope.check(call.plugin, call.method, call.path)?;
        token.usage.note(now, call.address);
        Ok(Some(Principal::User(user)))
    }

    /// Makes a token with which its holder acts as `owner`. Whoever may make one is decided
    /// before; `operation` is recorded with it, and with a refusal.
    ///
    /// # Errors
    ///
    /// 400 for what cannot be its name, life or scope, 409 when the owner has one of that name or
    /// too many, 503 when the database is away.
    pub(crate) async fn create(
        app: &App,
        owner: EntityRef,
        created_by: &str,
        new: NewToken,
        operation: Operation,
    ) -> Result<Created, Error> {
        let prepared = app.access_tokens().prepare(app, owner, created_by, new);
        let created = operation.or_refuse(app, prepared).await?;
        let meta = json!({"tokenId": created.token.id, "expiresAt": created.token.expires_at});
        apply(app, operation, Change::Create(created.token.clone()), meta).await?;
        Ok(created)
    }

    fn prepare(
        &self,
        app: &App,
        owner: EntityRef,
        created_by: &str,
        new: NewToken,
    ) -> Result<Created, Error> {
        let name = named("name", &new.name)?;
        if new.lifetime.is_zero() || new.lifetime > self.config.max_lifetime {
            let days = self.config.max_lifetime.as_secs() / super::config::DAY.as_secs();
            let message = format!("expiresInDays: a token lives for 1 to {days} days");
            return Err(Error::Input(message));
        }
        let scope = new.scope.normalized()?;
        if self.of_owner(owner.as_str()).len() >= MAX_TOKENS_PER_OWNER {
            let message = format!("'{owner}' has {MAX_TOKENS_PER_OWNER} tokens; revoke some first");
            return Err(Error::Conflict(message));
        }
        let kind = if service_account::is_one(&owner) {
            Prefix::Service
        } else {
            Prefix::Personal
        };
        let secret = kind.generate();
        let now = app.core().clock.now();
        let owner = Owner::new(app, owner);
        let row = store::TokenRow {
            id: random::uuid().to_string(),
            secret_hash: external::digest(secret.expose()).to_vec(),
            owner_ref: owner.entity_ref.to_string(),
            is_owner_known: owner.is_known,
            name,
            hint: kind.hint_of(&secret),
            scope: json!(scope),
            created_by: created_by.to_owned(),
            created_at: now.as_millisecond(),
            expires_at: (now + new.lifetime).as_millisecond(),
            last_used_at: None,
            last_used_from: None,
        };
        let token = AccessToken::from_row(row);
        let token = token.ok_or_else(|| Error::internal("a new token cannot be read"))?;
        Ok(Created {
            secret,
            token: Arc::new(token),
        })
    }

    /// Ends a token of `owner`, here at once and at every other hub within a second.
    ///
    /// # Errors
    ///
    /// 404 when the owner has no such token, 503 when the database is away: then it has not ended.
    pub(crate) async fn revoke(
        app: &App,
        owner: EntityRef,
        id: &str,
        operation: Operation,
    ) -> Result<(), Error> {
        let id = SmolStr::from(id);
        apply(app, operation, Change::Revoke { owner, id }, json!({})).await
    }

    /// Makes a service account.
    ///
    /// # Errors
    ///
    /// 400 for what cannot be its name or description, 409 when there is one of that name, 503 when
    /// the database is away.
    pub(crate) async fn create_account(
        app: &App,
        account: ServiceAccount,
        operation: Operation,
    ) -> Result<Arc<ServiceAccount>, Error> {
        operation.or_refuse(app, account.check()).await?;
        let account = Arc::new(account);
        apply(
            app,
            operation,
            Change::CreateAccount(account.clone()),
            json!({}),
        )
        .await?;
        Ok(account)
    }

    /// Removes a service account with its tokens.
    ///
    /// # Errors
    ///
    /// 404 when there is none of that name, 409 while roles name it, 503 when the database is away.
    pub(crate) async fn delete_account(
        app: &App,
        name: &str,
        operation: Operation,
    ) -> Result<(), Error> {
        let roles = service_account::roles(app, name);
        if !roles.is_empty() {
            let message = format!(
                "Service account '{name}' is a member of {}; take it out first",
                roles.join(", ")
            );
            let refused = Err(Error::Conflict(message));
            return operation.or_refuse(app, refused).await;
        }
        apply(
            app,
            operation,
            Change::DeleteAccount(name.into()),
            json!({}),
        )
        .await
    }
}

/// The text of a field `field` that names something, without space around it.
fn named(field: &str, text: &str) -> Result<String, Error> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::Input(format!("{field}: must be given")));
    }
    if text.chars().count() > MAX_NAME || text.chars().any(char::is_control) {
        let message = format!("{field}: must have at most {MAX_NAME} characters, on one line");
        return Err(Error::Input(message));
    }
    Ok(text.to_owned())
}

fn no_account(name: &str) -> Error {
    Error::NotFound(format!("There is no service account '{name}'"))
}

/// Makes a change, and records it. Somebody who goes away meanwhile does not stop it half-way.
async fn apply(app: &App, operation: Operation, change: Change, meta: Value) -> Result<(), Error> {
    let app = app.clone();
    let work = async move {
        let applied = apply_now(&app, &operation, &change, meta).await;
        operation.or_refuse(&app, applied).await
    };
    tokio::spawn(work).await.map_err(Error::internal)?
}

async fn apply_now(
    app: &App,
    operation: &Operation,
    change: &Change,
    meta: Value,
) -> Result<(), Error> {
    let tokens = app.access_tokens();
    let _writing = tokens.writing.lock().await;
    let mut tx = tokens.store.begin().await?;
    change.write(&mut tx).await?;
    let recorded = operation.succeed_in(app, &mut tx, meta).await?;
    live::tell(&mut tx, change.key()).await?;
    tx.commit().await?;
    tokens.live.rcu(|live| {
        let mut live = Live::clone(live);
        change.publish(&mut live);
        live
    });
    recorded.publish();
    Ok(())
}

impl Change {
    /// What the change feed calls it.
    fn key(&self) -> &str {
        match self {
            Change::Create(token) => &token.id,
            Change::Revoke { id, .. } => id,
            Change::CreateAccount(account) => &account.name,
            Change::DeleteAccount(name) => name,
        }
    }

    async fn write(&self, tx: &mut Tx) -> Result<(), Error> {
        match self {
            Change::Create(token) => {
                let owner = &token.owner;
                if service_account::is_one(owner) && !store::has_account(tx, owner.name()).await? {
                    return Err(no_account(owner.name()));
                }
                let message = format!("'{owner}' has a token called '{}'", token.name);
                conflict(store::insert_token(tx, token.to_row()).await, message)
            }
            Change::Revoke { owner, id } => {
                if store::delete_token(tx, id, owner.as_str()).await? {
                    return Ok(());
                }
                Err(Error::NotFound(format!("There is no token '{id}'")))
            }
            Change::CreateAccount(account) => {
                let message = format!("There is a service account '{}'", account.name);
                conflict(
                    store::insert_account(tx, AccountRow::of(account)).await,
                    message,
                )
            }
            Change::DeleteAccount(name) => {
                let entity_ref = service_account::reference(name);
                if store::delete_account(tx, name, entity_ref.as_str()).await? {
                    return Ok(());
                }
                Err(no_account(name))
            }
        }
    }

    fn publish(&self, live: &mut Live) {
        match self {
            Change::Create(token) => {
                live.tokens.insert(token.digest, token.clone());
            }
            Change::Revoke { id, .. } => live.tokens.retain(|_, token| token.id != *id),
            Change::CreateAccount(account) => {
                live.accounts.insert(account.name.clone(), account.clone());
            }
            Change::DeleteAccount(name) => {
                let entity_ref = service_account::reference(name);
                live.tokens.retain(|_, token| token.owner != entity_ref);
                live.accounts.remove(name);
            }
        }
    }
}

/// 409 for a write that a unique constraint refuses.
fn conflict(written: Result<(), StoreError>, message: String) -> Result<(), Error> {
    match written {
        Err(StoreError::Conflict(Constraint::Unique(_))) => Err(Error::Conflict(message)),
        written => Ok(written?),
    }
}
