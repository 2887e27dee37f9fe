//! Cross-origin requests, as `backend.cors` allows them.

use crate::hub::StartError;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use callboard_config::Config;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use serde_json::Value;

const SECTION: &str = "backend.cors";

/// The rules of `backend.cors`.
#[derive(Debug)]
pub struct Cors {
    origins: GlobSet,
    methods: HeaderValue,
    allowed_headers: Option<HeaderValue>,
    exposed_headers: Option<HeaderValue>,
    credentials: bool,
    max_age: Option<HeaderValue>,
    preflight_status: StatusCode,
}

impl Cors {
    /// Reads `backend.cors`; `None` when it is absent, which turns CORS off.
    ///
    /// # Errors
    ///
    /// [`StartError`] when an origin is not a glob pattern or a value has the wrong type.
    pub fn from_config(config: &Config) -> Result<Option<Cors>, StartError> {
        if config.optional_object(SECTION)?.is_none() {
            return Ok(None);
        }
        let section = Section(config);
        Ok(Some(Cors {
            origins: section.origins()?,
            methods: section
                .header("methods")?
                .unwrap_or(HeaderValue::from_static("GET,HEAD,PUT,PATCH,POST,DELETE")),
            allowed_headers: section.header("allowedHeaders")?,
            exposed_headers: section.header("exposedHeaders")?,
            credentials: config
                .optional_boolean(&key("credentials"))?
                .unwrap_or(false),
            max_age: config
                .section::<u64>(&key("maxAge"))?
                .map(HeaderValue::from),
            preflight_status: section
                .status("optionsSuccessStatus")?
                .unwrap_or(StatusCode::NO_CONTENT),
        }))
    }

    /// The origin of a request, when it is an allowed one.
    ///
    /// A request from another origin goes on without CORS headers, so that its preflight meets the
    /// credential barrier.
    pub(super) fn allowed_origin(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(header::ORIGIN)?;
        let is_allowed = self.origins.is_match(origin.to_str().ok()?);
        is_allowed.then(|| origin.clone())
    }

    /// The answer to a preflight of an allowed origin; `None` for any other request.
    pub(super) fn preflight(&self, request: &Request) -> Option<Response> {
        let is_preflight = request.method() == Method::OPTIONS
            && request
                .headers()
                .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        is_preflight.then(|| self.preflight_of(request.headers()))
    }

    fn preflight_of(&self, request: &HeaderMap) -> Response {
        let mut response = self.preflight_status.into_response();
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, self.methods.clone());
        let asked = request.get(header::ACCESS_CONTROL_REQUEST_HEADERS);
        if let Some(allowed) = self.allowed_headers.as_ref().or(asked) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed.clone());
        }
        if self.allowed_headers.is_none() {
            headers.append(
                header::VARY,
                HeaderValue::from_static("Access-Control-Request-Headers"),
            );
        }
        if let Some(max_age) = &self.max_age {
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, max_age.clone());
        }
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        response
    }

    /// Opens an answer to an allowed origin.
    pub(super) fn decorate(&self, origin: HeaderValue, headers: &mut HeaderMap) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        if self.credentials {
            headers.insert(
                header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
                HeaderValue::from_static("true"),
            );
        }
        if let Some(exposed) = &self.exposed_headers {
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed.clone());
        }
    }
}

/// `backend.cors`, member by member.
struct Section<'a>(&'a Config);

impl Section<'_> {
    fn origins(&self) -> Result<GlobSet, StartError> {
        let refused = |error: globset::Error| StartError::value(self.0, &key("origin"), error);
        let mut origins = GlobSetBuilder::new();
        for pattern in self.list("origin")?.unwrap_or_default() {
            let glob = GlobBuilder::new(&pattern)
                .case_insensitive(true)
                .literal_separator(true)
                .build();
            origins.add(glob.map_err(refused)?);
        }
        origins.build().map_err(refused)
    }

    fn header(&self, name: &str) -> Result<Option<HeaderValue>, StartError> {
        let Some(list) = self.list(name)? else {
            return Ok(None);
        };
        let unfit = |_| {
            StartError::value(
                self.0,
                &key(name),
                "holds a character that cannot stand in a header",
            )
        };
        HeaderValue::from_str(&list.join(","))
            .map(Some)
            .map_err(unfit)
    }

    fn status(&self, name: &str) -> Result<Option<StatusCode>, StartError> {
        let Some(status) = self.0.section::<u16>(&key(name))? else {
            return Ok(None);
        };
        let unfit = |_| {
            StartError::value(
                self.0,
                &key(name),
                format!("`{status}` is not a status code"),
            )
        };
        StatusCode::from_u16(status).map(Some).map_err(unfit)
    }

    /// A list, which may also be written as one text with commas.
    fn list(&self, name: &str) -> Result<Option<Vec<String>>, StartError> {
        match self.0.json(&key(name)) {
            Some(Value::String(text)) => Ok(Some(
                text.split(',').map(|part| part.trim().to_owned()).collect(),
            )),
            Some(_) | None => Ok(self.0.optional_string_list(&key(name))?),
        }
    }
}

fn key(name: &str) -> String {
    format!("{SECTION}.{name}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refusal(cors: &Value) -> String {
        Cors::from_config(&Config::from_value(json!({"backend": {"cors": cors}})))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn every_value_that_cannot_be_used_is_named() {
        assert!(refusal(&json!({"origin": 5})).contains("'backend.cors.origin'"));
        assert!(
            refusal(&json!({"origin": "https://["}))
                .starts_with("`backend.cors.origin` in the configuration: ")
        );
        assert!(
            refusal(&json!({"methods": "G\nET"}))
                .starts_with("`backend.cors.methods` in the configuration: ")
        );
        assert!(refusal(&json!({"maxAge": "soon"})).contains("'backend.cors.maxAge'"));
        assert!(
            refusal(&json!({"optionsSuccessStatus": 99})).contains("`99` is not a status code")
        );
        assert!(refusal(&json!("*")).contains("'backend.cors'"));
    }

    #[test]
    fn absent_it_is_off() {
        assert!(
            Cors::from_config(&Config::from_value(json!({})))
                .unwrap()
                .is_none()
        );
    }
}
