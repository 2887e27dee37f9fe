//! The columns of a list, which depend on the kind.

use crate::ui::entity::{ALL_KINDS, RefLink, Sight};
use crate::ui::{self, Lifecycle};
use callboard_catalog::{Entity, Relation};
use serde_json::Value;

/// A column after the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The system that the entity is part of.
    System,
    /// The domain that the system is part of.
    Domain,
    /// The owner.
    Owner,
    /// `spec.type`.
    Type,
    /// `spec.lifecycle`.
    Lifecycle,
    /// `metadata.tags`.
    Tags,
    /// The day of the annotation `backstage.io/createdAt`.
    Created,
    /// The e-mail address of a person.
    Email,
    /// The groups of a person.
    Groups,
    /// The group above a group.
    Parent,
    /// How many people are in a group.
    Members,
    /// Where a location points.
    Target,
    /// How many entities consume an API.
    Consumers,
    /// The kind, in a list of several.
    Kind,
}

impl Column {
    /// The columns of a kind.
    pub fn of(kind: &str) -> &'static [Column] {
        use Column::{
            Consumers, Created, Domain, Email, Groups, Kind, Lifecycle, Members, Owner, Parent,
            System, Tags, Target, Type,
        };
        match kind {
            ALL_KINDS => &[Kind, Owner, Type, Tags, Created],
            "component" => &[System, Owner, Type, Lifecycle, Tags, Created],
            "api" => &[System, Owner, Type, Lifecycle, Consumers],
            "resource" => &[System, Owner, Type, Tags, Created],
            "system" => &[Domain, Owner, Tags, Created],
            "template" => &[Owner, Type, Tags, Created],
            "group" => &[Type, Parent, Members],
            "user" => &[Email, Groups],
            "location" => &[Type, Target],
            _ => &[Owner, Type, Tags, Created],
        }
    }

    /// The name of the text that is its heading.
    pub fn label(self) -> &'static str {
        match self {
            Column::System => "entity-column-system",
            Column::Domain => "entity-column-domain",
            Column::Owner => "entity-column-owner",
            Column::Type => "entity-column-type",
            Column::Lifecycle => "entity-column-lifecycle",
            Column::Tags => "entity-column-tags",
            Column::Created => "entity-column-created",
            Column::Email => "entity-column-email",
            Column::Groups => "entity-column-groups",
            Column::Parent => "entity-column-parent",
            Column::Members => "entity-column-members",
            Column::Target => "entity-column-target",
            Column::Consumers => "entity-column-consumers",
            Column::Kind => "entity-column-kind",
        }
    }

    /// The key by which its heading sorts; absent where no order makes sense.
    pub fn sort_key(self) -> Option<&'static str> {
        match self {
            Column::System => Some("spec.system"),
            Column::Domain => Some("spec.domain"),
            Column::Owner => Some("relations.ownedby"),
            Column::Type => Some("spec.type"),
            Column::Lifecycle => Some("spec.lifecycle"),
            Column::Created => Some("metadata.annotations.backstage.io/createdat"),
            Column::Email => Some("spec.profile.email"),
            Column::Parent => Some("relations.childof"),
            Column::Target => Some("spec.target"),
            Column::Kind => Some("kind"),
            Column::Tags | Column::Groups | Column::Members | Column::Consumers => None,
        }
    }

    /// Whether it goes when the table gets narrow.
    pub fn is_optional(self) -> bool {
        matches!(self, Column::Type | Column::Tags | Column::Created)
    }

    /// The name of the word before the value when rows fold; the owner and the like need none.
    pub fn fold_label(self) -> Option<&'static str> {
        match self {
            Column::System
            | Column::Domain
            | Column::Groups
            | Column::Parent
            | Column::Members
            | Column::Consumers => Some(self.label()),
            Column::Owner
            | Column::Type
            | Column::Lifecycle
            | Column::Tags
            | Column::Created
            | Column::Email
            | Column::Target
            | Column::Kind => None,
        }
    }

    /// Its cell for `entity`, whose JSON is `value`.
    pub fn cell(self, sight: &Sight, entity: &Entity, value: &Value) -> CellValue {
        let related = |relation: &str| targets_of(sight, entity, relation);
        match self {
            Column::System => CellValue::Links(targets_of_kind(sight, entity, "partOf", "system")),
            Column::Domain => CellValue::Links(targets_of_kind(sight, entity, "partOf", "domain")),
            Column::Owner => CellValue::Who(related("ownedBy")),
            Column::Groups => CellValue::Who(related("memberOf")),
            Column::Parent => CellValue::Who(related("childOf")),
            Column::Members => count(sight, entity, "hasMember"),
            Column::Consumers => count(sight, entity, "apiConsumedBy"),
            Column::Kind => CellValue::Text(entity.kind().to_owned()),
            Column::Type => text(value.pointer("/spec/type")),
            Column::Email => text(value.pointer("/spec/profile/email")),
            Column::Target => text(
                value
                    .pointer("/spec/target")
                    .or_else(|| value.pointer("/spec/targets/0")),
            ),
            Column::Lifecycle => match value.pointer("/spec/lifecycle").and_then(Value::as_str) {
                Some(word) => CellValue::Lifecycle(Lifecycle::new(word)),
                None => CellValue::Nothing,
            },
            Column::Tags => CellValue::Tags(tags(value)),
            Column::Created => match entity
                .annotation("backstage.io/createdAt")
                .and_then(|text| ui::day(&sight.t, &text))
            {
                Some(day) => CellValue::Day(day),
                None => CellValue::Nothing,
            },
        }
    }
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellValue {
    /// Nothing to say.
    Nothing,
    /// A word.
    Text(String),
    /// Other entities, by name.
    Links(Vec<RefLink>),
    /// People and groups, with their initials.
    Who(Vec<RefLink>),
    /// A lifecycle with its dot.
    Lifecycle(Lifecycle),
    /// Tags.
    Tags(Vec<String>),
    /// A day.
    Day(String),
}

/// A cell with what folding needs to know.
#[derive(Debug, Clone)]
pub struct Cell {
    /// What stands in it.
    pub value: CellValue,
    /// Whether it goes when the table gets narrow.
    pub is_optional: bool,
    /// The word before the value when rows fold.
    pub fold_label: Option<String>,
}

/// The tags of an entity.
pub fn tags(value: &Value) -> Vec<String> {
    let tags = value.pointer("/metadata/tags").and_then(Value::as_array);
    tags.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// The entities at the other end of one type of relation, as far as the person may know of them.
pub fn targets_of(sight: &Sight, entity: &Entity, relation: &str) -> Vec<RefLink> {
    mentions(sight, entity, |found| found.relation_type == relation)
}

/// Those of them that are of one kind.
pub fn targets_of_kind(sight: &Sight, entity: &Entity, relation: &str, kind: &str) -> Vec<RefLink> {
    mentions(sight, entity, |found| {
        found.relation_type == relation && found.target.kind() == kind
    })
}

fn mentions(sight: &Sight, entity: &Entity, of: impl Fn(&Relation) -> bool) -> Vec<RefLink> {
    let relations = entity.relations().into_iter().filter(of);
    relations
        .filter(|found| sight.knows(&found.target))
        .map(|found| RefLink::new(sight, &found.target))
        .collect()
}

/// How many entities are at the other end, as far as the person may know of them.
fn count(sight: &Sight, entity: &Entity, relation: &str) -> CellValue {
    let relations = entity.relations().into_iter();
    let known =
        relations.filter(|found| found.relation_type == relation && sight.knows(&found.target));
    CellValue::Text(known.count().to_string())
}

fn text(value: Option<&Value>) -> CellValue {
    match value.and_then(Value::as_str) {
        Some(text) => CellValue::Text(text.to_owned()),
        None => CellValue::Nothing,
    }
}
