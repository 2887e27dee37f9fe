//! What a browser keeps between the two halves of a sign-in.
//!
//! It lies sealed in a cookie, so that any hub of the same configuration can finish what another
//! began, and nobody can finish it in another browser. Several tabs may sign in at once: each
//! sign-in has a cookie of its own among a few.

use super::seal::Seal;
use crate::app::Core;
use crate::auth::{random, session};
use axum::http::HeaderMap;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::Cookie;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// How many sign-ins of one browser may be under way.
const SLOTS: u8 = 6;

/// How long a sign-in may take.
pub(super) const LIFETIME: Duration = Duration::from_secs(600);

const PURPOSE: &str = "pending";

/// One sign-in that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pending {
    /// SHA-256 of the state that the provider is to send back.
    state: String,
    pub(super) provider: String,
    pub(super) environment: String,
    /// The nonce that the id token must carry.
    pub(super) nonce: String,
    /// The verifier that belongs to the code challenge.
    pub(super) verifier: String,
    /// Where a sign-in of our own pages ends; absent for those of other front ends.
    pub(super) page: Option<String>,
    /// From then on it is too late, in seconds.
    expires_at: i64,
}

impl Pending {
    /// A sign-in that begins now.
    pub(super) fn new(
        state: &str,
        provider: &str,
        environment: &str,
        page: Option<String>,
        now: Timestamp,
    ) -> Pending {
        Pending {
            state: digest(state),
            provider: provider.to_owned(),
            environment: environment.to_owned(),
            nonce: URL_SAFE_NO_PAD.encode(random::bytes::<16>()),
            verifier: URL_SAFE_NO_PAD.encode(random::bytes::<32>()),
            page,
            expires_at: (now + SignedDuration::from_secs(LIFETIME.as_secs() as i64)).as_second(),
        }
    }

    /// The cookie that keeps it, in a place that the browser of `headers` has free.
    pub(super) fn to_cookie(
        &self,
        core: &Core,
        seal: &Seal,
        headers: &HeaderMap,
    ) -> Option<Cookie<'static>> {
        let jar = CookieJar::from_headers(headers);
        let is_free = |slot: &u8| jar.get(&session::cookie_name(core, &name(*slot))).is_none();
        let free: Vec<u8> = (0..SLOTS).filter(is_free).collect();
        let [choice] = random::bytes::<1>();
        // Two tabs may choose at the same time, and do not always choose alike.
        let slot = match free.as_slice() {
            [] => choice % SLOTS,
            free => free[usize::from(choice) % free.len()],
        };
        let mut cookie = session::base_cookie(core, &name(slot), seal.seal(PURPOSE, self)?);
        cookie.set_max_age(LIFETIME.try_into().ok());
        Some(cookie)
    }

    /// The sign-in of `state` that the browser of `headers` has begun, and the cookie that removes
    /// it: an answer counts once.
    pub(super) fn take(
        core: &Core,
        seal: &Seal,
        headers: &HeaderMap,
        state: &str,
    ) -> Option<(Pending, Cookie<'static>)> {
        let jar = CookieJar::from_headers(headers);
        let state = digest(state);
        let now = core.clock.now().as_second();
        (0..SLOTS).find_map(|slot| {
            let cookie = jar.get(&session::cookie_name(core, &name(slot)))?;
            let pending: Pending = seal.open(PURPOSE, cookie.value())?;
            (pending.state == state && now < pending.expires_at).then_some(())?;
            let mut removal = session::base_cookie(core, &name(slot), String::new());
            removal.make_removal();
            Some((pending, removal))
        })
    }
}

fn name(slot: u8) -> String {
    format!("callboard-flow-{slot}")
}

fn digest(state: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(state))
}
