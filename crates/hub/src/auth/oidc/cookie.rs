//! The cookies of a provider for other front ends, with the names and attributes of the original.

use crate::error::Error;
use axum::http::{HeaderMap, HeaderValue};
use axum_extra::extract::CookieJar;
use callboard_config::Secret;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::time::Duration;
use url::Url;

const THOUSAND_DAYS: Duration = Duration::from_secs(1000 * 24 * 60 * 60);
const TEN_MINUTES: Duration = Duration::from_secs(600);

/// The longest value of one cookie, in characters; a longer one is cut into several.
const MAX_VALUE: usize = 4_000;

/// The most pieces that are read.
const MAX_PIECES: usize = 8;

/// What the original's encoder leaves as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// The cookies of one provider, for answers to one request.
pub(super) struct ProviderCookies<'a> {
    provider: &'a str,
    jar: CookieJar,
    domain: String,
    path: String,
    is_secure: bool,
    same_site: &'static str,
    now: Timestamp,
    set: Vec<String>,
}

impl<'a> ProviderCookies<'a> {
    /// The cookies of `provider` in a request with `headers` for the app at `origin`. Their
    /// attributes come from the URL that the provider calls back.
    pub(super) fn new(
        provider: &'a str,
        callback: &str,
        origin: &str,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<ProviderCookies<'a>, Error> {
        let callback = Url::parse(callback).map_err(Error::internal)?;
        let domain = callback.host_str().unwrap_or_default().to_owned();
        let is_secure = callback.scheme() == "https";
        let origin = Url::parse(origin).ok();
        let is_other = origin.is_none_or(|origin| origin.host_str() != Some(&domain));
        let path = callback.path();
        let path = match path.strip_suffix("/handler/frame") {
            Some(path) if path.ends_with(provider) => path.to_owned(),
            Some(_) | None => format!("{path}/{provider}"),
        };
        Ok(ProviderCookies {
            provider,
            jar: CookieJar::from_headers(headers),
            domain,
            path,
            is_secure,
            same_site: if is_secure && is_other { "None" } else { "Lax" },
            now,
            set: Vec::new(),
        })
    }

    /// The nonce that the browser keeps during a sign-in.
    pub(super) fn nonce(&self) -> Option<String> {
        self.get("nonce")
    }

    pub(super) fn set_nonce(&mut self, nonce: &str) {
        let name = format!("{}-nonce", self.provider);
        self.add(&name, nonce, TEN_MINUTES, "/handler");
    }

    pub(super) fn refresh_token(&self) -> Option<Secret<String>> {
        self.get("refresh-token").map(Secret::new)
    }

    pub(super) fn set_refresh_token(&mut self, token: &Secret<String>) {
        self.put("refresh-token", token.expose());
    }

    /// The scopes that were granted at the latest sign-in.
    pub(super) fn granted_scope(&self) -> String {
        self.get("granted-scope").unwrap_or_default()
    }

    pub(super) fn set_granted_scope(&mut self, scope: &str) {
        self.put("granted-scope", scope);
    }

    /// Takes refresh token and scopes from the browser.
    pub(super) fn clear(&mut self) {
        self.remove("refresh-token");
        self.remove("granted-scope");
    }

    /// A `Set-Cookie` for each change.
    ///
    /// # Errors
    ///
    /// [`Error::Internal`] only if a cookie of ours were no valid header.
    pub(super) fn into_headers(self) -> Result<Vec<HeaderValue>, Error> {
        let headers = self.set.iter().map(|cookie| {
            let mut value = HeaderValue::from_str(cookie).map_err(Error::internal)?;
            value.set_sensitive(true);
            Ok(value)
        });
        headers.collect()
    }

    fn get(&self, what: &str) -> Option<String> {
        let name = format!("{}-{what}", self.provider);
        let pieces = self.pieces(&name);
        let text = if pieces == 0 {
            self.jar.get(&name)?.value().to_owned()
        } else {
            let piece = |piece| self.jar.get(&format!("{name}-{piece}"));
            (0..pieces)
                .filter_map(piece)
                .map(|cookie| cookie.value().to_owned())
                .collect()
        };
        let text = percent_decode_str(&text).decode_utf8().ok()?.into_owned();
        (!text.is_empty()).then_some(text)
    }

    /// How many pieces of a value the browser has.
    fn pieces(&self, name: &str) -> usize {
        let has = |piece: &usize| self.jar.get(&format!("{name}-{piece}")).is_some();
        (0..MAX_PIECES).take_while(has).count()
    }

    fn put(&mut self, what: &str, value: &str) {
        let name = format!("{}-{what}", self.provider);
        let encoded = encode(value);
        let pieces: Vec<&str> = if encoded.len() <= MAX_VALUE {
            Vec::new()
        } else {
            pieces(&encoded)
        };
        for old in pieces.len()..self.pieces(&name) {
            self.forget(&format!("{name}-{old}"));
        }
        if pieces.is_empty() {
            self.push(&name, &encoded, THOUSAND_DAYS, "");
            return;
        }
        if self.jar.get(&name).is_some() {
            self.forget(&name);
        }
        for (number, piece) in pieces.into_iter().enumerate() {
            self.push(&format!("{name}-{number}"), piece, THOUSAND_DAYS, "");
        }
    }

    fn remove(&mut self, what: &str) {
        let name = format!("{}-{what}", self.provider);
        for piece in 0..self.pieces(&name) {
            self.forget(&format!("{name}-{piece}"));
        }
        self.forget(&name);
    }

    fn forget(&mut self, name: &str) {
        self.push(name, "", Duration::ZERO, "");
    }

    fn add(&mut self, name: &str, value: &str, max_age: Duration, below: &str) {
        self.push(name, &encode(value), max_age, below);
    }

    fn push(&mut self, name: &str, encoded: &str, max_age: Duration, below: &str) {
        let expires = (self.now + max_age).strftime("%a, %d %b %Y %H:%M:%S GMT");
        let secure = if self.is_secure { " Secure;" } else { "" };
        let (domain, path, same_site) = (&self.domain, &self.path, self.same_site);
        let seconds = max_age.as_secs();
        self.set.push(format!(
            "{name}={encoded}; Max-Age={seconds}; Domain={domain}; Path={path}{below}; \
             Expires={expires}; HttpOnly;{secure} SameSite={same_site}",
        ));
    }
}

fn encode(value: &str) -> String {
    utf8_percent_encode(value, ENCODED).to_string()
}

/// A text of ASCII in pieces that fit a cookie each.
fn pieces(encoded: &str) -> Vec<&str> {
    let starts = (0..encoded.len()).step_by(MAX_VALUE);
    starts
        .map(|start| &encoded[start..encoded.len().min(start + MAX_VALUE)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header;

    fn cookies(origin: &str, callback: &str, sent: &str) -> ProviderCookies<'static> {
        let headers =
            HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(sent).unwrap())]);
        ProviderCookies::new("oidc", callback, origin, &headers, Timestamp::UNIX_EPOCH).unwrap()
    }

    fn texts(cookies: ProviderCookies<'_>) -> Vec<String> {
        let headers = cookies.into_headers().unwrap();
        headers
            .iter()
            .map(|value| value.to_str().unwrap().to_owned())
            .collect()
    }

    const PLAIN: &str = "http://localhost:7007/api/auth/oidc/handler/frame";
    const SECURE: &str = "https://hub.example.com/api/auth/oidc/handler/frame";

    #[test]
    fn attributes_come_from_the_callback_url() {
        let mut same = cookies("http://localhost:3000", PLAIN, "a=b");
        same.set_nonce("ab+/==");
        let mut other = cookies("https://app.example.com", SECURE, "a=b");
        other.set_granted_scope("openid email");
        let mut own = cookies("https://hub.example.com", SECURE, "a=b");
        own.set_granted_scope("openid");

        assert_eq!(
            texts(same),
            [
                "oidc-nonce=ab%2B%2F%3D%3D; Max-Age=600; Domain=localhost; Path=/api/auth/oidc/handler; \
              Expires=Thu, 01 Jan 1970 00:10:00 GMT; HttpOnly; SameSite=Lax"
            ]
        );
        assert_eq!(
            texts(other),
            [
                "oidc-granted-scope=openid%20email; Max-Age=86400000; Domain=hub.example.com; \
              Path=/api/auth/oidc; Expires=Wed, 27 Sep 1972 00:00:00 GMT; HttpOnly; Secure; SameSite=None"
            ]
        );
        assert!(texts(own)[0].ends_with("HttpOnly; Secure; SameSite=Lax"));
    }

    #[test]
    fn a_long_token_travels_in_pieces_and_comes_back_whole() {
        let token = "x".repeat(9_000);
        let mut first = cookies("http://localhost:7007", PLAIN, "oidc-refresh-token=old");
        first.set_refresh_token(&Secret::new(token.clone()));

        let set = texts(first);

        let names: Vec<&str> = set
            .iter()
            .map(|cookie| cookie.split('=').next().unwrap())
            .collect();
        assert_eq!(
            names,
            [
                "oidc-refresh-token",
                "oidc-refresh-token-0",
                "oidc-refresh-token-1",
                "oidc-refresh-token-2"
            ]
        );
        let sent: Vec<&str> = set[1..]
            .iter()
            .map(|cookie| cookie.split(';').next().unwrap())
            .collect();
        let back = cookies("http://localhost:7007", PLAIN, &sent.join("; "));
        assert_eq!(back.refresh_token().unwrap().expose(), &token);
        let mut shorter = cookies("http://localhost:7007", PLAIN, &sent.join("; "));
        shorter.set_refresh_token(&Secret::new("short".to_owned()));
        let removed = texts(shorter);
        assert_eq!(removed.len(), 4, "{removed:?}");
        assert!(removed[3].starts_with("oidc-refresh-token=short; "));
    }
}
