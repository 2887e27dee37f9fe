//! Forms that other sites cannot send.
//!
//! Every form carries a token in its field `_csrf`. It is a keyed hash of a secret that only
//! this browser's cookie holds: of the session id, or, before sign-in, of a cookie made for the
//! sign-in form. Nothing needs to be stored, and every session has a token of its own.

use super::extract::MaybeViewer;
use super::{random, session};
use crate::app::App;
use crate::error::Error;
use axum::body::{Body, Bytes};
use axum::extract::multipart::MultipartError;
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Multipart, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum_extra::extract::{CookieJar, Form};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::de::DeserializeOwned;
use sha2::Sha256;
use std::fmt::Display;
use subtle::ConstantTimeEq;
use url::Url;
use url::form_urlencoded::Serializer;

/// The name of the field that carries the token.
pub const CSRF_FIELD: &str = "_csrf";

const SIGN_IN_COOKIE: &str = "callboard-sign-in";

/// The largest form, in bytes.
const MAX_FORM: usize = 1024 * 1024;

/// The largest form with a file in it, in bytes.
pub const MAX_UPLOAD: usize = 4 * 1024 * 1024;

/// What the sign-in form needs: the token for its field, and a cookie for the browser.
#[derive(Clone)]
pub struct SignInToken {
    /// The value of the field [`CSRF_FIELD`].
    pub token: String,
    /// A `Set-Cookie` to send with the form; absent when the browser has its cookie already.
    pub set_cookie: Option<HeaderValue>,
}

/// The token for a form of somebody who is not signed in.
///
/// # Errors
///
/// [`Error::Internal`] only if a cookie of ours were no valid header.
pub fn csrf_token_for_sign_in(app: &App, headers: &HeaderMap) -> Result<SignInToken, Error> {
    if let Some(secret) = sign_in_secret(app, headers) {
        return Ok(SignInToken {
            token: token(&secret),
            set_cookie: None,
        });
    }
    let secret = URL_SAFE_NO_PAD.encode(random::bytes::<32>());
    let token = token(&secret);
    let cookie = session::base_cookie(app.core(), SIGN_IN_COOKIE, secret).to_string();
    let set_cookie = HeaderValue::from_str(&cookie).map_err(Error::internal)?;
    Ok(SignInToken {
        token,
        set_cookie: Some(set_cookie),
    })
}

/// The token that belongs to a secret of the browser.
pub(super) fn token(secret: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
    // INVARIANT: HMAC takes a key of any length.
    let mut mac = mac.expect("a key of any length");
    mac.update(b"callboard csrf");
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

fn sign_in_secret(app: &App, headers: &HeaderMap) -> Option<String> {
    let jar = CookieJar::from_headers(headers);
    let secret = jar
        .get(&session::cookie_name(app.core(), SIGN_IN_COOKIE))?
        .value()
        .to_owned();
    // A cookie of another form is not one of ours, and might be short enough to guess.
    let is_ours = URL_SAFE_NO_PAD
        .decode(&secret)
        .is_ok_and(|bytes| bytes.len() == 32);
    is_ours.then_some(secret)
}

/// The fields of a form that this browser got from us.
///
/// Its field `_csrf` must match the session, or the sign-in cookie of somebody without one, and
/// the browser must not say that the form came from another site. Else it is 403.
#[derive(Debug, Clone, Copy)]
pub struct CsrfForm<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for CsrfForm<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<CsrfForm<T>, Error> {
        let form = Sent::read(request, app, MAX_FORM).await?;
        form.fields(app, Proof::SessionIfAny).await.map(CsrfForm)
    }
}

/// As [`CsrfForm`], of a form that may have a file in it: that is a field with the text of the file,
/// in which what is no UTF-8 is replaced.
///
/// Forms of up to [`MAX_UPLOAD`] bytes are read, larger ones are 413.
#[derive(Debug, Clone, Copy)]
pub struct CsrfUpload<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for CsrfUpload<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<CsrfUpload<T>, Error> {
        let form = Sent::read(request, app, MAX_UPLOAD).await?;
        let form = form.flat().await?;
        form.fields(app, Proof::SessionIfAny).await.map(CsrfUpload)
    }
}

/// The fields of a form that is nothing but a button.
#[derive(Debug, Clone, Copy, serde::Deserialize)]
pub struct NoFields {}

/// The form of the sign-in page, which somebody may still have open after signing in elsewhere.
#[derive(Debug, Clone, Copy)]
pub(super) struct SignInForm<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<App> for SignInForm<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<SignInForm<T>, Error> {
        let form = Sent::read(request, app, MAX_FORM).await?;
        form.fields(app, Proof::Either).await.map(SignInForm)
    }
}

/// Which secret of the browser a form may prove itself with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Proof {
    /// The session's; the sign-in cookie's only without a session.
    SessionIfAny,
    /// The session's or the sign-in cookie's.
    Either,
}

/// A form as it came.
struct Sent {
    parts: Parts,
    body: Bytes,
}

impl Sent {
    /// Reads a form of at most `max_bytes`, which comes from no other site.
    async fn read(request: Request, app: &App, max_bytes: usize) -> Result<Sent, Error> {
        let (parts, body) = request.into_parts();
        if is_cross_site(&parts.headers, app) {
            tracing::info!(
                plugin = "auth",
                path = parts.uri.path(),
                "a form from another site is refused"
            );
            return Err(Error::NotAllowed(
                "This form was sent from another site.".to_owned(),
            ));
        }
        let body = axum::body::to_bytes(body, max_bytes)
            .await
            .map_err(|_| crate::http::body::too_large())?;
        Ok(Sent { parts, body })
    }

    /// The form without parts of their own for its fields, if it has such.
    async fn flat(mut self) -> Result<Sent, Error> {
        let content_type = self.parts.headers.get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        if !content_type.is_some_and(|value| value.starts_with("multipart/form-data")) {
            return Ok(self);
        }
        let mut multipart: Multipart = self.extract().await?;
        let mut fields = Vec::new();
        let broken = |error: MultipartError| Error::Input(error.to_string());
        while let Some(field) = multipart.next_field().await.map_err(broken)? {
            let name = field.name().unwrap_or_default().to_owned();
            let value = field.bytes().await.map_err(broken)?;
            fields.push((name, String::from_utf8_lossy(&value).into_owned()));
        }
        let flat = Serializer::new(String::new()).extend_pairs(fields).finish();
        self.body = flat.into();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        self.parts.headers.insert(header::CONTENT_TYPE, form);
        Ok(self)
    }

    /// The fields, if the form has the token of this browser.
    async fn fields<T: DeserializeOwned>(mut self, app: &App, proof: Proof) -> Result<T, Error> {
        if !is_proven(&mut self.parts, app, proof, &self.body).await {
            tracing::info!(
                plugin = "auth",
                path = self.parts.uri.path(),
                "a form without a valid token is refused"
            );
            return Err(Error::NotAllowed(
                "This form is no longer valid. Load the page again and resend it.".to_owned(),
            ));
        }
        let Form(fields) = self.extract().await?;
        Ok(fields)
    }

    /// What an extractor takes from the form, whose length was looked at before.
    async fn extract<E: FromRequest<(), Rejection: Display>>(&self) -> Result<E, Error> {
        let body = Body::from(self.body.clone());
        let mut request = Request::from_parts(self.parts.clone(), body);
        DefaultBodyLimit::disable().apply(&mut request);
        let extracted = E::from_request(request, &()).await;
        extracted.map_err(|rejection| Error::Input(rejection.to_string()))
    }
}

async fn is_proven(parts: &mut Parts, app: &App, proof: Proof, body: &Bytes) -> bool {
    let sent = url::form_urlencoded::parse(body)
        .find(|(name, _)| name == CSRF_FIELD)
        .map(|(_, value)| value);
    let Some(sent) = sent else { return false };
    let is = |expected: &str| bool::from(sent.as_bytes().ct_eq(expected.as_bytes()));
    let Ok(MaybeViewer(viewer)) = MaybeViewer::from_request_parts(parts, app).await;
    if viewer
        .as_ref()
        .is_some_and(|viewer| is(&viewer.session.csrf))
    {
        return true;
    }
    let may_be_signed_out = viewer.is_none() || proof == Proof::Either;
    may_be_signed_out
        && sign_in_secret(app, &parts.headers).is_some_and(|secret| is(&token(&secret)))
}

/// Whether the browser says that the request comes from another site.
///
/// Browsers send `Sec-Fetch-Site` to secure origins and to this machine. Elsewhere there is
/// `Origin`, which is `null` for our own forms: our pages send no referrer.
fn is_cross_site(headers: &HeaderMap, app: &App) -> bool {
    let text = |name: header::HeaderName| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return site != "same-origin" && site != "none";
    }
    let Some(origin) = text(header::ORIGIN).filter(|origin| *origin != "null") else {
        return false;
    };
    let authority = origin
        .split_once("://")
        .map_or("", |(_, authority)| authority);
    let is_asked_host = text(header::HOST).is_some_and(|host| host.eq_ignore_ascii_case(authority));
    let is_base_url = Url::parse(&app.core().base_url)
        .is_ok_and(|base| base.origin().ascii_serialization() == origin);
    !is_asked_host && !is_base_url
}
