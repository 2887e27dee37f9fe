//! Full-text match: a term that must occur in the value of some field.

use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};

use crate::{ids::Union, index::CatalogSnapshot, order::OrderField};

/// A term to be found in the values of some fields, compared without case.
///
/// `%` stands for any text and `_` for any one character, as in SQL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FullText {
    /// What is looked for; blank looks for nothing and accepts everything.
    pub term: String,
    /// The dotted paths to look at, in lower case; the first order field when there are none.
    #[serde(default)]
    pub fields: Vec<String>,
}

impl FullText {
    pub(crate) fn select(
        &self,
        snapshot: &CatalogSnapshot,
        order: &[OrderField],
    ) -> Option<RoaringBitmap> {
        let pattern = Pattern::new(self.term.trim())?;
        let by_uid = OrderField::by_uid();
        let fields: Vec<&str> = if self.fields.is_empty() {
            vec![&order.first().unwrap_or(&by_uid).field]
        } else {
            self.fields.iter().map(String::as_str).collect()
        };
        let indexes: Vec<_> = fields
            .into_iter()
            .filter_map(|field| snapshot.key(field))
            .collect();
        let mut union = Union::default();
        for index in &indexes {
            let texts = snapshot.texts();
            for posting in index.values.iter() {
                if pattern.is_in(&texts.folded(posting)) {
                    union.push(posting.ids());
                }
            }
        }
        Some(union.finish())
    }
}

/// A search term, folded.
enum Pattern {
    Plain(String),
    Wild(Vec<char>),
}

impl Pattern {
    /// `None` when the term is empty.
    fn new(term: &str) -> Option<Self> {
        let term = term.to_lowercase();
        if term.is_empty() {
            None
        } else if term.contains(['%', '_']) {
            Some(Self::Wild(format!("%{term}%").chars().collect()))
        } else {
            Some(Self::Plain(term))
        }
    }

    fn is_in(&self, value: &str) -> bool {
        match self {
            Self::Plain(term) => value.contains(term.as_str()),
            Self::Wild(pattern) => is_like(pattern, value),
        }
    }
}

/// SQL's `LIKE`. After a mismatch only the last `%` is tried again, one character further on,
/// so that the time is bounded by the product of the lengths.
fn is_like(pattern: &[char], value: &str) -> bool {
    let (mut at, mut rest) = (0, value.chars());
    let mut retry = None;
    loop {
        let here = rest.clone();
        match (pattern.get(at), rest.next()) {
            (Some('%'), _) => {
                rest = here.clone();
                at += 1;
                retry = Some((at, here));
                continue;
            }
            (Some(expected), Some(found)) if *expected == '_' || *expected == found => {
                at += 1;
                continue;
            }
            (None, None) => return true,
            (_, _) => {}
        }
        let Some((after, from)) = &mut retry else {
            return false;
        };
        if from.next().is_none() {
            return false;
        }
        (at, rest) = (*after, from.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_are_those_of_sql() {
        for (term, value, expected) in [
            ("ord", "my-orders", true),
            ("o%e", "orders", true),
            ("o%e", "order", true),
            ("o%x", "orders", false),
            ("o_d", "order", true),
            ("o_d", "od", false),
            ("%", "", true),
            ("_", "", false),
            ("a%b%c", "xaxbxbxcx", true),
            ("é_", "cafés", true),
        ] {
            assert_eq!(
                Pattern::new(term).unwrap().is_in(value),
                expected,
                "{term} in {value}"
            );
        }
    }
}
