//! What the next page says, such as that a role was saved.
//!
//! A form that did its work answers with a redirect; its message travels in a cookie to the page
//! that the browser goes to, is shown there once and taken back. The cookie is signed with a
//! secret of the session, so that no other page can put words into ours.

use crate::app::{App, Core};
use crate::auth::{Viewer, base_cookie, cookie_name};
use crate::http::headers::IsPage;
use crate::ui::{Tone, Wants};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::Cookie;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::time::Duration;

const COOKIE: &str = "callboard-flash";

/// How long a message waits for its page.
const LIFE: Duration = Duration::from_secs(60);

/// The longest message, in bytes: browsers drop cookies above 4 KB.
const MAX_LENGTH: usize = 2048;

/// A message that is shown once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flash {
    /// [`Tone::Ok`] for what was done, [`Tone::No`] for what failed.
    pub tone: Tone,
    /// A sentence.
    pub text: String,
}

impl Flash {
    /// Something was done.
    pub fn done(text: impl Into<String>) -> Flash {
        Flash {
            tone: Tone::Ok,
            text: text.into(),
        }
    }

    /// Something failed; the message stays until it is dismissed.
    pub fn failed(text: impl Into<String>) -> Flash {
        Flash {
            tone: Tone::No,
            text: text.into(),
        }
    }

    /// Whether it stays until somebody dismisses it.
    pub fn stays(&self) -> bool {
        self.tone != Tone::Ok
    }

    /// The message that a request brings, if it is one of ours for this session.
    pub(super) fn of(core: &Core, headers: &HeaderMap, viewer: &Viewer) -> Option<Flash> {
        let jar = CookieJar::from_headers(headers);
        let cookie = jar.get(&cookie_name(core, COOKIE))?;
        Flash::open(cookie.value(), &viewer.session.csrf)
    }

    /// The message as the cookie holds it.
    fn seal(&self, secret: &str) -> String {
        let mark = if self.stays() { '-' } else { '+' };
        let end = self.text.floor_char_boundary(MAX_LENGTH);
        let payload = URL_SAFE_NO_PAD.encode(format!("{mark}{}", &self.text[..end]));
        let signature = mac(secret, &payload).finalize().into_bytes();
        format!("{payload}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn open(sealed: &str, secret: &str) -> Option<Flash> {
        let (payload, signature) = sealed.split_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        mac(secret, payload).verify_slice(&signature).ok()?;
        let message = String::from_utf8(URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        match message.split_at_checked(1)? {
            ("+", text) => Some(Flash::done(text)),
            ("-", text) => Some(Flash::failed(text)),
            _ => None,
        }
    }
}

/// The signature under a payload; the secret is the token of the session's forms, which comes
/// from the id that only the browser's cookie holds.
fn mac(secret: &str, payload: &str) -> Hmac<Sha256> {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
    // INVARIANT: HMAC takes a key of any length.
    let mut mac = mac.expect("a key of any length");
    mac.update(b"callboard flash ");
    mac.update(payload.as_bytes());
    mac
}

/// Sends the browser on to `target`, a path of this hub; 303 makes it ask with `GET`.
pub fn see_other(target: &str) -> Response {
    // INVARIANT: callers percent-encode what people wrote.
    let target = HeaderValue::from_str(target).unwrap_or(HeaderValue::from_static("/"));
    let headers = [
        (header::LOCATION, target),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// Sends the browser on to `target`, whose page shows the message.
pub fn see_other_saying(app: &App, viewer: &Viewer, target: &str, flash: &Flash) -> Response {
    let mut response = see_other(target);
    let sealed = flash.seal(&viewer.session.csrf);
    let mut cookie = base_cookie(app.core(), COOKIE, sealed);
    cookie.set_max_age(LIFE.try_into().ok());
    set(&mut response, &cookie);
    response
}

/// The middleware: takes a message back from the browser once there was a page to show it.
pub async fn shown_once(State(app): State<App>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let brought = CookieJar::from_headers(headers)
        .get(&cookie_name(app.core(), COOKIE))
        .is_some();
    let is_due = brought && Wants::of(headers) == Wants::Page;
    let mut response = next.run(request).await;
    if is_due && response.extensions().get::<IsPage>().is_some() {
        let mut removal = base_cookie(app.core(), COOKIE, String::new());
        removal.make_removal();
        set(&mut response, &removal);
    }
    response
}

fn set(response: &mut Response, cookie: &Cookie<'_>) {
    // What a cookie of ours holds is ASCII.
    if let Ok(cookie) = HeaderValue::from_str(&cookie.to_string()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_back_in_its_own_session_only() {
        for flash in [Flash::done("Role guests saved"), Flash::failed("Ünmöglich")] {
            let sealed = flash.seal("secret");

            assert_eq!(Flash::open(&sealed, "secret"), Some(flash));
            assert_eq!(Flash::open(&sealed, "another"), None);
        }
    }

    #[test]
    fn words_of_others_are_not_shown() {
        let (_, signature) = Flash::done("Saved")
            .seal("secret")
            .split_once('.')
            .map(own)
            .unwrap();
        let (payload, _) = Flash::done("Pay here")
            .seal("another")
            .split_once('.')
            .map(own)
            .unwrap();

        assert_eq!(
            Flash::open(&format!("{payload}.{signature}"), "secret"),
            None
        );
        assert_eq!(Flash::open("", "secret"), None);
    }

    #[test]
    fn a_long_message_is_cut_between_letters() {
        let sealed = Flash::done("ü".repeat(MAX_LENGTH)).seal("secret");

        let text = Flash::open(&sealed, "secret").map(|flash| flash.text.chars().count());

        assert_eq!(text, Some(MAX_LENGTH / 2));
    }

    fn own((payload, signature): (&str, &str)) -> (String, String) {
        (payload.to_owned(), signature.to_owned())
    }
}
