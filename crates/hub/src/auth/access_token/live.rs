//! The access tokens and service accounts in memory, and how they follow the database.

use super::store::{self, AccountRow};
use super::token::AccessToken;
use crate::app::App;
use crate::auth::external::Digest;
use crate::auth::service_account::ServiceAccount;
use crate::database::{self, News, Progress};
use crate::task::Shutdown;
use callboard_store::{Revision, Store, StoreError, Tx, feed};
use jiff::Timestamp;
use smol_str::SmolStr;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// What lines of the change feed call a change of tokens or service accounts.
const TOPIC: &str = "access-token";

/// How often the last uses of tokens are stored, and those that other hubs stored are read.
const USES_EVERY: Duration = Duration::from_secs(60);

/// How far back uses that other hubs stored are looked for.
const USES_BACK: Duration = Duration::from_secs(300);

/// How long a token that has ended is still listed.
const KEEP_ENDED: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Every token and every service account.
#[derive(Debug, Clone, Default)]
pub(super) struct Live {
    pub(super) tokens: HashMap<Digest, Arc<AccessToken>>,
    pub(super) accounts: BTreeMap<SmolStr, Arc<ServiceAccount>>,
}

impl Live {
    /// What is stored, with the place in the change feed that it belongs to. Tokens that `known`
    /// has stay the same, with what is known of their use.
    pub(super) async fn load(store: &Store, known: &Live) -> Result<(Live, Revision), StoreError> {
        let mut tx = store.begin_read().await?;
        let revision = feed::head(&mut tx).await?;
        let tokens = store::tokens(&mut tx).await?;
        let accounts = store::accounts(&mut tx).await?;
        drop(tx);
        let tokens = tokens.into_iter().filter_map(|row| {
            let id = row.id.clone();
            let Some(token) = AccessToken::from_row(row) else {
                tracing::warn!(plugin = "auth", id, "a stored access token cannot be read");
                return None;
            };
            let known = known.tokens.get(&token.digest).cloned();
            let token = known.unwrap_or_else(|| Arc::new(token));
            Some((token.digest, token))
        });
        let live = Live {
            tokens: tokens.collect(),
            accounts: accounts.into_iter().map(account).collect(),
        };
        Ok((live, revision))
    }

    /// The tokens of `owner`, the newest first.
    pub(super) fn of_owner(&self, owner: &str) -> Vec<Arc<AccessToken>> {
        let mut tokens: Vec<_> = self
            .tokens
            .values()
            .filter(|token| token.owner.as_str() == owner)
            .cloned()
            .collect();
        tokens.sort_by(|a, b| (b.created_at, &a.name).cmp(&(a.created_at, &b.name)));
        tokens
    }
}

fn account(row: AccountRow) -> (SmolStr, Arc<ServiceAccount>) {
    let account = ServiceAccount {
        name: row.name.into(),
        description: row.description,
        created_by: row.created_by,
        created_at: crate::auth::store::time(row.created_at),
    };
    (account.name.clone(), Arc::new(account))
}

/// Tells the other hubs that something changed.
pub(super) async fn tell(tx: &mut Tx, key: &str) -> Result<(), StoreError> {
    feed::record(tx, TOPIC, key).await.map(drop)
}

/// Knows what the other hubs do, until this one stops.
pub(super) async fn follow(app: App, progress: Progress, shutdown: Shutdown) {
    let seen = app.access_tokens().seen().await;
    database::follow(&app, &progress, seen, shutdown, catch_up).await;
}

async fn catch_up(app: App, seen: Revision) -> Result<Revision, StoreError> {
    match database::news(app.core().store.feed(), TOPIC, seen).await? {
        News::Keys { keys, seen } if keys.is_empty() => Ok(seen),
        // There are few of them, and changes are rare.
        News::Keys { .. } | News::Reload => app.access_tokens().load().await,
    }
}

/// Stores the last uses of tokens now and then, and when the hub stops.
pub(super) async fn keep_uses(app: App, mut shutdown: Shutdown) {
    loop {
        let is_over = tokio::select! {
            () = tokio::time::sleep(USES_EVERY) => false,
            () = shutdown.signalled() => true,
        };
        if let Err(error) = store_uses(&app).await {
            // That the database is away is said by whoever watches it.
            let error: &dyn std::error::Error = &error;
            tracing::debug!(
                plugin = "auth",
                error,
                "uses of access tokens were not stored"
            );
        }
        if is_over {
            return;
        }
    }
}

async fn store_uses(app: &App) -> Result<(), StoreError> {
    let store = &app.core().store;
    let now = app.core().clock.now();
    let live = app.access_tokens().live();
    let news: Vec<_> = live
        .tokens
        .values()
        .filter_map(|token| Some((token, token.usage.take_news()?)))
        .collect();
    let stored = write_uses(store, &news, now).await;
    if stored.is_err() {
        news.iter().for_each(|(token, _)| token.usage.give_back());
        return stored;
    }
    let by_id: HashMap<&str, &Arc<AccessToken>> = live
        .tokens
        .values()
        .map(|token| (token.id.as_str(), token))
        .collect();
    let mut conn = store.read().await?;
    for row in store::uses(&mut conn, now - USES_BACK).await? {
        if let Some(token) = by_id.get(row.id.as_str()) {
            token.usage.learn(row.last_used_at, row.last_used_from);
        }
    }
    Ok(())
}

async fn write_uses(
    store: &Store,
    news: &[(&Arc<AccessToken>, super::usage::Use)],
    now: Timestamp,
) -> Result<(), StoreError> {
    if news.is_empty() {
        return Ok(());
    }
    let mut tx = store.begin().await?;
    for (token, last) in news {
        store::set_used(&mut tx, &token.id, last.at, last.from.clone()).await?;
    }
    store::delete_old_tokens(&mut tx, now - KEEP_ENDED).await?;
    tx.commit().await
}
