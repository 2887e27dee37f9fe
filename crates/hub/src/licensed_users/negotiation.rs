//! In which form a caller wants a list.

use axum::http::{HeaderMap, HeaderName, header};

const CSV: &str = "text/csv";
const JSON: &str = "application/json";

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Csv,
}

impl Form {
    /// What the headers of a request ask for: CSV when they name it, by `Accept` or, as clients of
    /// the original do, by the `Content-Type` of a request without a body; else JSON.
    pub(super) fn asked_for(headers: &HeaderMap) -> Form {
        let text = |name: HeaderName| {
            let values = headers.get_all(name).into_iter();
            values
                .filter_map(|value| value.to_str().ok())
                .collect::<Vec<_>>()
                .join(",")
                .to_ascii_lowercase()
        };
        let accept = text(header::ACCEPT);
        let prefers_csv = match (quality(&accept, CSV), quality(&accept, JSON)) {
            (None, _) => false,
            (Some(csv), json) => csv > 0.0 && csv >= json.unwrap_or(0.0),
        };
        if prefers_csv || text(header::CONTENT_TYPE).contains(CSV) {
            Form::Csv
        } else {
            Form::Json
        }
    }
}

/// How much `accept` wants `media_type`; `None` when it does not name it.
fn quality(accept: &str, media_type: &str) -> Option<f32> {
    accept.split(',').find_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        if parts.next() != Some(media_type) {
            return None;
        }
        let quality = parts.find_map(|part| part.strip_prefix("q="));
        Some(quality.map_or(1.0, |quality| quality.trim().parse().unwrap_or(0.0)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn asked_for(name: HeaderName, value: &'static str) -> Form {
        Form::asked_for(&HeaderMap::from_iter([(
            name,
            HeaderValue::from_static(value),
        )]))
    }

    #[test]
    fn csv_is_asked_for_by_name() {
        assert_eq!(asked_for(header::CONTENT_TYPE, "text/csv"), Form::Csv);
        assert_eq!(
            asked_for(header::CONTENT_TYPE, "text/csv; charset=utf-8"),
            Form::Csv
        );
        assert_eq!(asked_for(header::ACCEPT, "text/csv"), Form::Csv);
        assert_eq!(asked_for(header::ACCEPT, "Text/CSV, */*;q=0.1"), Form::Csv);
        assert_eq!(
            asked_for(header::ACCEPT, "application/json;q=0.5, text/csv;q=0.9"),
            Form::Csv
        );
    }

    #[test]
    fn everything_else_is_json() {
        assert_eq!(Form::asked_for(&HeaderMap::new()), Form::Json);
        assert_eq!(
            asked_for(header::CONTENT_TYPE, "application/json"),
            Form::Json
        );
        assert_eq!(asked_for(header::ACCEPT, "*/*"), Form::Json);
        assert_eq!(asked_for(header::ACCEPT, "text/*"), Form::Json);
        assert_eq!(asked_for(header::ACCEPT, "text/csv;q=0"), Form::Json);
        assert_eq!(
            asked_for(header::ACCEPT, "application/json, text/csv;q=0.9"),
            Form::Json
        );
    }
}
