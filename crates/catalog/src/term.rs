//! Search rows: an entity flattened into keys and values, as upstream's search table has them.
//!
//! Keys and values are in lower case; the value as written is kept beside for facets.

use std::{borrow::Cow, collections::BTreeSet, hash::BuildHasher, ops::Range};

use hashbrown::DefaultHashBuilder;
use serde_json::Value;
use smol_str::SmolStr;

use crate::{
    entity::Entity,
    scan::{Scan, push_folded, scan, scan_value},
};

/// The longest key and the longest value that are indexed, in UTF-16 units.
const MAX_LENGTH: usize = 200;

/// One search row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Row {
    /// The dotted path in lower case.
    pub key: SmolStr,
    /// The value; absent for JSON null and for values that are too long.
    pub value: Option<RowValue>,
}

/// The value of a search row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowValue {
    /// In lower case, as it is compared.
    pub folded: SmolStr,
    /// As written, as facets show it.
    pub original: SmolStr,
}

/// The value of a search row, as it is found in an entity.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written<'a> {
    pub(crate) folded: &'a str,
    pub(crate) original: &'a str,
    /// Where it stands in the JSON; absent when it is not there letter by letter.
    pub(crate) span: Option<Span>,
}

impl Written<'_> {
    pub(crate) fn is_lower(&self) -> bool {
        self.folded == self.original
    }
}

/// A stretch of the JSON of an entity that holds a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    start: u32,
    len: u16,
}

impl Span {
    /// Where `part` stands in `whole`, if it is a slice of that.
    fn find(whole: &str, part: &str) -> Option<Self> {
        let start = (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize)?;
        let is_inside = start + part.len() <= whole.len();
        is_inside.then_some(Self {
            start: u32::try_from(start).ok()?,
            len: u16::try_from(part.len()).ok()?,
        })
    }

    /// The text there.
    pub(crate) fn of(self, json: &str) -> Option<&str> {
        json.get(self.range())
    }

    /// The letters there, without a look at where the text ends.
    pub(crate) fn letters_of(self, json: &str) -> Option<&[u8]> {
        json.as_bytes().get(self.range())
    }

    fn range(self) -> Range<usize> {
        let start = self.start as usize;
        start..start + usize::from(self.len)
    }
}

/// A row, and where its value stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PlacedRow {
    pub(crate) row: Row,
    span: Option<Span>,
}

impl PlacedRow {
    /// All rows of an entity, sorted and each once.
    pub(crate) fn all_of(entity: &Entity) -> Vec<Self> {
        let mut rows = Vec::new();
        for_each_row(entity, |key, value| {
            rows.push(Self {
                row: Row::new(key, value),
                span: value.and_then(|value| value.span),
            });
        });
        rows.sort_unstable();
        rows.dedup_by(|later, kept| later.row == kept.row);
        rows
    }

    /// The value, if it is not null.
    pub(crate) fn written(&self) -> Option<Written<'_>> {
        let value = self.row.value.as_ref()?;
        Some(Written {
            folded: &value.folded,
            original: &value.original,
            span: self.span,
        })
    }

    #[cfg(test)]
    pub(crate) fn of(key: &str, original: &str) -> Self {
        let value = RowValue {
            folded: fold(original),
            original: original.into(),
        };
        Self {
            row: Row {
                key: key.into(),
                value: Some(value),
            },
            span: None,
        }
    }
}

impl Row {
    fn new(key: &str, value: Option<Written<'_>>) -> Self {
        Self {
            key: key.into(),
            value: value.map(|value| RowValue {
                folded: value.folded.into(),
                original: value.original.into(),
            }),
        }
    }
}

/// All search rows of one entity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    // INVARIANT: sorted and without duplicates.
    rows: Vec<Row>,
}

impl Rows {
    /// Flattens an entity.
    pub fn of(entity: &Entity) -> Self {
        let mut rows = Vec::new();
        for_each_row(entity, |key, value| rows.push(Row::new(key, value)));
        rows.sort_unstable();
        rows.dedup();
        Self { rows }
    }

    /// The rows, sorted by key and value.
    pub fn as_slice(&self) -> &[Row] {
        &self.rows
    }

    /// The rows of one key, which is in lower case.
    pub fn of_key(&self, key: &str) -> &[Row] {
        let start = self.rows.partition_point(|row| row.key.as_str() < key);
        let end = start + self.rows[start..].partition_point(|row| row.key == key);
        &self.rows[start..end]
    }
}

/// Folds a key or value to the case in which it is compared.
pub(crate) fn fold(text: &str) -> SmolStr {
    smol_str::StrExt::to_lowercase_smolstr(text)
}

/// Calls `emit` with each row of an entity: the key, and the value unless it is null.
///
/// The same row may come more than once, in the order of the JSON.
pub(crate) fn for_each_row(entity: &Entity, mut emit: impl FnMut(&str, Option<Written<'_>>)) {
    let mut folded = String::new();
    let mut push = |key: &str, value: Option<&str>| {
        if is_too_long(key) {
            return;
        }
        match value.filter(|value| !is_too_long(value)) {
            None => emit(key, None),
            Some(value) => {
                folded.clear();
                push_folded(&mut folded, value);
                // Folding may lengthen a text, and the limit is for the folded one.
                let written = (!is_too_long(&folded)).then(|| Written {
                    folded: &folded,
                    original: value,
                    span: Span::find(entity.json(), value),
                });
                emit(key, written);
            }
        }
    };
    scan(
        entity.json(),
        Scan {
            fold: true,
            only: None,
        },
        |key, leaf| leaf.with_text(|text| push(key, text)),
    );
    push("metadata.name", Some(entity.name()));
    push("metadata.namespace", Some(entity.namespace()));
    push("metadata.uid", entity.uid());
    let mut key = String::new();
    entity.for_each_relation(|relation_type, target| {
        key.clear();
        key.push_str("relations.");
        push_folded(&mut key, relation_type);
        push(&key, Some(target));
    });
}

/// The values of one key in an entity, folded, in no order and perhaps more than once.
pub(crate) fn values_of(entity: &Entity, key: &str) -> Vec<SmolStr> {
    if let Some(quick) = quick_value(entity, key) {
        return quick.into_iter().map(SmolStr::from).collect();
    }
    if is_too_long(key) {
        return Vec::new();
    }
    let mut values = Vec::new();
    if let Some(relation_type) = key.strip_prefix("relations.") {
        let relations = entity.relations();
        let of_type = relations
            .iter()
            .filter(|relation| fold(&relation.relation_type) == relation_type);
        values.extend(of_type.filter_map(|relation| kept(relation.target.as_str())));
    }
    scan(
        entity.json(),
        Scan {
            fold: true,
            only: Some(key),
        },
        |found, leaf| {
            if found == key {
                leaf.with_text(|text| values.extend(text.and_then(kept)));
            }
        },
    );
    values
}

/// The only value of a key that is found without reading the JSON; `None` for any other key.
pub(crate) fn quick_value<'e>(entity: &'e Entity, key: &str) -> Option<Option<Cow<'e, str>>> {
    let entity_ref = entity.entity_ref();
    let (written, part): (&'e str, &'e str) = match key {
        "metadata.name" => (entity.name(), entity_ref.name()),
        "metadata.namespace" => (entity.namespace(), entity_ref.namespace()),
        "kind" => (entity.kind(), entity_ref.kind()),
        "metadata.uid" => return Some(entity.uid().and_then(folded)),
        _ => return None,
    };
    // The reference is in lower case already. What is ASCII there was not longer when it was
    // written, so that whether it is too long can be told without reading the JSON.
    Some(folded(if part.is_ascii() { part } else { written }))
}

/// Whether [`quick_value`] has the values of a key.
pub(crate) fn has_quick_values(key: &str) -> bool {
    matches!(
        key,
        "metadata.name" | "metadata.namespace" | "metadata.uid" | "kind"
    )
}

/// A value as it is searched for; `None` when it is too long for that.
fn folded(text: &str) -> Option<Cow<'_, str>> {
    let is_folded = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    let folded = if text.bytes().all(is_folded) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.to_lowercase())
    };
    (!is_too_long(text) && !is_too_long(&folded)).then_some(folded)
}

/// As [`folded`], to be kept.
fn kept(text: &str) -> Option<SmolStr> {
    folded(text).map(SmolStr::from)
}

/// Keys of an entity that differ in nothing but their case, in lower case and sorted; `entity` is
/// what was read, without relations.
///
/// Such an entity cannot be searched unambiguously and is refused.
pub(crate) fn ambiguous_keys(entity: &Value) -> Vec<String> {
    let (hasher, mut folded) = (DefaultHashBuilder::default(), String::new());
    // Keys by their hashes, folded and as they are.
    let mut hashes: Vec<(u64, u64)> = Vec::new();
    for_each_key(entity, |key| {
        folded.clear();
        push_folded(&mut folded, key);
        hashes.push((hasher.hash_one(&*folded), hasher.hash_one(key)));
    });
    hashes.sort_unstable();
    hashes.dedup();
    match hashes.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        true => same_but_for_case(entity),
        false => Vec::new(),
    }
}

/// As [`ambiguous_keys`], of an entity that probably has some.
fn same_but_for_case(entity: &Value) -> Vec<String> {
    let mut keys = BTreeSet::new();
    for_each_key(entity, |key| {
        keys.insert(key.to_owned());
    });
    let mut folded: Vec<String> = keys.iter().map(|key| key.to_lowercase()).collect();
    folded.sort_unstable();
    let mut ambiguous: Vec<String> = folded
        .windows(2)
        .filter(|pair| pair[0] == pair[1])
        .map(|pair| pair[0].clone())
        .collect();
    ambiguous.dedup();
    ambiguous
}

/// Calls `emit` with each key of an entity as it is written, perhaps more than once.
fn for_each_key(entity: &Value, mut emit: impl FnMut(&str)) {
    for key in ["metadata.name", "metadata.namespace", "metadata.uid"] {
        emit(key);
    }
    let options = Scan {
        fold: false,
        only: None,
    };
    scan_value(entity, options, |key, _| emit(key));
}

fn is_too_long(text: &str) -> bool {
    // A UTF-16 unit takes at most three bytes here, so most texts need no counting.
    text.len() > MAX_LENGTH
        && (text.len() > 3 * MAX_LENGTH || text.encode_utf16().count() > MAX_LENGTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(spec: &str) -> Vec<String> {
        let json = format!(
            r#"{{"kind":"K","metadata":{{"name":"N","etag":"e"}},"spec":{spec},"status":{{"a":1}}}}"#
        );
        let entity = Entity::parse(json).unwrap();
        let text = |row: &Row| {
            let value = row.value.as_ref().map_or("null".into(), |value| {
                format!("{}/{}", value.folded, value.original)
            });
            format!("{}={value}", row.key)
        };
        Rows::of(&entity)
            .as_slice()
            .iter()
            .filter(|row| row.key.starts_with("spec"))
            .map(text)
            .collect()
    }

    #[test]
    fn objects_and_arrays_are_flattened_without_indices() {
        assert_eq!(
            rows(r#"{"A":{"b.c":"X"},"t":["Y","z"],"o":[{"i":1},{"i":2}],"n":null,"e":[],"f":{}}"#),
            [
                "spec.a.b.c=x/X",
                "spec.n=null",
                "spec.o.i=1/1",
                "spec.o.i=2/2",
                "spec.t=y/Y",
                "spec.t=z/z",
                "spec.t.y=true/true",
                "spec.t.z=true/true"
            ]
        );
    }

    #[test]
    fn numbers_are_written_as_javascript_writes_them() {
        let numbers = rows("[1.0, 0.5, 1e21, 1e-7, -0.0, 12345678901234567890]");

        for number in [
            "1/1",
            "0.5/0.5",
            "1e+21/1e+21",
            "1e-7/1e-7",
            "0/0",
            "12345678901234567000/12345678901234567000",
        ] {
            assert!(
                numbers.contains(&format!("spec={number}")),
                "{number} in {numbers:?}"
            );
        }
    }

    #[test]
    fn long_values_are_null_and_long_keys_are_left_out() {
        let (long, limit) = ("x".repeat(201), "x".repeat(200));

        assert_eq!(
            rows(&format!(r#"{{"v":"{long}","{limit}":1}}"#)),
            ["spec.v=null"]
        );
        assert_eq!(
            rows(&format!(r#"{{"v":"{limit}"}}"#)),
            [format!("spec.v={limit}/{limit}")]
        );
    }

    #[test]
    fn the_values_of_one_key_are_those_of_its_rows() {
        let json = r#"{"kind":"K","metadata":{"name":"N","tags":["B","a"]},"spec":{"o":[{"i":"X"},{"i":null}]},
            "relations":[{"type":"ownedBy","targetRef":"group:default/a"}]}"#;
        let entity = Entity::parse(json).unwrap();
        let all = Rows::of(&entity);

        for key in all.as_slice().iter().map(|row| &row.key) {
            let mut values = values_of(&entity, key);
            values.sort();
            let expected: Vec<_> = all
                .of_key(key)
                .iter()
                .flat_map(|row| &row.value)
                .map(|value| &value.folded)
                .collect();
            assert_eq!(values.iter().collect::<Vec<_>>(), expected, "{key}");
        }
    }
}
