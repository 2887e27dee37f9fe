//! In which form a caller wants a list.

use crate::http::quality::quality;
use axum::http::{HeaderMap, header};

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
        let wanted = |name| quality(headers, header::ACCEPT, name);
        let prefers_csv = match (wanted(CSV), wanted(JSON)) {
            (None, _) => false,
            (Some(csv), json) => csv > 0.0 && csv >= json.unwrap_or(0.0),
        };
        let mut types = headers.get_all(header::CONTENT_TYPE).into_iter();
        let names_csv = types.any(|value| {
            let value = value.to_str().unwrap_or_default();
            value.to_ascii_lowercase().contains(CSV)
        });
        if prefers_csv || names_csv {
            Form::Csv
        } else {
            Form::Json
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

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
