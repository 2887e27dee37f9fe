//! Query strings as the original reads them.

use crate::error::Error;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde_json::{Map, Value, json};
use std::convert::Infallible;

/// The parameters of a query, in order and decoded.
///
/// A name may be repeated, or end in `[]` or an index, for a list.
pub(in crate::rbac) struct Query(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Query, Infallible> {
        Ok(Query::parse(parts.uri.query().unwrap_or_default()))
    }
}

impl Query {
    fn parse(text: &str) -> Query {
        Query(
            url::form_urlencoded::parse(text.as_bytes())
                .into_owned()
                .collect(),
        )
    }

    /// The first value of a parameter; an empty one counts as absent.
    ///
    /// # Errors
    ///
    /// 400 when the parameter is an object.
    pub(in crate::rbac) fn first(&self, name: &str) -> Result<Option<&str>, Error> {
        Ok(self
            .all(name)?
            .into_iter()
            .next()
            .filter(|value| !value.is_empty()))
    }

    /// Whether there are no parameters at all.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What the audit event of a list says was asked for; a repeated parameter is a list.
    pub(super) fn to_event(&self) -> Value {
        if self.is_empty() {
            return json!({"queryType": "all"});
        }
        let mut sent = Map::new();
        for (name, value) in &self.0 {
            let value = Value::from(value.as_str());
            match sent.get_mut(name) {
                None => drop(sent.insert(name.clone(), value)),
                Some(Value::Array(values)) => values.push(value),
                Some(one) => *one = Value::Array(vec![one.take(), value]),
            }
        }
        json!({"queryType": "by-query", "query": sent})
    }

    /// Every value of a parameter.
    ///
    /// # Errors
    ///
    /// 400 when the parameter is an object.
    pub(super) fn all(&self, name: &str) -> Result<Vec<&str>, Error> {
        let mut values = Vec::new();
        for (key, value) in &self.0 {
            let Some(rest) = key.strip_prefix(name) else {
                continue;
            };
            if is_list_index(rest) {
                values.push(value.as_str());
            } else if rest.starts_with('[') {
                return Err(Error::Input(
                    "This api doesn't support nested query".to_owned(),
                ));
            }
        }
        Ok(values)
    }
}

/// Whether what follows a name still means the name itself: nothing, `[]` or `[3]`.
fn is_list_index(rest: &str) -> bool {
    if rest.is_empty() {
        return true;
    }
    let inner = rest
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    inner.is_some_and(|inner| inner.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_in_every_form() {
        let query = Query::parse("a=1&a[]=2&a%5B7%5D=3&ab=4&empty=");

        assert_eq!(query.all("a").unwrap(), ["1", "2", "3"]);
        assert_eq!(query.first("a").unwrap(), Some("1"));
        assert_eq!(query.first("empty").unwrap(), None);
        assert_eq!(query.first("absent").unwrap(), None);
    }

    #[test]
    fn events_show_what_was_sent() {
        let query = Query::parse("a=1&b=2&a=3&a=4");

        let sent = json!({"a": ["1", "3", "4"], "b": "2"});
        assert_eq!(
            query.to_event(),
            json!({"queryType": "by-query", "query": sent})
        );
        assert_eq!(Query::parse("").to_event(), json!({"queryType": "all"}));
    }

    #[test]
    fn objects_are_refused() {
        for text in ["a[b]=1", "a[0][b]=1", "a%5Bb%5D=1"] {
            assert!(
                matches!(Query::parse(text).first("a"), Err(Error::Input(_))),
                "{text}"
            );
        }
    }
}
