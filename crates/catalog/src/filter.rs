//! Filters over search rows, and the `filter` parameters of a query string.

use callboard_policy::Criteria;
use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};
use smol_str::SmolStr;

use crate::term::{Row, Rows, fold};

/// What entities must be like: a tree of *all of*, *any of* and *not* over [`Match`].
///
/// A user's filter, a predicate of `POST /entities/by-query` and the conditions of a policy
/// all become one, and [`Filter::all_of`] joins them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "FilterJson")]
pub struct Filter(pub Criteria<Match>);

/// A test of the rows of one key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Match {
    /// The key in lower case.
    pub key: SmolStr,
    /// What some row of that key must be like.
    pub test: Test,
}

/// What a row must be like.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Test {
    /// It is there, whatever its value, null included.
    Exists,
    /// Its value is one of these, which are in lower case; of none, false.
    OneOf(Vec<SmolStr>),
    /// Its value begins with this, which is in lower case.
    Prefix(SmolStr),
}

/// Why a `filter` parameter could not be read; the message is that of the wire.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// A statement has no key.
    #[error(
        "Invalid filter, '{0}' is not a valid statement (expected a string on the form a=b or a= or a)"
    )]
    Statement(String),
}

impl Match {
    /// Some row of the key is there.
    pub fn exists(key: &str) -> Self {
        Self {
            key: fold(key),
            test: Test::Exists,
        }
    }

    /// Some row of the key has one of the values, compared without case.
    pub fn one_of<V: AsRef<str>>(key: &str, values: impl IntoIterator<Item = V>) -> Self {
        let mut values: Vec<SmolStr> = values
            .into_iter()
            .map(|value| fold(value.as_ref()))
            .collect();
        values.sort_unstable();
        values.dedup();
        Self {
            key: fold(key),
            test: Test::OneOf(values),
        }
    }

    /// Some row of the key has a value that begins with `prefix`, compared without case.
    pub fn prefix(key: &str, prefix: &str) -> Self {
        Self {
            key: fold(key),
            test: Test::Prefix(fold(prefix)),
        }
    }

    /// Whether some row passes.
    pub fn matches(&self, rows: &Rows) -> bool {
        rows.of_key(&self.key)
            .iter()
            .any(|row| self.test.accepts(row))
    }
}

impl Test {
    fn accepts(&self, row: &Row) -> bool {
        match (self, &row.value) {
            (Self::Exists, _) => true,
            (Self::OneOf(values), Some(value)) => values.contains(&value.folded),
            (Self::Prefix(prefix), Some(value)) => value.folded.starts_with(prefix.as_str()),
            (Self::OneOf(_) | Self::Prefix(_), None) => false,
        }
    }
}

impl Filter {
    /// Entities that every one of the filters accepts.
    pub fn all_of(filters: impl IntoIterator<Item = Self>) -> Self {
        Self(join(filters, Criteria::AllOf))
    }

    /// Entities that some of the filters accept.
    pub fn any_of(filters: impl IntoIterator<Item = Self>) -> Self {
        Self(join(filters, Criteria::AnyOf))
    }

    /// Reads the `filter` parameters of a query string, decoded; `None` when they say nothing.
    ///
    /// Within one parameter a comma means *and*, and a repeated key means *or* of its values.
    /// Several parameters mean *or*.
    ///
    /// # Errors
    ///
    /// [`FilterError`] when a statement has a value but no key.
    pub fn parse<S: AsRef<str>>(parameters: &[S]) -> Result<Option<Self>, FilterError> {
        let mut filters = Vec::new();
        for parameter in parameters {
            let members = parse_statements(parameter.as_ref())?;
            if !members.is_empty() {
                filters.push(Self::all_of(members.into_iter().map(Self::from)));
            }
        }
        Ok((!filters.is_empty()).then(|| Self::any_of(filters)))
    }

    /// Whether an entity with these rows passes.
    ///
    /// This is the meaning of a filter in its plainest form; a
    /// [`CatalogSnapshot`](crate::CatalogSnapshot) gives the same answer from its postings.
    pub fn matches(&self, rows: &Rows) -> bool {
        self.0.evaluate(&mut |leaf| leaf.matches(rows))
    }
}

impl From<Match> for Filter {
    fn from(leaf: Match) -> Self {
        Self(Criteria::Leaf(leaf))
    }
}

/// Joins filters; one alone needs no node around it.
fn join(
    filters: impl IntoIterator<Item = Filter>,
    node: impl FnOnce(Vec<Criteria<Match>>) -> Criteria<Match>,
) -> Criteria<Match> {
    let mut members: Vec<_> = filters.into_iter().map(|filter| filter.0).collect();
    match (members.len(), members.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            members.extend(last);
            node(members)
        }
    }
}

/// Reads one parameter into a test for each key that it names, in that order.
fn parse_statements(parameter: &str) -> Result<Vec<Match>, FilterError> {
    // Keys are told apart as written, as upstream does, and folded only in the end.
    let mut tests: Vec<(&str, Option<Vec<&str>>)> = Vec::new();
    for statement in parameter
        .split(',')
        .map(str::trim)
        .filter(|statement| !statement.is_empty())
    {
        let (key, value) = match statement.split_once('=') {
            Some((key, value)) => (key.trim(), Some(value.trim())),
            None => (statement, None),
        };
        if key.is_empty() {
            return Err(FilterError::Statement(statement.to_owned()));
        }
        let known = tests.iter().position(|(known, _)| *known == key);
        let at = known.unwrap_or_else(|| {
            tests.push((key, None));
            tests.len() - 1
        });
        if let Some(value) = value {
            tests[at].1.get_or_insert_default().push(value);
        }
    }
    let test = |(key, values): (&str, Option<Vec<&str>>)| match values {
        None => Match::exists(key),
        Some(values) => Match::one_of(key, values),
    };
    Ok(tests.into_iter().map(test).collect())
}

impl Serialize for Filter {
    /// The form of a filter in a cursor.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Node(&self.0).serialize(serializer)
    }
}

/// A node of a filter as it is written.
struct Node<'a>(&'a Criteria<Match>);

impl<'a> Node<'a> {
    fn of(members: &'a [Criteria<Match>]) -> Vec<Self> {
        members.iter().map(Node).collect()
    }
}

impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        match self.0 {
            Criteria::AllOf(members) => object.serialize_entry("allOf", &Node::of(members))?,
            Criteria::AnyOf(members) => object.serialize_entry("anyOf", &Node::of(members))?,
            Criteria::Not(member) => object.serialize_entry("not", &Node(member))?,
            Criteria::Leaf(Match { key, test }) => {
                object.serialize_entry("key", key)?;
                match test {
                    Test::Exists => {}
                    Test::OneOf(values) => object.serialize_entry("values", values)?,
                    Test::Prefix(prefix) => object.serialize_entry("prefix", prefix)?,
                }
            }
        }
        object.end()
    }
}

/// A node of a filter as it is read: which members are there tells what it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FilterJson {
    all_of: Option<Vec<Filter>>,
    any_of: Option<Vec<Filter>>,
    not: Option<Box<Filter>>,
    key: Option<SmolStr>,
    values: Option<Vec<SmolStr>>,
    prefix: Option<SmolStr>,
}

impl TryFrom<FilterJson> for Filter {
    type Error = &'static str;

    fn try_from(json: FilterJson) -> Result<Self, &'static str> {
        let list = |members: Vec<Self>| members.into_iter().map(|member| member.0).collect();
        Ok(Self(match json {
            FilterJson {
                all_of: Some(members),
                ..
            } => Criteria::AllOf(list(members)),
            FilterJson {
                any_of: Some(members),
                ..
            } => Criteria::AnyOf(list(members)),
            FilterJson {
                not: Some(member), ..
            } => Criteria::not(member.0),
            FilterJson {
                key: Some(key),
                values,
                prefix,
                ..
            } => Criteria::Leaf(match (values, prefix) {
                (Some(values), _) => Match::one_of(&key, values),
                (None, Some(prefix)) => Match::prefix(&key, &prefix),
                (None, None) => Match::exists(&key),
            }),
            FilterJson { key: None, .. } => return Err("no filter"),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(leaf: Match) -> Criteria<Match> {
        Criteria::Leaf(leaf)
    }

    #[test]
    fn commas_are_and_and_repeated_keys_are_or() {
        let parsed = Filter::parse(&[" kind = API , kind=system, spec.x ,,"])
            .unwrap()
            .unwrap();

        assert_eq!(
            parsed.0,
            Criteria::AllOf(vec![
                leaf(Match::one_of("kind", ["api", "system"])),
                leaf(Match::exists("spec.x"))
            ])
        );
    }

    #[test]
    fn a_filter_is_read_as_it_was_written() {
        let written = |filter: &Filter| serde_json::to_string(filter).unwrap();
        let read = |text: &str| serde_json::from_str::<Filter>(text);
        let parsed = Filter::parse(&["kind=api,x", "a=1,a=2"]).unwrap().unwrap();
        let rest = Criteria::AnyOf(vec![leaf(Match::prefix("b", "c")), Criteria::AllOf(vec![])]);
        let filter = Filter::all_of([parsed, Filter(Criteria::not(rest))]);

        assert_eq!(
            written(&filter),
            r#"{"allOf":[{"anyOf":[{"allOf":[{"key":"kind","values":["api"]},{"key":"x"}]},{"key":"a","values":["1","2"]}]},{"not":{"anyOf":[{"key":"b","prefix":"c"},{"allOf":[]}]}}]}"#
        );
        assert_eq!(read(&written(&filter)).unwrap(), filter);
        for broken in [
            "{}",
            r#"{"values":["a"]}"#,
            r#"{"allOf":[{}]}"#,
            "[]",
            "null",
        ] {
            assert!(read(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn repeated_parameters_are_or_and_empty_ones_say_nothing() {
        let parsed = Filter::parse(&["a=1", " , ", "b="]).unwrap().unwrap();

        assert_eq!(
            parsed.0,
            Criteria::AnyOf(vec![
                leaf(Match::one_of("a", ["1"])),
                leaf(Match::one_of("b", [""]))
            ])
        );
        assert_eq!(Filter::parse(&["", ","]), Ok(None));
    }

    #[test]
    fn a_value_without_a_key_is_refused() {
        assert_eq!(
            Filter::parse(&["kind=a, =abc "]).unwrap_err().to_string(),
            "Invalid filter, '=abc' is not a valid statement (expected a string on the form a=b or a= or a)"
        );
    }

    #[test]
    fn filters_survive_the_way_through_a_cursor() {
        let filter = Filter(Criteria::AllOf(vec![
            leaf(Match::exists("a")),
            Criteria::not(Criteria::AnyOf(vec![
                leaf(Match::one_of("b", ["1"])),
                leaf(Match::prefix("c", "x")),
            ])),
        ]));

        let json = serde_json::to_string(&filter).unwrap();

        assert_eq!(
            serde_json::from_str::<Filter>(&json).unwrap(),
            filter,
            "{json}"
        );
    }
}
