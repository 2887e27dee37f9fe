//! Relations: what an entity says about others, and what that says about it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::LazyLock;

use callboard_policy::{DEFAULT_NAMESPACE, EntityRef, EntityRefError};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::entity::{Piece, Relation};

/// A relation seen from outside: from one entity to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edge {
    /// The entity that has the relation.
    pub source: EntityRef,
    /// Its type, such as `ownedBy`.
    pub relation_type: &'static str,
    /// The entity that it leads to.
    pub target: EntityRef,
}

/// Why the references of an entity could not be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct ReferenceError {
    /// The field that holds the reference, such as `spec.dependsOn`.
    pub field: String,
    /// What is wrong with it.
    pub problem: EntityRefError,
}

/// A field of `spec` that refers to other entities.
struct Reference {
    field: &'static str,
    /// The kind of a reference that names none; absent means that it must.
    default_kind: Option<&'static str>,
    outgoing: &'static str,
    incoming: &'static str,
}

const fn reference(
    field: &'static str,
    default_kind: Option<&'static str>,
    outgoing: &'static str,
    incoming: &'static str,
) -> Reference {
    Reference {
        field,
        default_kind,
        outgoing,
        incoming,
    }
}

const OWNER: Reference = reference("owner", Some("Group"), "ownedBy", "ownerOf");
const SYSTEM: Reference = reference("system", Some("System"), "partOf", "hasPart");
const DEPENDS_ON: Reference = reference("dependsOn", None, "dependsOn", "dependencyOf");
const DEPENDENCY_OF: Reference = reference("dependencyOf", None, "dependencyOf", "dependsOn");

/// Kinds in such an order that references lead from earlier ones to later ones.
const REFERRING_FIRST: [&str; 8] = [
    "component",
    "template",
    "resource",
    "api",
    "system",
    "domain",
    "user",
    "group",
];

/// The references of each kind, in the order in which upstream reads them.
const REFERENCES: [(&str, &[Reference]); 8] = [
    (
        "Component",
        &[
            OWNER,
            reference("subcomponentOf", Some("Component"), "partOf", "hasPart"),
            reference("providesApis", Some("API"), "providesApi", "apiProvidedBy"),
            reference("consumesApis", Some("API"), "consumesApi", "apiConsumedBy"),
            DEPENDS_ON,
            DEPENDENCY_OF,
            SYSTEM,
        ],
    ),
    ("API", &[OWNER, SYSTEM]),
    ("Resource", &[OWNER, DEPENDS_ON, DEPENDENCY_OF, SYSTEM]),
    (
        "User",
        &[reference(
            "memberOf",
            Some("Group"),
            "memberOf",
            "hasMember",
        )],
    ),
    (
        "Group",
        &[
            reference("parent", Some("Group"), "childOf", "parentOf"),
            reference("children", Some("Group"), "parentOf", "childOf"),
            reference("members", Some("User"), "hasMember", "memberOf"),
        ],
    ),
    (
        "System",
        &[
            OWNER,
            reference("domain", Some("Domain"), "partOf", "hasPart"),
        ],
    ),
    (
        "Domain",
        &[
            OWNER,
            reference("subdomainOf", Some("Domain"), "partOf", "hasPart"),
        ],
    ),
    ("Template", &[OWNER]),
];

/// How far a kind, in lower case, stands from those that nobody refers to: whoever refers to
/// another kind has a lower number, or the same.
///
/// A kind that is not built in refers to nothing, and has 0.
pub fn depth(kind: &str) -> usize {
    let place = REFERRING_FIRST.iter().position(|known| *known == kind);
    place.unwrap_or_default()
}

/// Derives the relations that an entity states, each in both directions.
///
/// A short reference takes the namespace of the entity. A kind that is not built in states
/// none, nor does a value that is no string.
///
/// # Errors
///
/// [`ReferenceError`] at the first reference that cannot be read.
pub fn edges(entity: &Value) -> Result<Vec<Edge>, ReferenceError> {
    let metadata = &entity["metadata"];
    let names = [&entity["kind"], &metadata["namespace"], &metadata["name"]];
    edges_of(names, |field| &entity["spec"][field])
}

/// As [`edges`], of an entity that is still JSON text, of which no more is read than matters.
///
/// # Errors
///
/// As [`edges`].
pub fn edges_in(json: &str) -> Result<Vec<Edge>, ReferenceError> {
    match serde_json::from_str::<Stating>(json) {
        Ok(Stating {
            kind,
            metadata,
            spec,
        }) => edges_of([&kind, &metadata.namespace, &metadata.name], |field| {
            spec.0.get(field).unwrap_or(&Value::Null)
        }),
        // Something is no object that should be one.
        Err(_) => edges(&serde_json::from_str(json).unwrap_or_default()),
    }
}

/// What an entity says about itself and others.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Stating {
    kind: Value,
    metadata: Names,
    spec: References,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Names {
    namespace: Value,
    name: Value,
}

/// The fields of `spec` that refer to others.
#[derive(Default)]
struct References(Map<String, Value>);

impl<'de> Deserialize<'de> for References {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldVisitor;

        impl<'de> Visitor<'de> for FieldVisitor {
            type Value = References;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<References, A::Error> {
                let mut fields = Map::new();
                while let Some(field) = map.next_key::<Piece<'de>>()? {
                    let mut all = REFERENCES.iter().flat_map(|(_, references)| *references);
                    match all.any(|reference| *reference.field == *field) {
                        true => drop(fields.insert(field.0.into_owned(), map.next_value()?)),
                        false => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(References(fields))
            }
        }

        deserializer.deserialize_map(FieldVisitor)
    }
}

/// The relations of an entity with a kind, a namespace and a name, and with fields of `spec`.
fn edges_of<'a>(
    [kind, namespace, name]: [&Value; 3],
    field_of_spec: impl Fn(&'static str) -> &'a Value,
) -> Result<Vec<Edge>, ReferenceError> {
    let kind = kind.as_str().unwrap_or_default();
    let namespace = namespace.as_str().unwrap_or(DEFAULT_NAMESPACE);
    let source = EntityRef::new(kind, namespace, name.as_str().unwrap_or_default());

    let mut edges = Vec::new();
    let references = REFERENCES
        .iter()
        .find(|(known, _)| *known == kind)
        .map_or(&[][..], |(_, references)| *references);
    for reference in references {
        let targets: Vec<&str> = match field_of_spec(reference.field) {
            Value::String(target) => vec![target],
            Value::Array(targets) => targets.iter().filter_map(Value::as_str).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
        };
        for target in targets {
            let target = EntityRef::parse_with(target, reference.default_kind, namespace).map_err(
                |problem| ReferenceError {
                    field: format!("spec.{}", reference.field),
                    problem,
                },
            )?;
            edges.push(Edge {
                source: source.clone(),
                relation_type: reference.outgoing,
                target: target.clone(),
            });
            edges.push(Edge {
                source: target,
                relation_type: reference.incoming,
                target: source.clone(),
            });
        }
    }
    Ok(edges)
}

/// Every type of relation, with the type of the other direction.
pub(crate) fn types() -> &'static BTreeSet<(&'static str, &'static str)> {
    static TYPES: LazyLock<BTreeSet<(&str, &str)>> = LazyLock::new(|| {
        let all = REFERENCES.iter().flat_map(|(_, references)| *references);
        all.flat_map(|known| {
            [
                (known.outgoing, known.incoming),
                (known.incoming, known.outgoing),
            ]
        })
        .collect()
    });
    &TYPES
}

/// Gives each entity its relations, by type and target and without duplicates.
///
/// Entities that are only referred to have an entry too, whether they exist or not.
pub fn by_entity(edges: impl IntoIterator<Item = Edge>) -> BTreeMap<EntityRef, Vec<Relation>> {
    let mut relations: BTreeMap<EntityRef, BTreeSet<Relation>> = BTreeMap::new();
    for edge in edges {
        let relation = Relation {
            relation_type: edge.relation_type.into(),
            target: edge.target,
        };
        relations.entry(edge.source).or_default().insert(relation);
    }
    relations
        .into_iter()
        .map(|(source, relations)| (source, relations.into_iter().collect()))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reference_gives_a_relation_at_both_ends() {
        let group = json!({
            "kind": "Group",
            "metadata": {"name": "Crew", "namespace": "house"},
            "spec": {"parent": "all", "children": [], "members": ["default/Tom", "default/tom"]},
        });

        let relations = by_entity(edges(&group).unwrap());

        let text = |relations: &[Relation]| {
            relations
                .iter()
                .map(|relation| format!("{} {}", relation.relation_type, relation.target))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            text(&relations["group:house/crew"]),
            ["childOf group:house/all", "hasMember user:default/tom"]
        );
        assert_eq!(
            text(&relations["group:house/all"]),
            ["parentOf group:house/crew"]
        );
        assert_eq!(
            text(&relations["user:default/tom"]),
            ["memberOf group:house/crew"]
        );
    }

    #[test]
    fn text_gives_the_same_relations_as_a_tree() {
        let spec =
            json!({"owner": "crew", "type": {"a": [1]}, "dependsOn": ["resource:db", 7], "x": "y"});
        for entity in [
            json!({"kind": "Component", "metadata": {"name": "a", "labels": {"b": "c"}}, "spec": spec}),
            json!({"kind": "Component", "metadata": {"name": "a", "namespace": "b"}, "spec": spec, "relations": []}),
            json!({"kind": "API", "metadata": {"name": "a", "namespace": null}, "spec": {"owner": null}}),
            json!({"kind": "Component", "metadata": {"name": "a"}, "spec": {"dependsOn": ["db"]}}),
            json!({"kind": "Component", "metadata": {"name": "a"}, "spec": "none"}),
            json!({"kind": 1, "metadata": [], "spec": spec}),
            json!(["no entity"]),
        ] {
            assert_eq!(edges_in(&entity.to_string()), edges(&entity), "{entity}");
        }
    }

    #[test]
    fn references_lead_to_kinds_that_stand_deeper() {
        for (kind, references) in REFERENCES {
            let reaches = references.iter().filter_map(|field| field.default_kind);
            for other in reaches.filter(|other| (kind, *other) != ("Group", "User")) {
                assert!(
                    depth(&kind.to_lowercase()) <= depth(&other.to_lowercase()),
                    "{kind} to {other}"
                );
            }
        }
        assert!(depth("component") < depth("resource"));
    }

    #[test]
    fn dependencies_must_name_their_kind() {
        let component =
            json!({"kind": "Component", "metadata": {"name": "a"}, "spec": {"dependsOn": ["db"]}});

        let error = edges(&component).unwrap_err();

        assert_eq!(error.field, "spec.dependsOn");
        assert!(
            error
                .to_string()
                .starts_with("Entity reference \"db\" had missing or empty kind")
        );
    }
}
