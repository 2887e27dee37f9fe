//! Users and groups: finding them, and showing those that were chosen.

use super::suggestion::Choice;
use crate::ui::Marked;
use crate::ui::entity::{RefLink, Sight, title_of};
use callboard_catalog::{Criteria, Entity, EntityRef, Filter, FullText, Match, OrderField, Query};
use smol_str::SmolStr;
use std::sync::Arc;

/// How many are offered.
const MAX_FOUND: usize = 100;
/// How many of the chosen ones a page shows.
const ROWS: usize = 50;

/// A user or group that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// What it is called.
    pub(super) label: String,
    /// The same, with a mark on what was looked for.
    pub(super) marked: Marked,
    /// Its reference.
    pub(super) entity_ref: SmolStr,
    /// Whether it is a group.
    pub(super) is_group: bool,
    /// What it consists of.
    pub(super) size: Option<Size>,
}

/// What a group consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    /// Users in it.
    pub(super) members: u64,
    /// Groups above it.
    pub(super) parents: usize,
    /// Groups below it.
    pub(super) children: u64,
}

/// A user or group that was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chosen {
    /// Its mention.
    pub(super) link: RefLink,
    /// Its reference as it is stored.
    pub(super) entity_ref: SmolStr,
    /// Whether it is a group.
    pub(super) is_group: bool,
    /// Users in a group; absent for a user, and where there is no such entity to be seen.
    pub(super) members: Option<u64>,
}

/// How many of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Summary {
    pub(super) groups: usize,
    pub(super) users: usize,
}

impl Summary {
    /// Counts by the kind in the reference; what is no user counts as a group.
    pub(super) fn of(members: &[SmolStr]) -> Summary {
        let users = members.iter().filter(|one| one.starts_with("user:"));
        let users = users.count();
        Summary {
            groups: members.len() - users,
            users,
        }
    }
}

/// The users and groups whose name has `text` in it, as far as the person may read them.
pub(super) fn find(sight: &Sight, text: &str) -> Vec<Found> {
    let entities = named(sight, &["user", "group"], text, MAX_FOUND);
    let found = |entity| Found::of(sight, entity, text.trim());
    entities.iter().map(found).collect()
}

fn named(sight: &Sight, kinds: &[&'static str], text: &str, limit: usize) -> Vec<Arc<Entity>> {
    // The two characters that mean something in a pattern are nobody's name.
    let text = text.replace(['%', '_'], " ");
    let text = text.trim();
    if text.is_empty() {
        return Vec::new();
    }
    let page = sight.query(Query {
        filter: Some(Match::one_of("kind", kinds.iter().copied()).into()),
        full_text: Some(FullText {
            term: text.to_owned(),
            fields: [
                "metadata.name",
                "metadata.title",
                "spec.profile.displayname",
            ]
            .map(str::to_owned)
            .to_vec(),
        }),
        order: vec![OrderField::ascending("metadata.name")],
        limit: Some(limit),
        ..Query::default()
    });
    page.entities
}

/// Users and groups, or one kind of them, as suggestions, `limit` at most; without a text the
/// groups come first.
pub(super) fn offered(
    sight: &Sight,
    kinds: &[&'static str],
    text: &str,
    limit: usize,
) -> Vec<Choice> {
    // A whole reference is found by its name.
    let term = text.rsplit(['/', ':']).next().unwrap_or_default();
    let entities = if term.trim().is_empty() {
        let page = sight.query(Query {
            filter: Some(Match::one_of("kind", kinds.iter().copied()).into()),
            order: vec![
                OrderField::ascending("kind"),
                OrderField::ascending("metadata.name"),
            ],
            limit: Some(limit),
            ..Query::default()
        });
        page.entities
    } else {
        named(sight, kinds, term, limit)
    };
    let choice = |entity: &Arc<Entity>| Choice {
        value: entity.entity_ref().to_string(),
        label: title_of(entity).into_owned(),
    };
    entities.iter().map(choice).collect()
}

impl Found {
    fn of(sight: &Sight, entity: &Arc<Entity>, text: &str) -> Found {
        let entity_ref = entity.entity_ref();
        let is_group = entity_ref.kind() == "group";
        let label = title_of(entity).into_owned();
        Found {
            marked: Marked::first(&label, text),
            label,
            entity_ref: entity_ref.as_smol_str().clone(),
            is_group,
            size: is_group.then(|| size(sight, entity)),
        }
    }
}

fn size(sight: &Sight, group: &Entity) -> Size {
    let entity_ref = group.entity_ref();
    let parents = group.relations().into_iter().filter(|relation| {
        relation.relation_type == "childOf" && sight.find(&relation.target).is_some()
    });
    Size {
        members: sight.count(members_of([entity_ref.as_str()])),
        parents: parents.count(),
        children: sight.count(children_of([entity_ref.as_str()])),
    }
}

/// The reference that somebody typed: a whole one, or the name of exactly one user or group.
pub(super) fn meant(sight: &Sight, text: &str) -> Option<SmolStr> {
    let text = text.trim();
    if let Ok(entity_ref) = EntityRef::parse(text)
        && matches!(entity_ref.kind(), "user" | "group")
        && sight.find(&entity_ref).is_some()
    {
        return Some(entity_ref.as_smol_str().clone());
    }
    let is_it = |found: &Found| {
        let name = found.entity_ref.rsplit_once('/').map(|(_, name)| name);
        found.label.eq_ignore_ascii_case(text)
            || name.is_some_and(|name| name.eq_ignore_ascii_case(text))
    };
    let mut named = find(sight, text).into_iter().filter(is_it);
    match (named.next(), named.next()) {
        (Some(only), None) => Some(only.entity_ref),
        (Some(_), Some(_)) | (None, _) => None,
    }
}

/// A page of those who were chosen.
#[derive(Debug)]
pub(super) struct ChosenPage {
    pub(super) rows: Vec<Chosen>,
    /// Which page it is, from 1.
    pub(super) page: usize,
    /// How many there are, one at least.
    pub(super) pages: usize,
    /// The place of its first row among all that pass the filter, from 1.
    pub(super) first: usize,
    /// How many pass the filter.
    pub(super) total: usize,
}

impl ChosenPage {
    /// The chosen ones whose reference or name has `text` in it, at a page or at the nearest one
    /// that is there.
    pub(super) fn of(sight: &Sight, members: &[SmolStr], text: &str, page: usize) -> ChosenPage {
        let text = text.trim().to_lowercase();
        let wanted: Vec<_> = members
            .iter()
            .filter(|member| text.is_empty() || is_called(sight, member, &text))
            .collect();
        let pages = wanted.len().div_ceil(ROWS).max(1);
        let page = page.clamp(1, pages);
        let skipped = (page - 1) * ROWS;
        let rows = wanted.iter().skip(skipped).take(ROWS);
        ChosenPage {
            rows: rows
                .filter_map(|member| Chosen::of(sight, member))
                .collect(),
            page,
            pages,
            first: skipped + 1,
            total: wanted.len(),
        }
    }

    /// The place of its last row.
    pub(super) fn last(&self) -> usize {
        (self.first + self.rows.len()).saturating_sub(1)
    }
}

/// The first of those who were chosen.
pub(super) fn first(sight: &Sight, members: &[SmolStr], limit: usize) -> Vec<Chosen> {
    let chosen = members.iter().take(limit);
    chosen
        .filter_map(|member| Chosen::of(sight, member))
        .collect()
}

/// Whether a member's reference or name has `text` in it, which is in lower case.
fn is_called(sight: &Sight, member: &str, text: &str) -> bool {
    let entity = || sight.find(&EntityRef::parse(member).ok()?);
    member.to_lowercase().contains(text)
        || entity().is_some_and(|entity| title_of(entity).to_lowercase().contains(text))
}

impl Chosen {
    fn of(sight: &Sight, member: &SmolStr) -> Option<Chosen> {
        let parsed = EntityRef::parse(member).ok()?;
        let is_group = parsed.kind() != "user";
        let is_counted = is_group && sight.find(&parsed).is_some();
        Some(Chosen {
            link: RefLink::new(sight, &parsed),
            entity_ref: member.clone(),
            is_group,
            members: is_counted.then(|| sight.count(members_of([parsed.as_str()]))),
        })
    }
}

/// Users with a membership in one of the groups.
pub(super) fn members_of<'a>(groups: impl IntoIterator<Item = &'a str>) -> Filter {
    related("user", "relations.memberof", groups)
}

/// Groups right below one of the groups.
pub(super) fn children_of<'a>(groups: impl IntoIterator<Item = &'a str>) -> Filter {
    related("group", "relations.childof", groups)
}

fn related<'a>(kind: &str, relation: &str, targets: impl IntoIterator<Item = &'a str>) -> Filter {
    Filter(Criteria::AllOf(vec![
        Criteria::Leaf(Match::one_of("kind", [kind])),
        Criteria::Leaf(Match::one_of(relation, targets)),
    ]))
}

#[cfg(test)]
mod tests {
    use super::super::reach::Reach;
    use super::*;
    use crate::auth::test::{ManualClock, hub};
    use crate::principal::{Principal, UserPrincipal};
    use crate::ui::Language;
    use serde_json::json;

    const PEOPLE: &str = "
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: stage}
spec: {type: team, children: [crew], profile: {displayName: On Stage}}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: crew}
spec: {type: team, children: []}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: tom}
spec: {memberOf: [crew], profile: {displayName: Tom Rigger}}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: eve}
spec: {memberOf: [stage]}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: tom-tom}
spec: {type: service, lifecycle: production, owner: crew}
";

    async fn sight() -> Sight {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("people.yaml");
        std::fs::write(&file, PEOPLE).unwrap();
        let locations = json!({"catalog": {
            "rules": [{"allow": ["User", "Group", "Component"]}],
            "locations": [{"type": "file", "target": file}],
        }});
        let hub = hub(&ManualClock::default(), locations).await;
        let user = UserPrincipal::new("user:default/tom".into(), Vec::new());
        let principal = Principal::User(Arc::new(user));
        let t = hub.app().dictionary().texts(Language::English);
        Sight::of(hub.app(), &principal, t).unwrap()
    }

    #[tokio::test]
    async fn users_and_groups_are_found_by_any_name() {
        let sight = sight().await;
        let refs = |text: &str| -> Vec<_> {
            let found = find(&sight, text).into_iter();
            found.map(|one| one.entity_ref.to_string()).collect()
        };

        assert_eq!(refs("RIGG"), ["user:default/tom"]);
        assert_eq!(refs("on st"), ["group:default/stage"]);
        assert_eq!(refs("tom"), ["user:default/tom"]);
        assert!(refs(" ").is_empty() && refs("%").is_empty());
        let stage = find(&sight, "stage").remove(0).size.unwrap();
        assert_eq!((stage.members, stage.parents, stage.children), (1, 0, 1));
    }

    #[tokio::test]
    async fn those_who_were_chosen_come_in_pages() {
        let sight = sight().await;
        let mut members: Vec<SmolStr> = (0..70)
            .map(|n| format!("user:default/gone-{n:02}").into())
            .collect();
        members.push("user:default/tom".into());
        let page = |text: &str, page| {
            let page = ChosenPage::of(&sight, &members, text, page);
            (page.page, page.pages, page.first, page.last(), page.total)
        };

        assert_eq!(page("", 1), (1, 2, 1, 50, 71));
        assert_eq!(page("", 9), (2, 2, 51, 71, 71));
        assert_eq!(page("gone-1", 2), (1, 1, 1, 10, 10));
        assert_eq!(page("RIGGER", 1), (1, 1, 1, 1, 1));
        assert_eq!(page("nobody", 1), (1, 1, 1, 0, 0));
        assert_eq!(first(&sight, &members, 3).len(), 3);
    }

    #[tokio::test]
    async fn groups_are_offered_before_anything_is_typed() {
        let sight = sight().await;
        let refs = |text: &str| -> Vec<_> {
            let offered = offered(&sight, &["user", "group"], text, 2).into_iter();
            offered.map(|one| one.value).collect()
        };

        assert_eq!(refs(""), ["group:default/crew", "group:default/stage"]);
        assert_eq!(refs("user:default/to"), ["user:default/tom"]);
    }

    #[tokio::test]
    async fn a_reference_or_the_only_name_is_meant() {
        let sight = sight().await;
        let meant = |text: &str| meant(&sight, text).unwrap_or_default();

        assert_eq!(meant("user:tom"), "user:default/tom");
        assert_eq!(meant("tom rigger"), "user:default/tom");
        assert_eq!(meant("eve"), "user:default/eve");
        assert_eq!(meant("component:tom-tom"), "");
        assert_eq!(meant("group:default/nobody"), "");
    }

    #[tokio::test]
    async fn a_group_reaches_everybody_below_it_once() {
        let sight = sight().await;
        let count = |members: &[&str], depth| {
            let members: Vec<_> = members.iter().copied().map(SmolStr::new).collect();
            Reach::of(&sight, &members, depth).count(&sight)
        };

        assert_eq!(count(&["group:default/stage"], None), 2);
        assert_eq!(count(&["group:default/stage"], Some(0)), 1);
        assert_eq!(count(&["group:default/stage", "user:default/tom"], None), 2);
        assert_eq!(count(&["user:default/gone"], None), 1);
        assert_eq!(count(&[], None), 0);
    }
}
