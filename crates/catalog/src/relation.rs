//! Relations: what an entity says about others, and what that says about it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use callboard_policy::{DEFAULT_NAMESPACE, EntityRef, EntityRefError};
use serde_json::Value;

use crate::entity::Relation;

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
    let text = |value: &'_ Value| value.as_str().map(str::to_owned);
    let kind = text(&entity["kind"]).unwrap_or_default();
    let metadata = &entity["metadata"];
    let namespace = text(&metadata["namespace"]).unwrap_or_else(|| DEFAULT_NAMESPACE.to_owned());
    let source = EntityRef::new(
        &kind,
        &namespace,
        metadata["name"].as_str().unwrap_or_default(),
    );

    let mut edges = Vec::new();
    let references = REFERENCES
        .iter()
        .find(|(known, _)| *known == kind)
        .map_or(&[][..], |(_, references)| *references);
    for reference in references {
        let targets: Vec<&str> = match &entity["spec"][reference.field] {
            Value::String(target) => vec![target],
            Value::Array(targets) => targets.iter().filter_map(Value::as_str).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
        };
        for target in targets {
            let target = EntityRef::parse_with(target, reference.default_kind, &namespace)
                .map_err(|problem| ReferenceError {
                    field: format!("spec.{}", reference.field),
                    problem,
                })?;
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
