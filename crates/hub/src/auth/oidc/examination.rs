//! Whether identity providers answer, for `callboard doctor`.

use super::provider::Providers;
use super::settings::Settings;
use crate::app::Core;
use crate::feature::Registrar;
use crate::finding::Finding;
use crate::http_client::CallLimits;
use axum::http;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use url::Url;

/// How far a provider's clock may be from ours: it says from when a token counts.
const SKEW: SignedDuration = SignedDuration::from_secs(30);

const MAX_ANSWER: usize = 512 * 1024;

/// Adds a look at each provider of the configuration.
pub(in crate::auth) fn register_examinations(hub: &mut Registrar) {
    let core = hub.core().clone();
    // A section that cannot be read is a finding of the check.
    let Ok(providers) = Providers::read(&core) else {
        return;
    };
    let clients = providers.clients().map(|(provider, client)| {
        let settings = &client.settings;
        let limits = CallLimits {
            timeout: settings.timeout,
            body_bytes: MAX_ANSWER,
        };
        (
            provider.id.clone(),
            settings.metadata_url.clone(),
            callback(settings, &core),
            limits,
        )
    });
    for (id, url, callback, limits) in clients.collect::<Vec<_>>() {
        let core = core.clone();
        hub.examine(format!("the identity provider `{id}`"), async move {
            let mut findings: Vec<_> = callback.into_iter().collect();
            findings.extend(look(&core, &url, limits).await);
            findings
        });
    }
}

/// A warning when people would be sent back to another place than where the hub is.
fn callback(settings: &Settings, core: &Core) -> Option<Finding> {
    let is_ours = settings.callback_url.starts_with(&*core.base_url);
    (!is_ours).then(|| {
        let text = format!(
            "people come back to `{}`, which is not below `backend.baseUrl`, `{}`",
            settings.callback_url, core.base_url
        );
        Finding::warning(text)
            .help("make the two agree, unless a proxy leads from one to the other")
    })
}

/// Asks for the metadata, and looks at what it says and when.
async fn look(core: &Core, url: &Url, limits: CallLimits) -> Vec<Finding> {
    let request = http::Request::get(url.as_str()).body(Bytes::new());
    let answer = match request {
        Ok(request) => core.http.relay(request, limits).await,
        Err(error) => return vec![Finding::error(format!("`{url}` is no address: {error}"))],
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            let text = format!("`{url}`: {}", error.in_full());
            return vec![Finding::error(text).help(
                "look at `metadataUrl`, at name resolution, and at firewalls; a private \
                           authority goes into `NODE_EXTRA_CA_CERTS`",
            )];
        }
    };
    if !answer.status().is_success() {
        let text = format!("`{url}` answers {}", answer.status());
        return vec![Finding::error(text).help("look at `metadataUrl`")];
    }
    let metadata: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let mut findings = Vec::new();
    for member in [
        "issuer",
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
    ] {
        if !metadata[member].is_string() {
            findings.push(Finding::error(format!("`{url}` gives no `{member}`")));
        }
    }
    let date = answer.headers().get(http::header::DATE);
    let told = date.and_then(|date| date.to_str().ok()).and_then(parse);
    findings.extend(told.and_then(|there| skew(there, core.clock.now())));
    findings
}

/// The time of a `Date` header.
fn parse(date: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(date)
        .ok()
        .map(|date| date.timestamp())
}

fn skew(there: Timestamp, here: Timestamp) -> Option<Finding> {
    let apart = there.duration_since(here);
    (apart.abs() > SKEW).then(|| {
        let text = format!("its clock is {apart:#} away from this machine's");
        Finding::error(text).help("let this machine follow a time server: tokens would be refused")
    })
}
