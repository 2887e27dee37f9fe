//! Security headers, the same for every answer.

use crate::hub::StartError;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use callboard_config::Config;
use indexmap::IndexMap;
use serde_json::Value;

/// The headers that never vary; values as the original sends them.
const FIXED: [(HeaderName, &str); 8] = [
    (header::REFERRER_POLICY, "no-referrer"),
    (
        header::STRICT_TRANSPORT_SECURITY,
        "max-age=15552000; includeSubDomains",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_DNS_PREFETCH_CONTROL, "off"),
    (HeaderName::from_static("x-download-options"), "noopen"),
    (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
    (
        HeaderName::from_static("x-permitted-cross-domain-policies"),
        "none",
    ),
    (header::X_XSS_PROTECTION, "0"),
];

/// The original's content security policy for the API, in its order.
const API_POLICY: [(&str, &str); 10] = [
    ("default-src", "'self'"),
    ("base-uri", "'self'"),
    ("font-src", "'self' https: data:"),
    ("frame-ancestors", "'self'"),
    ("img-src", "'self' data:"),
    ("object-src", "'none'"),
    ("script-src", "'self' 'unsafe-eval'"),
    ("script-src-attr", "'none'"),
    ("style-src", "'self' https: 'unsafe-inline'"),
    ("upgrade-insecure-requests", ""),
];

/// Our pages' content security policy: no inline script or style, nothing from elsewhere.
const PAGE_POLICY: [(&str, &str); 9] = [
    ("default-src", "'none'"),
    ("script-src", "'self'"),
    ("style-src", "'self'"),
    ("font-src", "'self'"),
    ("img-src", "'self'"),
    ("connect-src", "'self'"),
    ("form-action", "'self'"),
    ("base-uri", "'none'"),
    ("frame-ancestors", "'none'"),
];

/// The directives of our pages that `backend.csp` may change: configurations written for the
/// original allow `unsafe-eval`, which must not weaken the pages.
const PAGE_OVERRIDABLE: [&str; 4] = ["connect-src", "img-src", "form-action", "frame-ancestors"];

/// Marks the answer of a page, which gets the stricter content security policy.
#[derive(Debug, Clone, Copy)]
pub struct IsPage;

/// The headers, ready to be added.
#[derive(Debug)]
pub struct Headers {
    api_policy: HeaderValue,
    page_policy: HeaderValue,
}

impl Headers {
    /// Applies `backend.csp` to both policies.
    ///
    /// # Errors
    ///
    /// [`StartError`] when a directive is neither a list of strings nor `false`.
    pub fn from_config(config: &Config) -> Result<Headers, StartError> {
        let overrides = overrides(config)?;
        let mut api = to_map(&API_POLICY);
        let mut page = to_map(&PAGE_POLICY);
        for (directive, value) in overrides {
            if PAGE_OVERRIDABLE.contains(&directive.as_str()) {
                set(&mut page, directive.clone(), value.clone());
            }
            set(&mut api, directive, value);
        }
        Ok(Headers {
            api_policy: render(config, &api)?,
            page_policy: render(config, &page)?,
        })
    }

    /// Adds the headers to an answer.
    pub(super) fn add_to(&self, response: &mut Response) {
        let policy = match response.extensions().get::<IsPage>() {
            Some(IsPage) => &self.page_policy,
            None => &self.api_policy,
        };
        let headers = response.headers_mut();
        headers.reserve(FIXED.len() + 1);
        // The popup of an OAuth flow brings a policy of its own.
        headers
            .entry(header::CONTENT_SECURITY_POLICY)
            .or_insert_with(|| policy.clone());
        for (name, value) in FIXED {
            headers
                .entry(name)
                .or_insert(HeaderValue::from_static(value));
        }
    }
}

type Policy = IndexMap<String, String>;

fn to_map(policy: &[(&str, &str)]) -> Policy {
    policy
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn set(policy: &mut Policy, directive: String, value: Option<String>) {
    match value {
        Some(value) => {
            policy.insert(directive, value);
        }
        None => {
            policy.shift_remove(&directive);
        }
    }
}

/// `backend.csp` as directive → sources, `None` where it says `false`.
///
/// An empty list is how a directive without sources is written.
fn overrides(config: &Config) -> Result<Vec<(String, Option<String>)>, StartError> {
    let Some(section) = config.section::<IndexMap<String, Value>>("backend.csp")? else {
        return Ok(Vec::new());
    };
    let read = |(name, value): (String, Value)| match sources(&value) {
        Some(sources) => Ok((kebab_case(&name), sources)),
        None => Err(StartError::value(
            config,
            &format!("backend.csp.{name}"),
            "expected a list of sources, or `false`",
        )),
    };
    section.into_iter().map(read).collect()
}

/// The sources of a directive, `Some(None)` when it is turned off.
fn sources(value: &Value) -> Option<Option<String>> {
    if *value == Value::Bool(false) {
        return Some(None);
    }
    let sources: Option<Vec<&str>> = value.as_array()?.iter().map(Value::as_str).collect();
    Some(Some(sources?.join(" ")))
}

fn kebab_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 2);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn render(config: &Config, policy: &Policy) -> Result<HeaderValue, StartError> {
    let directives = policy.iter().map(|(name, value)| {
        if value.is_empty() {
            name.clone()
        } else {
            format!("{name} {value}")
        }
    });
    let text = directives.collect::<Vec<_>>().join(";");
    HeaderValue::from_str(&text).map_err(|_| {
        StartError::value(
            config,
            "backend.csp",
            "holds a character that cannot stand in a header",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_api_policy_is_the_originals() {
        let headers = Headers::from_config(&Config::from_value(json!({}))).unwrap();

        assert_eq!(
            headers.api_policy,
            "default-src 'self';base-uri 'self';font-src 'self' https: data:;frame-ancestors 'self';\
             img-src 'self' data:;object-src 'none';script-src 'self' 'unsafe-eval';script-src-attr 'none';\
             style-src 'self' https: 'unsafe-inline';upgrade-insecure-requests"
        );
    }

    #[test]
    fn configuration_cannot_weaken_the_scripts_of_our_pages() {
        let config = Config::from_value(json!({"backend": {"csp": {
            "script-src": ["'self'", "'unsafe-eval'"], "connectSrc": ["'self'", "https:"], "upgrade-insecure-requests": false,
        }}}));

        let headers = Headers::from_config(&config).unwrap();

        assert!(
            headers
                .page_policy
                .to_str()
                .unwrap()
                .contains(";script-src 'self';")
        );
        assert!(
            headers
                .page_policy
                .to_str()
                .unwrap()
                .contains("connect-src 'self' https:")
        );
        assert!(
            !headers
                .api_policy
                .to_str()
                .unwrap()
                .contains("upgrade-insecure-requests")
        );
    }

    #[test]
    fn a_directive_is_a_list_or_off() {
        for value in [json!(true), json!("'self'"), json!([1]), json!({})] {
            let config = Config::from_value(json!({"backend": {"csp": {"imgSrc": value}}}));

            let error = Headers::from_config(&config).unwrap_err();

            assert_eq!(
                error.to_string(),
                "`backend.csp.imgSrc` in the configuration: expected a list of sources, or `false`"
            );
        }
    }

    #[test]
    fn an_empty_list_is_a_directive_without_sources_and_new_ones_come_last() {
        let config = Config::from_value(
            json!({"backend": {"csp": {"upgrade-insecure-requests": [], "sandbox": ["allow-forms"]}}}),
        );

        let headers = Headers::from_config(&config).unwrap();

        assert!(
            headers
                .api_policy
                .to_str()
                .unwrap()
                .ends_with(";upgrade-insecure-requests;sandbox allow-forms")
        );
    }
}
