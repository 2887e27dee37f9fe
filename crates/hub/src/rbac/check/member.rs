//! Members against the catalog.

use super::suggest;
use crate::finding::Finding;
use crate::rbac::source::Sources;
use callboard_catalog::CatalogSnapshot;
use callboard_policy::lint::Place;
use callboard_policy::{GroupGraph, Lint, RowKind, nearest_reference, reference};
use std::collections::BTreeSet;

/// How many unknown members are compared with every name of the catalog.
const SUGGESTIONS: usize = 50;

/// Warnings for members that the catalog does not know.
///
/// A group counts as known when an entity names it. A catalog without users and groups says
/// nothing; that is one note.
pub(super) fn unknown(
    sources: &Sources,
    text: &str,
    catalog: &CatalogSnapshot,
    groups: &GroupGraph,
) -> Vec<Finding> {
    let Some(content) = sources.policies() else {
        return Vec::new();
    };
    let known = known(catalog, groups);
    if known.is_empty() {
        let text = "the catalog has no users and groups, so members are not compared with it";
        return vec![Finding::warning(text).found_by(Lint::CheckIncomplete)];
    }
    let rows = content.held.rows.iter();
    let unknown = rows
        .filter(|row| row.kind == RowKind::Membership)
        .filter(|row| {
            let member = row.fields.first().map_or("", |member| member.as_str());
            row.fields.len() == 2
                && reference::check(member, reference::Usage::Owner).is_ok()
                && !known.contains(member)
        });
    unknown
        .enumerate()
        .map(|(at, row)| {
            let member = row.fields[0].as_str();
            let alike = known.iter().map(String::as_str);
            let near = (at < SUGGESTIONS).then(|| nearest_reference(member, alike));
            let place = Place::of_field(text, row, 1);
            let finding = Finding {
                column: place.column,
                ..Finding::warning(format!("the catalog does not know `{member}`"))
            };
            suggest(
                finding
                    .at(&content.path, place.line)
                    .found_by(Lint::MemberUnknown),
                near.flatten().as_deref(),
            )
        })
        .collect()
}

/// Every user and group that the catalog has or names.
fn known(catalog: &CatalogSnapshot, groups: &GroupGraph) -> BTreeSet<String> {
    let entities = catalog.entities().map(|entity| entity.entity_ref());
    let own = entities.filter(|entity| matches!(entity.kind(), "user" | "group"));
    let named = groups
        .users()
        .flat_map(|(user, groups)| groups.iter().chain([user]));
    own.chain(named)
        .map(|entity| entity.as_str().to_owned())
        .collect()
}
