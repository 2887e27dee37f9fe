//! Cursors: where a page ended, in a form that clients carry but need not understand.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize, Serializer};
use smol_str::SmolStr;

use crate::{
    filter::Filter,
    order::OrderField,
    query::{MAX_ORDER_FIELDS, Query},
    text_search::FullText,
};

/// The place from which a page of a query goes on.
///
/// It holds what the caller asked for, never what he may see: another caller's cursor gives
/// another page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cursor {
    #[serde(rename = "orderFields")]
    pub(crate) order: Vec<OrderField>,
    #[serde(
        rename = "fullTextFilter",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) full_text: Option<FullText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) filter: Option<Filter>,
    /// Whether the page is the one before the place.
    pub(crate) is_previous: bool,
    #[serde(rename = "orderFieldValues")]
    pub(crate) position: Position,
}

/// The place of an entity in an order: its values and, against ties, its reference.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Vec<Option<SmolStr>>")]
pub(crate) struct Position {
    pub(crate) values: Vec<Option<SmolStr>>,
    pub(crate) entity_ref: SmolStr,
}

impl From<Vec<Option<SmolStr>>> for Position {
    fn from(mut values: Vec<Option<SmolStr>>) -> Self {
        let entity_ref = values.pop().flatten().unwrap_or_default();
        Self { values, entity_ref }
    }
}

impl Serialize for Position {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let values = self.values.iter().map(Option::as_ref);
        serializer.collect_seq(values.chain([Some(&self.entity_ref)]))
    }
}

/// Why a cursor could not be read; the messages are those of the wire.
#[derive(Debug, thiserror::Error)]
pub enum CursorError {
    /// A `cursor` parameter was not made by this catalog.
    #[error("Malformed cursor: {0}")]
    Cursor(&'static str),
    /// An `after` parameter was not made by this catalog.
    #[error("Malformed after cursor, could not be parsed")]
    After,
    /// A limit of nothing.
    #[error("Invalid limit, must be greater than zero")]
    Limit,
}

impl Cursor {
    /// Whether this cursor leads to another page of the list that `query` asks for.
    ///
    /// The permission is not compared: it is the caller's, and taken anew for every page.
    pub fn continues(&self, query: &Query) -> bool {
        self.filter == query.filter
            && self.full_text == query.full_text
            && self.order == query.order
    }

    /// The text that a client gets and sends back.
    pub fn encode(&self) -> String {
        to_base64(self)
    }

    /// Reads the text back.
    ///
    /// # Errors
    ///
    /// [`CursorError::Cursor`] when it is something else.
    pub fn decode(text: &str) -> Result<Self, CursorError> {
        let cursor: Self =
            from_base64(text).ok_or(CursorError::Cursor("not in the form of a cursor"))?;
        if cursor.position.values.len() != cursor.order.len()
            || cursor.order.len() > MAX_ORDER_FIELDS
        {
            return Err(CursorError::Cursor(
                "order fields and their values do not fit",
            ));
        }
        Ok(cursor)
    }
}

/// The `after` parameter of `GET /entities`: plain numbers in the same wrapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OffsetCursor {
    /// How many entities a page has; absent means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// How many entities come before the page.
    #[serde(default)]
    pub offset: usize,
}

impl OffsetCursor {
    /// The text for a `Link` header, not yet percent-encoded.
    pub fn encode(self) -> String {
        to_base64(&self)
    }

    /// Reads the text back.
    ///
    /// # Errors
    ///
    /// [`CursorError::After`] when it is something else.
    pub fn decode(text: &str) -> Result<Self, CursorError> {
        from_base64(text).ok_or(CursorError::After)
    }

    /// The page after this one, if `total` entities leave something for it.
    pub fn next(self, total: u64) -> Option<Self> {
        let offset = self.offset.checked_add(self.limit?)?;
        (total > offset as u64).then_some(Self { offset, ..self })
    }
}

fn to_base64(value: &impl Serialize) -> String {
    // Maps with string keys only: serialising them cannot fail.
    STANDARD.encode(serde_json::to_vec(value).unwrap_or_default())
}

fn from_base64<T: for<'de> Deserialize<'de>>(text: &str) -> Option<T> {
    serde_json::from_slice(&STANDARD.decode(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_after_cursor_has_the_form_of_upstream() {
        let cursor = OffsetCursor {
            limit: Some(2),
            offset: 4,
        };

        assert_eq!(cursor.encode(), "eyJsaW1pdCI6Miwib2Zmc2V0Ijo0fQ==");
        assert_eq!(
            OffsetCursor::decode("eyJsaW1pdCI6Miwib2Zmc2V0Ijo0fQ==").unwrap(),
            cursor
        );
        assert_eq!(
            (cursor.next(7).map(|next| next.offset), cursor.next(6)),
            (Some(6), None)
        );
    }

    #[test]
    fn foreign_texts_are_refused() {
        for text in ["abc", "", "e30=", "bnVsbA=="] {
            assert!(
                Cursor::decode(text)
                    .unwrap_err()
                    .to_string()
                    .starts_with("Malformed cursor: "),
                "{text}"
            );
        }
        assert_eq!(
            OffsetCursor::decode("abc").unwrap_err().to_string(),
            "Malformed after cursor, could not be parsed"
        );
    }
}
