//! A slash at the end of an API path means nothing, as in the original.

use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;

/// Takes one slash off the end of a path below `/api`.
pub fn trim(request: &mut Request) {
    if let Some(uri) = trimmed(request.uri()) {
        *request.uri_mut() = uri;
    }
}

fn trimmed(uri: &Uri) -> Option<Uri> {
    let path = uri
        .path()
        .strip_suffix('/')
        .filter(|path| path.starts_with("/api/"))?;
    let path = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_slash_of_an_api_path_goes() {
        let trimmed = |text: &str| trimmed(&text.parse().unwrap()).map(|uri| uri.to_string());

        assert_eq!(
            trimmed("/api/permission/?a=b/").as_deref(),
            Some("/api/permission?a=b/")
        );
        assert_eq!(
            trimmed("/api/permission/roles/").as_deref(),
            Some("/api/permission/roles")
        );
        assert_eq!(trimmed("/api/permission"), None);
        assert_eq!(trimmed("/catalog/"), None);
        assert_eq!(trimmed("/api/"), None);
    }
}
