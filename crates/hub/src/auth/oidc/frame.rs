//! The page with which a popup hands its result to the front end that opened it.

use crate::error::Error;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// What may stand in a script within single quotes: no quote, no backslash, no angle bracket, no
/// line break is among it.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'(')
    .remove(b')');

/// The page that posts `message` to the window that opened it, if that is of `origin`.
///
/// It says to anybody for which origin the message is, so that a front end that is none of those
/// can tell people why it hears nothing more.
///
/// # Errors
///
/// [`Error::Internal`] only if a header of ours were none.
pub(super) fn page(message: &Value, origin: &str) -> Result<Response, Error> {
    let script = script(message, origin);
    let hash = STANDARD.encode(Sha256::digest(&script));
    let policy = format!("script-src 'sha256-{hash}'");
    let policy = HeaderValue::from_str(&policy).map_err(Error::internal)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html")),
        (
            header::X_FRAME_OPTIONS,
            HeaderValue::from_static("sameorigin"),
        ),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    let body = format!("<html><body><script>{script}</script></body></html>");
    Ok((headers, body).into_response())
}

fn script(message: &Value, origin: &str) -> String {
    let message = message.to_string();
    let message = utf8_percent_encode(&message, ENCODED);
    let origin = utf8_percent_encode(origin, ENCODED);
    format!(
        "
const message = decodeURIComponent('{message}');
const targetOrigin = decodeURIComponent('{origin}');
const front = window.opener || window.parent;
front.postMessage({{type: 'config_info', targetOrigin}}, '*');
front.postMessage(JSON.parse(message), targetOrigin);
setTimeout(() => window.close(), 100);
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nothing_in_a_message_leaves_its_quotes() {
        let odd = "'\"\\</script><script>alert(1)//\u{2028}\u{2029}\n`${x}&lt;";

        let script = script(&json!({"error": {"message": odd}}), odd);

        let values: Vec<&str> = script
            .lines()
            .filter_map(|line| {
                line.split_once("decodeURIComponent('")?
                    .1
                    .strip_suffix("');")
            })
            .collect();
        assert_eq!(values.len(), 2);
        for value in values {
            assert!(
                value
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_.!~*()%".contains(&byte)),
                "{value}"
            );
        }
    }

    #[test]
    fn the_policy_names_the_script_that_is_sent_and_no_other() {
        let response = page(
            &json!({"type": "authorization_response"}),
            "http://localhost:3000",
        )
        .unwrap();

        let hash = STANDARD.encode(Sha256::digest(script(
            &json!({"type": "authorization_response"}),
            "http://localhost:3000",
        )));
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/html");
        assert_eq!(
            response.headers()[header::CONTENT_SECURITY_POLICY],
            format!("script-src 'sha256-{hash}'").as_str()
        );
    }
}
