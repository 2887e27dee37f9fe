//! Device authorization: how a program without a browser signs somebody in (RFC 8628).
//!
//! The program asks for two codes ([`oauth`]). It keeps the long one and shows the short one, which
//! the person types on the page `/device` ([`views`]) in a browser where they are signed in. Then
//! the program exchanges the long one for a user token and a refresh token ([`grant`]). Each
//! refresh token is good once; one that comes twice ends the session.
//!
//! Such a session goes on while the provider that signed the person in knows them, as far as it can
//! be asked: through a browser of theirs. Without one, what it said last holds for as long as a
//! session of the pages lives at most.
//!
//! What waits is in the database alone, so that the program, the browser and the hubs between them
//! need not meet; sessions are in memory too ([`session`]).

pub(crate) mod api;
mod code;
mod end;
mod grant;
mod oauth;
mod session;
mod store;
mod views;
mod waiting;

pub(in crate::auth) use end::{end_all, end_signed_in_by};
pub(crate) use session::DeviceSession;

use crate::feature::{Feature, Registrar};
use crate::hub::StartError;
use crate::ui::Language;
use session::DeviceSessions;

/// The feature.
pub(crate) struct DeviceFeature;

impl Feature for DeviceFeature {
    fn id(&self) -> &'static str {
        "device"
    }

    fn register(&self, hub: &mut Registrar) -> Result<(), StartError> {
        hub.service(DeviceSessions::new(hub.core().store.clone()));
        hub.migrations(store::MIGRATIONS);
        hub.pages(views::router());
        hub.texts(&[
            (Language::English, include_str!("texts/en.ftl")),
            (Language::German, include_str!("texts/de.ftl")),
        ]);
        hub.follower("device-sessions", "sessions of programs", session::follow);
        hub.on_start(|app| async move { Ok(app.device_sessions().load(&app).await.map(drop)?) });
        Ok(())
    }
}
