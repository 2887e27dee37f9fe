//! What happens to a catalog: emissions, processing, removals.

use crate::catalog::emitted::Emitted;
use callboard_catalog::EntityRef;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What a step is about, by its place in [`NAMES`].
pub(super) type Name = usize;

/// Few, so that they meet; the first are locations, which emit others.
pub(super) const NAMES: [(&str, &str); 7] = [
    ("location", "l0"),
    ("location", "l1"),
    ("location", "l2"),
    ("component", "c0"),
    ("component", "c1"),
    ("component", "c2"),
    ("component", "c3"),
];

/// How many of them are locations.
pub(super) const LOCATIONS: usize = 3;

/// The names of providers.
pub(super) const PROVIDERS: [&str; 2] = ["one", "two"];

const KEYS: [Option<&str>; 3] = [None, Some("url:a"), Some("url:b")];

/// What an entity says, and where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said {
    key: Option<&'static str>,
    content: Content,
}

#[derive(Debug, Clone, Copy)]
enum Content {
    /// It leads to another component.
    Good(Name),
    /// The same with an etag of its own.
    WithEtag(Name),
    /// Something has to be read first, which a location always has.
    Active(Name),
    /// It is refused.
    Bad(u8),
}

/// What a source emits; nothing twice.
pub(super) type Emissions = BTreeMap<Name, Said>;

/// Something that happens.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// A provider says all that it emits.
    Replace(usize, Emissions),
    /// A provider says what differs.
    Differ(usize, Emissions, BTreeSet<Name>),
    /// An entity was processed.
    Settle(Settling),
    /// Somebody removes an entity.
    Remove(Name),
}

/// How the processing of an entity came out.
#[derive(Debug, Clone)]
pub(super) struct Settling {
    pub(super) name: Name,
    /// What it says after that; absent when it stays as it was.
    pub(super) processed: Option<Name>,
    pub(super) has_failed: bool,
    /// What it emits; absent when that stays.
    pub(super) children: Option<Emissions>,
    /// The location that could not be read.
    pub(super) kept: Option<&'static str>,
    /// Some were taken ahead of the rest.
    pub(super) is_in_pieces: bool,
    /// It was made from something older than what is there.
    pub(super) is_late: bool,
}

/// Steps that are taken in one transaction each.
pub(super) fn transactions() -> impl Strategy<Value = Vec<Vec<Step>>> {
    vec(vec(step(), 1..4), 1..16)
}

fn step() -> impl Strategy<Value = Step> {
    let provider = 0..PROVIDERS.len();
    let names = || btree_set(name(), 0..4);
    prop_oneof![
        2 => (provider.clone(), emissions()).prop_map(|(of, all)| Step::Replace(of, all)),
        2 => (provider, emissions(), names()).prop_map(|(of, new, gone)| Step::Differ(of, new, gone)),
        6 => settling().prop_map(Step::Settle),
        1 => name().prop_map(Step::Remove),
    ]
}

fn settling() -> impl Strategy<Value = Settling> {
    let what = (0..LOCATIONS + 2, prop::option::weighted(0.8, name()));
    let children = prop::option::weighted(0.8, emissions());
    let kept = prop::option::weighted(0.2, select(&["url:a", "url:b"][..]));
    let rarely = || prop::bool::weighted(0.2);
    (what, children, kept, rarely(), rarely(), rarely()).prop_map(
        |((name, processed), children, kept, has_failed, is_in_pieces, is_late)| Settling {
            name,
            processed,
            has_failed,
            children,
            kept,
            is_in_pieces,
            is_late,
        },
    )
}

fn emissions() -> impl Strategy<Value = Emissions> {
    btree_map(name(), said(), 0..5)
}

fn said() -> impl Strategy<Value = Said> {
    let content = prop_oneof![
        6 => name().prop_map(Content::Good),
        1 => name().prop_map(Content::WithEtag),
        2 => name().prop_map(Content::Active),
        1 => (0..2u8).prop_map(Content::Bad),
    ];
    (select(&KEYS[..]), content).prop_map(|(key, content)| Said { key, content })
}

fn name() -> impl Strategy<Value = Name> {
    0..NAMES.len()
}

/// The reference of a name.
pub(super) fn reference(name: Name) -> EntityRef {
    let (kind, name) = NAMES[name];
    EntityRef::new(kind, "default", name)
}

/// What a name is when it leads to another one.
pub(super) fn entity(name: Name, other: Name) -> Value {
    let (kind, own) = NAMES[name];
    let spec = match kind {
        "location" => json!({"targets": [format!("./{other}.yaml")]}),
        _ => json!({
            "type": "service", "lifecycle": "production", "owner": format!("component:{}", NAMES[other].1),
            "dependsOn": [format!("component:default/{}", NAMES[other].1)],
        }),
    };
    let kind = if kind == "location" {
        "Location"
    } else {
        "Component"
    };
    json!({"apiVersion": "backstage.io/v1alpha1", "kind": kind, "metadata": {"name": own}, "spec": spec})
}

impl Said {
    /// As it is emitted.
    pub(super) fn of(&self, name: Name) -> Emitted {
        let value = match self.content {
            Content::Good(other) => entity(name, other),
            Content::WithEtag(other) => {
                let mut value = entity(name, other);
                value["metadata"]["etag"] = format!("own-{other}").into();
                value
            }
            Content::Active(other) => {
                let mut value = entity(name, other);
                value["metadata"]["description"] = json!({"$text": "./words.txt"});
                value
            }
            Content::Bad(number) => {
                let mut value = entity(name, 0);
                value["spec"] = json!({"targets": number, "owner": number});
                value
            }
        };
        let key = self.key.map(Into::into);
        Emitted::new(reference(name), value, key, None)
    }
}
