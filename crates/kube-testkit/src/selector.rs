//! Label selectors and field selectors.

use serde_json::Value;

use crate::error::ApiError;

/// What a list or a watch is limited to.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Selector {
    labels: Vec<Label>,
    fields: Vec<Field>,
}

#[derive(Debug, Clone, PartialEq)]
enum Label {
    Exists(String),
    Absent(String),
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
}

#[derive(Debug, Clone, PartialEq)]
struct Field {
    path: String,
    value: String,
    is_equal: bool,
}

impl Selector {
    /// Reads the parameters `labelSelector` and `fieldSelector`.
    ///
    /// # Errors
    ///
    /// 400 for a requirement that has no known form.
    pub(crate) fn parse(labels: &str, fields: &str) -> Result<Self, ApiError> {
        Ok(Self {
            labels: requirements(labels)
                .into_iter()
                .map(|text| {
                    Label::parse(text).ok_or_else(|| {
                        ApiError::bad_request(format!(
                            "unable to parse requirement: found '{text}'"
                        ))
                    })
                })
                .collect::<Result<_, _>>()?,
            fields: requirements(fields)
                .into_iter()
                .map(|text| {
                    Field::parse(text).ok_or_else(|| {
                        ApiError::bad_request(format!(
                            "invalid selector: '{text}'; can't understand '{text}'"
                        ))
                    })
                })
                .collect::<Result<_, _>>()?,
        })
    }

    pub(crate) fn matches(&self, object: &Value) -> bool {
        self.labels
            .iter()
            .all(|label| label.matches(&object["metadata"]["labels"]))
            && self.fields.iter().all(|field| field.matches(object))
    }
}

/// Splits at the commas that are not within parentheses.
fn requirements(text: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    text.split(|c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    })
    .map(str::trim)
    .filter(|part| !part.is_empty())
    .collect()
}

impl Label {
    fn parse(text: &str) -> Option<Self> {
        if let Some((left, values)) = text.split_once('(') {
            let values = values.strip_suffix(')')?;
            let values = values.split(',').map(|value| value.trim().to_owned());
            let mut words = left.split_whitespace();
            let key = words.next()?.to_owned();
            return match words.next()? {
                "in" => Some(Self::In(key, values.collect())),
                "notin" => Some(Self::NotIn(key, values.collect())),
                _ => None,
            };
        }
        let pair =
            |(key, value): (&str, &str)| (key.trim().to_owned(), vec![value.trim().to_owned()]);
        if let Some(found) = text.split_once("!=") {
            let (key, values) = pair(found);
            Some(Self::NotIn(key, values))
        } else if let Some(found) = text.split_once("==").or_else(|| text.split_once('=')) {
            let (key, values) = pair(found);
            Some(Self::In(key, values))
        } else if let Some(key) = text.strip_prefix('!') {
            Some(Self::Absent(key.trim().to_owned()))
        } else {
            (!text.contains(char::is_whitespace)).then(|| Self::Exists(text.to_owned()))
        }
    }

    fn matches(&self, labels: &Value) -> bool {
        let label = |key: &str| labels.get(key).and_then(Value::as_str);
        let is_in = |key: &str, values: &[String]| {
            label(key).is_some_and(|found| values.iter().any(|value| value == found))
        };
        match self {
            Self::Exists(key) => label(key).is_some(),
            Self::Absent(key) => label(key).is_none(),
            Self::In(key, values) => is_in(key, values),
            Self::NotIn(key, values) => !is_in(key, values),
        }
    }
}

impl Field {
    fn parse(text: &str) -> Option<Self> {
        let (is_equal, (path, value)) = if let Some(found) = text.split_once("!=") {
            (false, found)
        } else {
            (
                true,
                text.split_once("==").or_else(|| text.split_once('='))?,
            )
        };
        Some(Self {
            path: path.trim().to_owned(),
            value: value.trim().to_owned(),
            is_equal,
        })
    }

    fn matches(&self, object: &Value) -> bool {
        let found = self
            .path
            .split('.')
            .try_fold(object, |value, name| value.get(name));
        let found = match found {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        (found == self.value) == self.is_equal
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn matches(labels: &str, fields: &str) -> bool {
        let object = json!({
            "metadata": {"name": "web", "labels": {"app": "web", "tier": "front"}},
            "type": "Opaque",
        });
        Selector::parse(labels, fields).unwrap().matches(&object)
    }

    #[test]
    fn every_form_of_a_label_requirement_is_understood() {
        for selector in [
            "",
            "app",
            "!gone",
            "app=web",
            "app==web,tier!=back",
            "app in (a, web),tier notin (back)",
            "gone notin (x)",
            "gone!=x",
        ] {
            assert!(matches(selector, ""), "{selector}");
        }
        for selector in [
            "gone",
            "!app",
            "app=a",
            "app!=web",
            "app in (a,b)",
            "app notin (web)",
        ] {
            assert!(!matches(selector, ""), "{selector}");
        }
    }

    #[test]
    fn fields_are_compared_by_their_path() {
        assert!(matches("", "metadata.name=web,type!=x"));
        assert!(!matches("", "metadata.name=other"));
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(Selector::parse("a b", "").is_err());
        assert!(Selector::parse("a above (b)", "").is_err());
        assert!(Selector::parse("", "a").is_err());
    }
}
