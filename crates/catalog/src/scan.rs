//! A walk through the JSON of an entity, leaf by leaf, without building a tree of it.

use std::fmt::Write;

use serde::{
    Deserializer,
    de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use crate::entity::Piece;

/// Root members that are not flattened; relations get rows of their own.
const ROOT_MEMBERS_LEFT_OUT: [&str; 3] = ["attachments", "relations", "status"];

/// Members of `metadata` that are not flattened; all but the etag get rows of their own.
const METADATA_MEMBERS_LEFT_OUT: [&str; 4] = ["name", "namespace", "uid", "etag"];

/// A scalar on the way through the JSON.
#[derive(Clone, Copy)]
pub(crate) enum Leaf<'a> {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(&'a str),
}

impl Leaf<'_> {
    /// Calls `f` with the text that the scalar is compared by; null has none.
    pub(crate) fn with_text(self, f: impl FnOnce(Option<&str>)) {
        match self {
            Self::Null => f(None),
            Self::Bool(true) => f(Some("true")),
            Self::Bool(false) => f(Some("false")),
            Self::Text(text) => f(Some(text)),
            Self::Integer(number) if number.unsigned_abs() <= 1 << 53 => {
                f(Some(&smol_str::format_smolstr!("{number}")));
            }
            Self::Integer(number) => f(Some(&script_number(number as f64))),
            Self::Float(number) => f(Some(&script_number(number))),
        }
    }
}

/// Writes a number as JavaScript does, since that is what clients compare with.
fn script_number(number: f64) -> String {
    let magnitude = number.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let text = format!("{number:e}");
        return match text.split_once('e') {
            Some((digits, exponent)) if !exponent.starts_with('-') => {
                format!("{digits}e+{exponent}")
            }
            Some(_) | None => text,
        };
    }
    let mut text = String::new();
    // Writing to a string cannot fail; negative zero is written without its sign.
    let _ = write!(text, "{}", if number == 0.0 { 0.0 } else { number });
    text
}

/// Writes a JSON number as it is compared.
pub(crate) fn number_text(number: &serde_json::Number) -> String {
    let leaf = match (number.as_i128(), number.as_f64()) {
        (Some(integer), _) => Leaf::Integer(integer),
        (None, Some(float)) => Leaf::Float(float),
        (None, None) => Leaf::Null,
    };
    let mut written = String::new();
    leaf.with_text(|text| written.extend(text));
    written
}

/// How to go through the JSON of an entity.
#[derive(Clone, Copy)]
pub(crate) struct Scan<'a> {
    /// Whether paths are folded to lower case.
    pub(crate) fold: bool,
    /// The only key that is wanted, folded; parts that cannot have it are skipped.
    pub(crate) only: Option<&'a str>,
}

/// Calls `emit` with the path and the value of each leaf that is indexed by its place.
pub(crate) fn scan(json: &str, options: Scan<'_>, emit: impl FnMut(&str, Leaf<'_>)) {
    walk(&mut serde_json::Deserializer::from_str(json), options, emit);
}

/// As [`scan`], of an entity that is no text yet.
pub(crate) fn scan_value(entity: &Value, options: Scan<'_>, emit: impl FnMut(&str, Leaf<'_>)) {
    walk(entity, options, emit);
}

fn walk<'de>(entity: impl Deserializer<'de>, options: Scan<'_>, emit: impl FnMut(&str, Leaf<'_>)) {
    let mut walk = Walk {
        options,
        path: String::new(),
        emit,
    };
    let node = Node {
        walk: &mut walk,
        place: Place::Root,
    };
    // The JSON was parsed when the entity was made, so that nothing can fail here.
    let _ = node.deserialize(entity);
}

/// Appends a text in the case in which it is compared.
pub(crate) fn push_folded(target: &mut String, text: &str) {
    if text.is_ascii() {
        let start = target.len();
        target.push_str(text);
        target[start..].make_ascii_lowercase();
    } else {
        target.push_str(&text.to_lowercase());
    }
}

struct Walk<'a, F> {
    options: Scan<'a>,
    path: String,
    emit: F,
}

impl<F> Walk<'_, F> {
    fn push(&mut self, segment: &str) {
        if !self.path.is_empty() {
            self.path.push('.');
        }
        if self.options.fold {
            push_folded(&mut self.path, segment);
        } else {
            self.path.push_str(segment);
        }
    }

    fn is_wanted(&self) -> bool {
        self.options.only.is_none_or(|only| {
            only.strip_prefix(self.path.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }
}

/// Where in the entity a value stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Root,
    Metadata,
    Member,
    Item,
}

struct Node<'w, 'a, F> {
    walk: &'w mut Walk<'a, F>,
    place: Place,
}

impl<F: FnMut(&str, Leaf<'_>)> Node<'_, '_, F> {
    fn leaf<E>(self, leaf: Leaf<'_>) -> Result<(), E> {
        (self.walk.emit)(&self.walk.path, leaf);
        if let (Leaf::Text(text), Place::Item) = (leaf, self.place) {
            let length = self.walk.path.len();
            self.walk.push(text);
            (self.walk.emit)(&self.walk.path, Leaf::Bool(true));
            self.walk.path.truncate(length);
        }
        Ok(())
    }
}

impl<'de, F: FnMut(&str, Leaf<'_>)> DeserializeSeed<'de> for Node<'_, '_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: FnMut(&str, Leaf<'_>)> Visitor<'de> for Node<'_, '_, F> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Piece<'de>>()? {
            let left_out = match self.place {
                Place::Root => ROOT_MEMBERS_LEFT_OUT.contains(&&*key),
                Place::Metadata => METADATA_MEMBERS_LEFT_OUT.contains(&&*key),
                Place::Member | Place::Item => false,
            };
            let place = match self.place {
                Place::Root if &*key == "metadata" => Place::Metadata,
                Place::Root | Place::Metadata | Place::Member | Place::Item => Place::Member,
            };
            let length = self.walk.path.len();
            self.walk.push(&key);
            if left_out || !self.walk.is_wanted() {
                map.next_value::<IgnoredAny>()?;
            } else {
                map.next_value_seed(Node {
                    walk: &mut *self.walk,
                    place,
                })?;
            }
            self.walk.path.truncate(length);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq
            .next_element_seed(Node {
                walk: &mut *self.walk,
                place: Place::Item,
            })?
            .is_some()
        {}
        Ok(())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<(), E> {
        self.leaf(Leaf::Text(text))
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<(), E> {
        self.leaf(Leaf::Bool(value))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<(), E> {
        self.leaf(Leaf::Integer(number.into()))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<(), E> {
        self.leaf(Leaf::Integer(number.into()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<(), E> {
        self.leaf(Leaf::Float(number))
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        self.leaf(Leaf::Null)
    }
}
