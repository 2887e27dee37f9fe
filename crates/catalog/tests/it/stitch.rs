//! Entities put together from text are what they would be if they were put together as trees.

use std::fmt::Write;

use callboard_catalog::{Relation, StatusItem, Stitch, StitchSource};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Map, Value, json};
use sha1::{Digest, Sha1};
use uuid::Uuid;

const UID: Uuid = Uuid::from_u128(7);

/// Names that mean something, and some that are written with escapes.
const NAMES: [&str; 9] = [
    "namespace",
    "uid",
    "title",
    "status",
    "relations",
    "a",
    "a-b",
    "say \"b\"",
    "é\n",
];

const ANNOTATIONS: [&str; 4] = ["backstage.io/view-url", "x/y", "b\"", "z"];

const LINKS: [&str; 3] = ["https://a", "java\nscript:alert(1)", "\"quoted\" \\"];

fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<f32>().prop_map(|number| json!(f64::from(number))),
        select(&LINKS[..]).prop_map(Value::from),
    ];
    scalar.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            members(inner).prop_map(Value::from),
        ]
    })
}

fn members(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    let member = (select(&NAMES[..]), value);
    vec(member, 0..5).prop_map(|members| {
        let members = members.into_iter();
        members
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    })
}

/// An entity as it may be written.
fn written() -> impl Strategy<Value = Value> {
    let annotations = vec((select(&ANNOTATIONS[..]), select(&LINKS[..])), 0..4);
    let etag = prop::option::weighted(0.2, Just("own"));
    let namespace = prop::option::of(select(&["default", "house"][..]));
    let metadata = (members(value()), annotations, etag, namespace);
    (metadata, members(value())).prop_map(
        |((mut metadata, annotations, etag, namespace), mut root)| {
            // No entity is without the one that tells where it comes from.
            let location = ("backstage.io/managed-by-location", "file:/a.yaml");
            let annotations: Map<String, Value> = std::iter::once(location)
                .chain(annotations)
                .map(|(key, value)| (key.to_owned(), value.into()))
                .collect();
            metadata.shift_remove("namespace");
            if let Some(namespace) = namespace {
                metadata.insert("namespace".into(), namespace.into());
            }
            metadata.insert("annotations".into(), annotations.into());
            metadata.insert("name".into(), "n".into());
            metadata.extend(etag.map(|etag| ("etag".to_owned(), Value::from(etag))));
            for text in ["title", "uid"] {
                if metadata.get(text).is_some_and(|text| !text.is_string()) {
                    metadata.shift_remove(text);
                }
            }
            root.insert("metadata".into(), metadata.into());
            root.insert("kind".into(), "Component".into());
            root.into()
        },
    )
}

fn relations(count: usize) -> Vec<Relation> {
    let relation = |number: usize| Relation {
        relation_type: "dependsOn".into(),
        target: format!("component:default/c{number}").parse().unwrap(),
    };
    (0..count).map(relation).collect()
}

/// The final form as a tree, its etag as SHA-1 of what is sorted.
fn slow(written: &Value, relations: &[Relation], status: &[StatusItem], is_orphan: bool) -> Value {
    let mut source = written.as_object().unwrap().clone();
    let mut given = source["metadata"].as_object().unwrap().clone();
    given.shift_remove("uid");
    let mut metadata = Map::new();
    if !given.contains_key("namespace") {
        metadata.insert("namespace".into(), "default".into());
    }
    let mut annotations = match given.shift_remove("annotations") {
        Some(Value::Object(annotations)) => annotations,
        _ => Map::new(),
    };
    if let Some(link) = annotations.get_mut("backstage.io/view-url")
        && link == LINKS[1]
    {
        *link = "https://backstage.io/annotation-rejected-for-security-reasons".into();
    }
    if is_orphan {
        annotations.insert("backstage.io/orphan".into(), "true".into());
    }
    if !annotations.is_empty() {
        metadata.insert("annotations".into(), annotations.into());
    }
    metadata.extend(given);
    let mut root = Map::from_iter([("metadata".to_owned(), Value::Null)]);
    for gone in ["metadata", "relations", "status"] {
        source.shift_remove(gone);
    }
    root.extend(source);
    if !status.is_empty() {
        root.insert("status".into(), json!({ "items": status }));
    }
    root.insert("relations".into(), json!(relations));
    root["metadata"] = metadata.clone().into();
    let mut text = String::new();
    write_sorted(&root.clone().into(), &mut text);
    metadata.insert("uid".into(), UID.to_string().into());
    if !metadata.contains_key("etag") {
        let mut etag = String::new();
        for byte in Sha1::digest(&text) {
            write!(etag, "{byte:02x}").unwrap();
        }
        metadata.insert("etag".into(), etag.into());
    }
    root["metadata"] = metadata.into();
    root.into()
}

fn write_sorted(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            out.push('{');
            for (name, value) in members {
                write!(out, "{}:", json!(name)).unwrap();
                write_sorted(value, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write_sorted(item, out);
                out.push(',');
            }
            out.push(']');
        }
        scalar => write!(out, "{scalar}").unwrap(),
    }
}

proptest! {
    #[test]
    fn text_gives_the_same_final_form_as_a_tree(
        written in written(),
        counts in (0..3usize, 0..3usize),
        has_failed in any::<bool>(),
        orphans in any::<[bool; 2]>(),
    ) {
        let text = written.to_string();
        let failed = StatusItem::processing_error("InputError", "say \"no\"");
        let status = if has_failed { vec![failed] } else { Vec::new() };
        let first = Stitch {
            source: StitchSource::Written(&text),
            uid: UID,
            annotations: &[],
            relations: &relations(counts.0),
            status: &status,
            is_orphan: orphans[0],
        };
        let first = first.finish().unwrap();
        let expected = slow(&written, &relations(counts.0), &status, orphans[0]);
        prop_assert_eq!(first.json(), expected.to_string());

        let again = Stitch {
            source: StitchSource::Final {
                entity: &first,
                has_own_etag: written["metadata"]["etag"].is_string(),
            },
            uid: UID,
            annotations: &[],
            relations: &relations(counts.1),
            status: &[],
            is_orphan: orphans[1],
        };
        let expected = slow(&written, &relations(counts.1), &[], orphans[1]);
        let again = again.finish().unwrap();
        prop_assert_eq!(again.json(), expected.to_string());
    }
}
