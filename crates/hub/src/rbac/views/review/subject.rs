//! Whom or what a review is of: roles, people or groups that the reader may see.

use super::query::ReviewQuery;
use crate::app::App;
use crate::rbac::owner::Visible;
use crate::rbac::review::By;
use crate::ui::Avatar;
use crate::ui::entity::{RefLink, Sight};
use callboard_catalog::{Filter, FullText, Match, OrderField, Query};
use callboard_policy::EntityRef;
use smol_str::SmolStr;

/// Somebody, or a role.
#[derive(Clone)]
pub(super) struct Subject {
    pub(super) reference: SmolStr,
    pub(super) label: String,
    pub(super) avatar: Option<Avatar>,
}

/// All that the query selects, in order.
pub(super) fn subjects(
    app: &App,
    sight: &Sight,
    visible: &Visible,
    query: &ReviewQuery,
) -> Vec<Subject> {
    match query.by {
        By::Role => roles(app, visible, query),
        By::Person => entities(sight, "user", query),
        By::Group => entities(sight, "group", query),
    }
}

fn roles(app: &App, visible: &Visible, query: &ReviewQuery) -> Vec<Subject> {
    let state = app.rbac().state();
    let text = query.text.to_lowercase();
    let mut roles: Vec<_> = state
        .roles
        .iter()
        .filter(|(_, metadata)| visible.includes(metadata))
        .filter(|(role, _)| query.who.is_empty() || **role == query.who)
        .filter(|(role, _)| role.to_lowercase().contains(&text))
        .filter(|(_, metadata)| query.source.is_empty() || metadata.source.as_str() == query.source)
        .map(|(role, _)| Subject {
            reference: role.clone(),
            label: role
                .strip_prefix("role:default/")
                .unwrap_or(role)
                .to_owned(),
            avatar: None,
        })
        .collect();
    roles.sort_unstable_by(|one, other| one.reference.cmp(&other.reference));
    roles
}

fn entities(sight: &Sight, kind: &str, query: &ReviewQuery) -> Vec<Subject> {
    if !query.who.is_empty() {
        let one = EntityRef::parse(&query.who).ok();
        let one = one.filter(|one| one.kind() == kind);
        let one = one.and_then(|one| sight.find(&one).map(RefLink::to));
        return one.into_iter().map(Subject::from).collect();
    }
    let mut filters = vec![Match::one_of("kind", [kind])];
    if !query.group.is_empty() {
        let group = EntityRef::parse_with(&query.group, Some("group"), "default");
        // What is no reference is no group that somebody is in.
        let group = group.map_or_else(|_| query.group.clone(), |group| group.to_string());
        let key = match query.by {
            By::Group => "relations.childof",
            By::Person | By::Role => "relations.memberof",
        };
        filters.push(Match::one_of(key, [group]));
    }
    let fields = [
        "metadata.name",
        "metadata.title",
        "spec.profile.displayname",
    ];
    let page = sight.query(Query {
        filter: Some(Filter::all_of(filters.into_iter().map(Filter::from))),
        full_text: (!query.text.is_empty()).then(|| FullText {
            term: query.text.clone(),
            fields: fields.map(str::to_owned).to_vec(),
        }),
        order: vec![OrderField::ascending("metadata.name")],
        ..Query::default()
    });
    let subjects = page.entities.iter().map(|entity| RefLink::to(entity));
    subjects.map(Subject::from).collect()
}

impl From<RefLink> for Subject {
    fn from(link: RefLink) -> Subject {
        Subject {
            reference: link.entity_ref.into(),
            label: link.label,
            avatar: link.avatar,
        }
    }
}
