//! Tokens that people make for their programs, and those of service accounts.
//!
//! A token is 256 random bits behind a prefix ([`secret`]); the database and the memory hold its
//! SHA-256. It acts as its owner with what the owner may do at this moment ([`token`]), narrowed
//! to a [`Scope`]: plugin and method are judged by the credential barrier, permissions where every
//! decision is made. Verifying one asks memory only; what other hubs on the same database make and
//! end is followed ([`live`]).
//!
//! Whoever holds a token can make no other, begin no session and manage nobody's access: that takes
//! somebody who signed in.

pub(crate) mod api;
mod config;
mod form;
mod live;
#[cfg(test)]
mod page_test;
mod scope;
mod secret;
mod service;
mod store;
mod token;
mod usage;
mod views;

pub(crate) use scope::Scope;
pub(in crate::auth) use secret::Prefix;
pub(crate) use service::AccessTokens;
pub(in crate::auth) use service::Call;
pub(crate) use token::AccessToken;

use crate::error::Error;
use crate::feature::{Feature, Registrar};
use crate::hub::StartError;
use crate::task::Task;
use crate::ui::Language;

/// The feature.
pub(crate) struct AccessTokenFeature;

impl Feature for AccessTokenFeature {
    fn id(&self) -> &'static str {
        "access-tokens"
    }

    fn register(&self, hub: &mut Registrar) -> Result<(), StartError> {
        hub.service(AccessTokens::new(hub.core())?);
        hub.migrations(store::MIGRATIONS);
        hub.pages(views::router());
        hub.texts(&[
            (Language::English, include_str!("texts/en.ftl")),
            (Language::German, include_str!("texts/de.ftl")),
        ]);
        hub.follower("access-tokens", "access tokens", live::follow);
        hub.task(Task::new("access-token-uses", live::keep_uses));
        hub.on_start(|app| async move { Ok(app.access_tokens().load().await.map(drop)?) });
        Ok(())
    }
}

/// 403 where only somebody who signed in may act.
pub(in crate::auth) fn not_allowed() -> Error {
    Error::NotAllowed("This endpoint does not allow access tokens: sign in".to_owned())
}
