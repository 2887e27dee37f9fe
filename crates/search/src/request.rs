//! A request as it comes over the wire: `term`, `filters`, `types`, `pageCursor`, `pageLimit`.

use std::collections::BTreeMap;

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use crate::{
    issue::{Fault, Issue, Issues},
    parameter::Parameter,
    query::Query,
};

/// How many results a page has when the client does not say.
const DEFAULT_PAGE_LIMIT: usize = 25;

/// How large requests may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Results of a page.
    pub page: usize,
    /// UTF-16 units of a term.
    pub term: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            page: 100,
            term: 100,
        }
    }
}

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What was typed.
    pub term: String,
    /// Names of facets, each with the values of which a document has one.
    pub filters: Vec<(String, Vec<String>)>,
    /// The types of documents; `None` means all.
    pub types: Option<Vec<String>>,
    /// The page.
    pub page: PageCursor,
    /// How many results it has.
    pub page_limit: usize,
}

/// The number of a page, from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PageCursor(pub usize);

/// Why a request cannot be answered; the messages are those of the wire.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Parameters have the wrong form, or are too large.
    #[error("Invalid query string: {0}")]
    Parameters(String),
    /// A cursor was not made by a search.
    #[error("Invalid page cursor")]
    Cursor,
}

impl Request {
    /// Reads a query string; `types` are those of the documents that there are.
    ///
    /// Unknown parameters are ignored, as the original does.
    ///
    /// # Errors
    ///
    /// [`RequestError::Parameters`] lists all that is wrong with them.
    pub fn parse(query: &str, types: &[&str], limits: &Limits) -> Result<Self, RequestError> {
        let mut parameters = Parameters {
            all: Parameter::parse(query),
            issues: Vec::new(),
        };
        let term = parameters.term(limits);
        let filters = parameters.filters();
        let types = parameters.types(types);
        let page = parameters.text("pageCursor");
        let page_limit = parameters.page_limit(limits);
        if !parameters.issues.is_empty() {
            let issues = Issues(&parameters.issues).to_string();
            return Err(RequestError::Parameters(issues));
        }
        Ok(Self {
            term,
            filters,
            types,
            page: page
                .as_deref()
                .map_or(Ok(PageCursor(0)), PageCursor::decode)?,
            page_limit,
        })
    }

    /// The question to an index: all hits up to the end of the page.
    pub fn query(&self) -> Query {
        Query {
            filters: self.filters.clone(),
            wanted: self.skipped().saturating_add(self.page_limit),
            ..Query::new(&self.term)
        }
    }

    /// How many hits stand on the pages before.
    pub fn skipped(&self) -> usize {
        self.page.0.saturating_mul(self.page_limit)
    }
}

impl PageCursor {
    /// The text that a client gets and sends back: the number in base64.
    pub fn encode(self) -> String {
        base64::prelude::BASE64_STANDARD.encode(self.0.to_string())
    }

    /// Reads the text back; a blank one is the first page, and the padding may be missing.
    ///
    /// # Errors
    ///
    /// [`RequestError::Cursor`] when it is something else.
    pub fn decode(text: &str) -> Result<Self, RequestError> {
        let lenient =
            GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let bytes = GeneralPurpose::new(&STANDARD, lenient)
            .decode(text.trim())
            .map_err(|_| RequestError::Cursor)?;
        match std::str::from_utf8(&bytes).map(str::trim) {
            Ok("") => Ok(Self(0)),
            Ok(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().map(Self).map_err(|_| RequestError::Cursor)
            }
            Ok(_) | Err(_) => Err(RequestError::Cursor),
        }
    }
}

/// Parameters while they are read, and what was wrong with them.
struct Parameters {
    all: BTreeMap<String, Parameter>,
    issues: Vec<Issue>,
}

impl Parameters {
    fn term(&mut self, limits: &Limits) -> String {
        let term = self.text("term").unwrap_or_default();
        let length = term.encode_utf16().count();
        if length > limits.term {
            let limit = limits.term;
            self.refuse(
                "term",
                format!(r#"The term length "{length}" is greater than "{limit}""#),
            );
        }
        term
    }

    fn filters(&mut self) -> Vec<(String, Vec<String>)> {
        match self.all.remove("filters") {
            None => Vec::new(),
            Some(Parameter::Map(filters)) => filters
                .into_iter()
                .map(|(name, values)| (name, texts(values)))
                .collect(),
            Some(other @ (Parameter::Text(_) | Parameter::List(_))) => {
                self.expect("filters", None, "object", &other);
                Vec::new()
            }
        }
    }

    fn types(&mut self, known: &[&str]) -> Option<Vec<String>> {
        let list = match self.all.remove("types")? {
            Parameter::List(list) => list,
            other @ (Parameter::Text(_) | Parameter::Map(_)) => {
                self.expect("types", None, "array", &other);
                return None;
            }
        };
        let mut types = Vec::new();
        for (place, item) in list.into_iter().enumerate() {
            match item {
                Parameter::Text(name) if known.contains(&name.as_str()) => types.push(name),
                Parameter::Text(_) => self.issues.push(Issue {
                    parameter: "types",
                    place: Some(place),
                    fault: Fault::Rule("Invalid input".to_owned()),
                }),
                other => self.expect("types", Some(place), "string", &other),
            }
        }
        Some(types)
    }

    fn page_limit(&mut self, limits: &Limits) -> usize {
        let Some(text) = self.text("pageLimit") else {
            return DEFAULT_PAGE_LIMIT.min(limits.page);
        };
        let limit = limits.page;
        let fault = match leading_integer(&text) {
            None => format!(r#"The page limit "NaN" is greater than "{limit}""#),
            Some(asked) if asked > limit as i64 => {
                format!(r#"The page limit "{asked}" is greater than "{limit}""#)
            }
            Some(asked) if asked < 0 => format!(r#"The page limit "{asked}" is less than "0""#),
            Some(0) => return DEFAULT_PAGE_LIMIT.min(limit),
            Some(asked) => return asked as usize,
        };
        self.refuse("pageLimit", fault);
        0
    }

    fn text(&mut self, name: &'static str) -> Option<String> {
        match self.all.remove(name)? {
            Parameter::Text(text) => Some(text),
            other @ (Parameter::List(_) | Parameter::Map(_)) => {
                self.expect(name, None, "string", &other);
                None
            }
        }
    }

    fn expect(
        &mut self,
        parameter: &'static str,
        place: Option<usize>,
        expected: &'static str,
        found: &Parameter,
    ) {
        let received = found.type_name();
        self.issues.push(Issue {
            parameter,
            place,
            fault: Fault::Type { expected, received },
        });
    }

    fn refuse(&mut self, parameter: &'static str, message: String) {
        self.issues.push(Issue {
            parameter,
            place: None,
            fault: Fault::Rule(message),
        });
    }
}

/// The texts of a filter; what is no text is a value that no document has.
fn texts(values: Parameter) -> Vec<String> {
    match values {
        Parameter::Text(text) => vec![text],
        Parameter::List(list) => list.into_iter().flat_map(texts).collect(),
        Parameter::Map(_) => Vec::new(),
    }
}

/// The integer with which a text begins, as JavaScript reads it; the largest one for more.
fn leading_integer(text: &str) -> Option<i64> {
    let text = text.trim_start();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    let digits = &digits[..end];
    (!digits.is_empty()).then(|| sign * digits.parse().unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Result<Request, RequestError> {
        Request::parse(query, &["software-catalog"], &Limits::default())
    }

    #[test]
    fn every_parameter_has_its_default() {
        assert_eq!(
            parse("").unwrap(),
            Request {
                term: String::new(),
                filters: Vec::new(),
                types: None,
                page: PageCursor(0),
                page_limit: 25,
            }
        );
        assert_eq!(
            parse("pageLimit=0&pageCursor=&sort=x").unwrap(),
            parse("").unwrap()
        );
    }

    #[test]
    fn a_full_request_is_read() {
        let request = parse(
            "term=box+office&types[0]=software-catalog&filters[kind]=Component\
             &filters[owner][0]=crew&filters[owner][1]=house&pageCursor=MQ%3D%3D&pageLimit=10",
        )
        .unwrap();

        assert_eq!(request.term, "box office");
        assert_eq!(request.types, Some(vec!["software-catalog".to_owned()]));
        let filters = [
            ("kind".to_owned(), vec!["Component".to_owned()]),
            (
                "owner".to_owned(),
                vec!["crew".to_owned(), "house".to_owned()],
            ),
        ];
        assert_eq!(request.filters, filters);
        assert_eq!((request.skipped(), request.query().wanted), (10, 20));
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let message = parse("term[a]=x&types=all&pageLimit=101")
            .unwrap_err()
            .to_string();

        assert_eq!(
            message,
            r#"Invalid query string: [
  {
    "code": "invalid_type",
    "expected": "string",
    "received": "object",
    "path": [
      "term"
    ],
    "message": "Expected string, received object"
  },
  {
    "code": "invalid_type",
    "expected": "array",
    "received": "string",
    "path": [
      "types"
    ],
    "message": "Expected array, received string"
  },
  {
    "code": "custom",
    "message": "The page limit \"101\" is greater than \"100\"",
    "path": [
      "pageLimit"
    ]
  }
]"#
        );
    }

    #[test]
    fn unknown_types_and_long_terms_are_refused() {
        let unknown = parse("types[]=software-catalog&types[]=x")
            .unwrap_err()
            .to_string();
        let long = parse(&format!("term={}", "𝄞".repeat(51)))
            .unwrap_err()
            .to_string();

        assert!(
            unknown.contains("\"message\": \"Invalid input\""),
            "{unknown}"
        );
        assert!(unknown.contains("\"types\",\n      1\n"), "{unknown}");
        assert!(
            long.contains(r#"The term length \"102\" is greater than \"100\""#),
            "{long}"
        );
    }

    #[test]
    fn page_limits_are_read_as_javascript_does() {
        for (text, expected) in [("7", Some(7)), (" 7x", Some(7)), ("%2B7", Some(7))] {
            assert_eq!(
                parse(&format!("pageLimit={text}"))
                    .ok()
                    .map(|request| request.page_limit),
                expected
            );
        }
        for text in ["x", "", "-1", "99999999999999999999999", "101"] {
            assert!(parse(&format!("pageLimit={text}")).is_err(), "{text}");
        }
    }

    #[test]
    fn cursors_are_page_numbers() {
        assert_eq!(PageCursor(1).encode(), "MQ==");
        assert_eq!(PageCursor::decode("MQ=="), Ok(PageCursor(1)));
        assert_eq!(PageCursor::decode("MQ"), Ok(PageCursor(1)));
        for text in [
            "LTE=",
            "eA==",
            "*",
            "MS41",
            "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5",
        ] {
            assert_eq!(
                PageCursor::decode(text),
                Err(RequestError::Cursor),
                "{text}"
            );
        }
        assert_eq!(
            parse("pageCursor=x").unwrap_err().to_string(),
            "Invalid page cursor"
        );
    }
}
