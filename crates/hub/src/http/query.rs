//! Reads a query string with the checks and errors of the original.

use crate::error::Error;
use std::borrow::Cow;
use url::form_urlencoded;

/// The parameters of a query string, decoded, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryParams<'q>(Vec<(Cow<'q, str>, Cow<'q, str>)>);

impl<'q> QueryParams<'q> {
    /// Reads the part of a URL after the `?`; absent means that there are no parameters.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] when a parameter is not among `known`, or is empty. One that is repeated
    /// may be empty as long as it is not so each time.
    pub fn parse(query: Option<&'q str>, known: &[&str]) -> Result<QueryParams<'q>, Error> {
        let query = query.unwrap_or_default();
        let params: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        if let Some((unknown, _)) = params.iter().find(|(name, _)| !known.contains(&&**name)) {
            return Err(Error::Input(format!("Unknown query parameter '{unknown}'")));
        }
        let params = QueryParams(params);
        let is_empty = |name: &str| params.all(name).into_iter().all(str::is_empty);
        match params.0.iter().find(|(name, _)| is_empty(name)) {
            Some((empty, _)) => Err(Error::Input(format!(
                "Empty value found for query parameter '{empty}'"
            ))),
            None => Ok(params),
        }
    }

    /// Every value of a parameter, in order.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.0
            .iter()
            .filter(|(known, _)| known == name)
            .map(|(_, value)| &**value)
            .collect()
    }

    /// The first value of a parameter.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| &**value)
    }

    /// A number of things; one that no machine can hold counts as the largest.
    ///
    /// # Errors
    ///
    /// [`Error::Input`] when the parameter is no integer, is negative, or is given twice.
    pub fn count(&self, name: &str) -> Result<Option<usize>, Error> {
        let not_an_integer = || Error::Input(format!("request/query/{name} must be integer"));
        match self.all(name)[..] {
            [] => Ok(None),
            [value] => {
                let value: i128 = value.trim().parse().map_err(|_| not_an_integer())?;
                if value < 0 {
                    return Err(Error::Input(format!("request/query/{name} must be >= 0")));
                }
                Ok(Some(usize::try_from(value).unwrap_or(usize::MAX)))
            }
            [..] => Err(not_an_integer()),
        }
    }

    /// The parameters as a query string, without `left_out` and with `name` set to `value`.
    pub fn with(&self, name: &str, value: &str, left_out: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let mut is_set = false;
        for (known, old) in self.0.iter().filter(|(known, _)| known != left_out) {
            if known != name {
                query.append_pair(known, old);
            } else if !std::mem::replace(&mut is_set, true) {
                query.append_pair(name, value);
            }
        }
        if !is_set {
            query.append_pair(name, value);
        }
        query.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(query: &str) -> String {
        QueryParams::parse(Some(query), &["filter", "limit"])
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn unknown_and_empty_parameters_are_refused() {
        assert_eq!(message("bogus=1"), "Unknown query parameter 'bogus'");
        assert_eq!(
            message("filter="),
            "Empty value found for query parameter 'filter'"
        );
        assert_eq!(
            message("filter=&filter"),
            "Empty value found for query parameter 'filter'"
        );
        assert!(QueryParams::parse(Some("filter=&filter=a"), &["filter"]).is_ok());
    }

    #[test]
    fn counts_are_integers_from_zero() {
        let count = |query| {
            QueryParams::parse(Some(query), &["limit"])
                .unwrap()
                .count("limit")
        };

        assert_eq!(count("limit=7").unwrap(), Some(7));
        assert_eq!(count("").unwrap(), None);
        assert_eq!(
            count("limit=99999999999999999999999").unwrap(),
            Some(usize::MAX)
        );
        for query in ["limit=a", "limit=1.5", "limit=1&limit=2"] {
            assert_eq!(
                count(query).unwrap_err().to_string(),
                "request/query/limit must be integer"
            );
        }
        assert_eq!(
            count("limit=-1").unwrap_err().to_string(),
            "request/query/limit must be >= 0"
        );
    }

    #[test]
    fn parameters_are_written_back_with_one_replaced() {
        let params = QueryParams::parse(
            Some("a=x%3Dy+z&after=1&offset=3&after=2"),
            &["a", "after", "offset"],
        )
        .unwrap();

        assert_eq!(params.with("after", "=", "offset"), "a=x%3Dy+z&after=%3D");
    }
}
