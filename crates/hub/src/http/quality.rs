//! How much a caller wants a form of an answer.

use axum::http::{HeaderMap, HeaderName};

/// The weight that a header such as `Accept` gives `name`, in any case; absent when it does not
/// name it. A weight that is no number is 0.
pub fn quality(headers: &HeaderMap, header: HeaderName, name: &str) -> Option<f32> {
    let values = headers.get_all(header).into_iter();
    let mut offers = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    offers.find_map(|offer| {
        let mut parts = offer.split(';').map(str::trim);
        if !parts.next()?.eq_ignore_ascii_case(name) {
            return None;
        }
        let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
        Some(weight.map_or(1.0, |weight| weight.trim().parse().unwrap_or(0.0)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderValue, header};

    #[test]
    fn a_weight_is_what_the_header_says() {
        let headers = HeaderMap::from_iter([(
            header::ACCEPT,
            HeaderValue::from_static("Text/CSV;charset=utf-8; q=0.5, text/html, a/b;q=much"),
        )]);
        let of = |name| quality(&headers, header::ACCEPT, name);

        assert_eq!(of("text/csv"), Some(0.5));
        assert_eq!(of("text/html"), Some(1.0));
        assert_eq!(of("a/b"), Some(0.0));
        assert_eq!(of("application/json"), None);
    }
}
