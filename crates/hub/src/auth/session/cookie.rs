//! The cookies of the pages.

use crate::app::{App, Core};
use axum::http::HeaderMap;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use std::time::Duration;

/// The name of the session's cookie; see [`cookie_name`].
const NAME: &str = "callboard-session";

/// The id in the session cookie of a request.
pub(in crate::auth) fn id_of(app: &App, headers: &HeaderMap) -> Option<String> {
    let jar = CookieJar::from_headers(headers);
    jar.get(&cookie_name(app.core(), NAME))
        .map(|cookie| cookie.value().to_owned())
}

/// The cookie that carries a session id, for as long as the session may live.
pub(in crate::auth) fn cookie(core: &Core, id: String, lifetime: Duration) -> Cookie<'static> {
    let mut cookie = base_cookie(core, NAME, id);
    cookie.set_max_age(lifetime.try_into().ok());
    cookie
}

/// The cookie that removes the session id from the browser.
pub(in crate::auth) fn removal(core: &Core) -> Cookie<'static> {
    let mut cookie = base_cookie(core, NAME, String::new());
    cookie.make_removal();
    cookie
}

/// A cookie for this host, every path, no script; with the prefix that keeps other hosts from
/// setting it where the base URL allows.
pub(crate) fn base_cookie(core: &Core, name: &str, value: String) -> Cookie<'static> {
    Cookie::build((cookie_name(core, name), value))
        .path("/")
        .http_only(true)
        .secure(is_https(core))
        .same_site(SameSite::Lax)
        .build()
}

/// The name of one of our cookies under this base URL.
pub(crate) fn cookie_name(core: &Core, name: &str) -> String {
    if is_https(core) {
        format!("__Host-{name}")
    } else {
        name.to_owned()
    }
}

fn is_https(core: &Core) -> bool {
    core.base_url.starts_with("https://")
}
