//! The Route of OpenShift, and the addresses that follow from it.

use super::metadata::{adopt, map};
use super::{Desired, Input, Names, Stale, check_form, has_routes};
use crate::error::InputError;
use crate::source::Document;
use serde_json::{Value, json};

/// Whether there is a Route.
pub(crate) enum Route {
    /// The cluster knows none.
    Unknown,
    /// It is not wanted.
    Stale(Stale),
    /// It is wanted.
    Wanted(Value),
}

impl Route {
    pub(crate) fn add_to(self, desired: &mut Desired) {
        match self {
            Self::Unknown => {}
            Self::Stale(stale) => desired.stale.push(stale),
            Self::Wanted(route) => desired.push(route),
        }
    }
}

pub(crate) fn render(input: &Input<'_>, names: &Names<'_>) -> Result<Route, InputError> {
    if !has_routes(input) {
        return Ok(Route::Unknown);
    }
    let stale = Stale {
        api_version: "route.openshift.io/v1",
        kind: "Route",
        name: names.hub(),
    };
    let Some(document) = input.sources.document("route.yaml", &["Route"])? else {
        return Ok(Route::Stale(stale));
    };
    let wanted = &input.instance.spec.application.route;
    if !wanted.enabled.unwrap_or(true) {
        return Ok(Route::Stale(stale));
    }
    let mut route = document.value.clone();
    adopt(&mut route, input.instance, names.hub());
    let spec = map(&mut route, "spec");
    spec.insert(
        "to".to_owned(),
        json!({"kind": "Service", "name": names.hub()}),
    );
    for (key, value) in [("host", &wanted.host), ("subdomain", &wanted.subdomain)] {
        if let Some(value) = filled(value) {
            spec.insert(key.to_owned(), value.into());
        }
    }
    if let Some(tls) = &wanted.tls {
        let route_tls = map(&mut route["spec"], "tls");
        for (key, value) in [
            ("certificate", &tls.certificate),
            ("key", &tls.key),
            ("caCertificate", &tls.ca_certificate),
        ] {
            if let Some(value) = filled(value) {
                route_tls.insert(key.to_owned(), value.into());
            }
        }
        if let Some(name) = filled(&tls.external_certificate_secret_name) {
            route_tls.insert("externalCertificate".to_owned(), json!({"name": name}));
        }
    }
    check_form(&document, &route, false)?;
    Ok(Route::Wanted(route))
}

fn filled(value: &Option<String>) -> Option<&str> {
    value.as_deref().filter(|value| !value.is_empty())
}

/// Writes the addresses that the Route gives into the files of a ConfigMap.
///
/// Elsewhere than on OpenShift they are the user's to say.
///
/// # Errors
///
/// If a file of the ConfigMap is not YAML.
pub(crate) fn set_base_urls(
    input: &Input<'_>,
    document: &Document,
    config_map: &mut Value,
) -> Result<(), InputError> {
    let Some(url) = base_url(input) else {
        return Ok(());
    };
    let files = config_map.get_mut("data").and_then(Value::as_object_mut);
    for (file, text) in files.into_iter().flatten() {
        let node = callboard_yaml::parse(text.as_str().unwrap_or_default()).map_err(|error| {
            InputError::File {
                file: format!("{}` with `{file}", document.file),
                origin: document.origin.clone(),
                line: error.position().map_or(1, |at| at.line),
                column: error.position().map_or(1, |at| at.column),
                message: error.to_string(),
            }
        })?;
        let mut config = node.into_json();
        map(&mut config, "app").insert("baseUrl".to_owned(), url.clone().into());
        map(&mut config, "backend").insert("baseUrl".to_owned(), url.clone().into());
        map(&mut config["backend"], "cors").insert("origin".to_owned(), url.clone().into());
        *text = callboard_yaml::to_string(&config).into();
    }
    Ok(())
}

/// Where people reach the hub; `None` where there is no Route or its domain is unknown.
fn base_url(input: &Input<'_>) -> Option<String> {
    let instance = input.instance;
    let route = &instance.spec.application.route;
    if !has_routes(input) || !route.enabled.unwrap_or(true) {
        return None;
    }
    if let Some(host) = filled(&route.host) {
        return Some(format!("https://{host}"));
    }
    let domain = filled(&input.observed.ingress_domain)?;
    Some(match filled(&route.subdomain) {
        Some(subdomain) => format!("https://{subdomain}.{domain}"),
        None => format!(
            "https://backstage-{}-{}.{domain}",
            instance.name, instance.namespace
        ),
    })
}
