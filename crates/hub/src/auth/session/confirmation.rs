//! When a provider last knew a person, for what outlives the browser that they signed in with.
//!
//! A program that somebody let in has nothing to ask the provider with: what it could show is the
//! browser's, and many providers take it once. So the provider is asked through the browsers of
//! the person, as it is for their pages.

use super::renewal;
use crate::app::App;
use jiff::Timestamp;

/// When `provider` last said that `user_ref` is signed in with it; it is asked again when that is
/// as old as a token may be. `None` when no browser of theirs is signed in with it, or the
/// provider denies it: then everything that it signed in ends.
pub(in crate::auth) async fn confirmed_at(
    app: &App,
    user_ref: &str,
    provider: &str,
) -> Option<Timestamp> {
    let now = app.core().clock.now();
    let own = app.auth().sessions.of(user_ref, now).into_iter();
    let (digest, session) = own
        .filter(|(_, session)| session.provider == provider)
        .max_by_key(|(_, session)| (session.has_refresh_token, session.resolved_at))?;
    if !session.has_refresh_token {
        return Some(session.resolved_at);
    }
    let settled = renewal::settled(app, &digest, session, now).await?;
    Some(settled.resolved_at)
}
