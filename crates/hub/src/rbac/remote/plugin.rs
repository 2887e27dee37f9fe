//! One plugin of another backend: what it declares, and whether it answers.

use super::metadata::{Body, Metadata};
use crate::app::App;
use crate::http_client::{CallLimits, HttpError};
use arc_swap::ArcSwap;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// The plugin of this hub that asks.
const ASKING: &str = "permission";
const METADATA: &str = "/.well-known/backstage/permissions/metadata";

/// Nothing older is given while the plugin answers.
const MAX_AGE: SignedDuration = SignedDuration::from_secs(60);

/// From this age on it is asked again, beside the request.
const ASK_AGAIN: SignedDuration = SignedDuration::from_secs(30);

/// How long a plugin that failed is left alone.
const REST: SignedDuration = SignedDuration::from_secs(10);

/// What bounds the questions to a plugin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Of one question; whoever waits for an answer waits as long at most.
    pub(crate) call: CallLimits,
    /// Between a question that failed and the one repetition.
    pub(crate) retry: Duration,
}

/// What is used outside tests.
pub(super) const LIMITS: Limits = Limits {
    call: CallLimits {
        timeout: Duration::from_secs(3),
        body_bytes: 1024 * 1024,
    },
    retry: Duration::from_millis(200),
};

/// Whether a plugin of another backend answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// It has not been asked yet.
    Unasked,
    /// It answers.
    Up {
        /// Since when, without a failure.
        since: Timestamp,
    },
    /// It does not answer, or not with what it should.
    Down {
        /// Since when, without a success.
        since: Timestamp,
        /// What went wrong first.
        why: String,
    },
}

/// Whether the plugin should be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// No: what is known is recent, or the plugin rests.
    None,
    /// Yes, but what is known will do meanwhile.
    Soon,
    /// Yes, and an answer is worth waiting for.
    Now,
}

pub(super) struct RemotePlugin {
    id: String,
    limits: Limits,
    state: ArcSwap<State>,
    /// Held while the plugin is asked, so that one answer serves all.
    asking: Mutex<()>,
}

struct State {
    /// What it declared last, even if it is down now.
    metadata: Option<Arc<Metadata>>,
    health: Health,
    asked_at: Timestamp,
}

impl RemotePlugin {
    pub(super) fn new(id: &str, limits: Limits) -> RemotePlugin {
        RemotePlugin {
            id: id.to_owned(),
            limits,
            state: ArcSwap::from_pointee(State {
                metadata: None,
                health: Health::Unasked,
                asked_at: Timestamp::MIN,
            }),
            asking: Mutex::default(),
        }
    }

    pub(super) fn metadata(&self) -> Option<Arc<Metadata>> {
        self.state.load().metadata.clone()
    }

    pub(super) fn health(&self) -> Health {
        self.state.load().health.clone()
    }

    pub(super) fn need(&self, now: Timestamp) -> Need {
        let state = self.state.load();
        let age = now.duration_since(state.asked_at);
        match state.health {
            Health::Unasked => Need::Now,
            Health::Up { .. } if age >= MAX_AGE => Need::Now,
            Health::Up { .. } if age >= ASK_AGAIN => Need::Soon,
            Health::Down { .. } if age >= REST && state.metadata.is_none() => Need::Now,
            Health::Down { .. } if age >= REST => Need::Soon,
            Health::Up { .. } | Health::Down { .. } => Need::None,
        }
    }

    /// Asks the plugin, unless somebody just did. What it declared last stays when that fails.
    ///
    /// Gives whether it is up.
    pub(super) async fn refresh(self: Arc<RemotePlugin>, app: App) -> bool {
        let _asking = self.asking.lock().await;
        let now = app.core().clock.now();
        let before = self.state.load_full();
        if self.need(now) == Need::None {
            return matches!(before.health, Health::Up { .. });
        }
        let asked = self.ask_twice(&app).await;
        let state = match asked {
            Ok(metadata) => State {
                metadata: Some(Arc::new(metadata)),
                health: self.up(&before.health, now),
                asked_at: now,
            },
            Err(why) => State {
                metadata: before.metadata.clone(),
                health: self.down(&before.health, now, why),
                asked_at: now,
            },
        };
        let is_up = matches!(state.health, Health::Up { .. });
        self.state.store(Arc::new(state));
        is_up
    }

    fn up(&self, before: &Health, now: Timestamp) -> Health {
        let remote = self.id.as_str();
        match before {
            Health::Up { since } => return Health::Up { since: *since },
            Health::Down { .. } => {
                tracing::info!(
                    plugin = ASKING,
                    remote,
                    "a plugin of another backend answers again"
                );
            }
            Health::Unasked => {}
        }
        Health::Up { since: now }
    }

    fn down(&self, before: &Health, now: Timestamp, why: String) -> Health {
        if let Health::Down { .. } = before {
            return before.clone();
        }
        let remote = self.id.as_str();
        tracing::warn!(
            plugin = ASKING,
            remote,
            error = why,
            "a plugin of another backend does not tell its permissions; what it told last stays"
        );
        Health::Down { since: now, why }
    }

    /// Asks, and once more when the failure may be over in a moment.
    async fn ask_twice(&self, app: &App) -> Result<Metadata, String> {
        match self.ask(app).await {
            Err(Failure::Http(error)) if error.is_passing() => {
                tokio::time::sleep(self.limits.retry).await;
                self.ask(app).await
            }
            asked => asked,
        }
        .map_err(|failure| failure.in_full())
    }

    async fn ask(&self, app: &App) -> Result<Metadata, Failure> {
        let url = app.discovery().below(&self.id, METADATA);
        let url = url.ok_or(Failure::NoAddress)?;
        let token = app.auth().issue_plugin_token(ASKING, &self.id, None);
        let token = token.await.map_err(Failure::Token)?.token;
        let body: Body = app
            .core()
            .http
            .get_json(&url, Some(&token), self.limits.call)
            .await?;
        Ok(body.into())
    }
}

/// Why a plugin did not tell what it declares.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("it has no address")]
    NoAddress,
    #[error("no token could be signed: {0}")]
    Token(crate::error::Error),
    #[error(transparent)]
    Http(#[from] HttpError),
}

impl Failure {
    fn in_full(&self) -> String {
        match self {
            Failure::Http(error) => error.in_full(),
            Failure::NoAddress | Failure::Token(_) => self.to_string(),
        }
    }
}
