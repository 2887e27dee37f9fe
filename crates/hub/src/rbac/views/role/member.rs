//! The users and groups of a role, in pages, with a search.

use crate::rbac::roster::{Roster, is_user};
use crate::rbac::state::RoleMetadata;
use crate::rbac::views::sight::RoleSight;
use crate::rbac::views::{address, words};
use crate::ui::PageLink;
use crate::ui::entity::{RefLink, Sight};
use callboard_catalog::{EntityRef, Filter, FullText, Match, Query};
use smol_str::SmolStr;
use std::collections::HashSet;

/// How many members a page shows.
const ROWS: usize = 10;

/// Where names for people stand.
const NAMES: [&str; 2] = ["spec.profile.displayname", "metadata.title"];

/// How often groups are looked for below those that were found.
const MAX_DEPTH: usize = 32;

/// Which members are shown; all of it is in the address.
#[derive(Debug, Clone, Default)]
pub(super) struct MemberQuery {
    pub(super) text: String,
    page: usize,
}

impl MemberQuery {
    pub(super) fn parse(query: &str) -> MemberQuery {
        let mut found = MemberQuery::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "members[text]" => value.trim().clone_into(&mut found.text),
                "members[page]" => found.page = value.parse().unwrap_or_default(),
                _ => {}
            }
        }
        found
    }

    fn href(&self, overview: &str, page: usize) -> String {
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        if !self.text.is_empty() {
            pairs.append_pair("members[text]", &self.text);
        }
        if page > 1 {
            pairs.append_pair("members[page]", &page.to_string());
        }
        match pairs.finish() {
            query if query.is_empty() => overview.to_owned(),
            query => format!("{overview}?{query}"),
        }
    }
}

/// One page of the members.
pub(super) struct Members {
    /// Such as `1 group, 2 users`.
    pub(super) summary: String,
    /// Whether everybody is a member, so that nobody is named.
    pub(super) is_everybody: bool,
    pub(super) query: MemberQuery,
    pub(super) rows: Vec<MemberRow>,
    /// How many there are, and how many of them the search leaves.
    pub(super) of_all: usize,
    pub(super) total: usize,
    pub(super) first_row: usize,
    pub(super) here: String,
    /// To the pages before and after; none when all are shown.
    pub(super) links: Vec<PageLink>,
    /// How many people hold the role through it, as far as the reader may know of them.
    pub(super) reach: usize,
}

/// A member.
pub(super) struct MemberRow {
    pub(super) link: RefLink,
    pub(super) is_user: bool,
    /// How many members a group has that the reader may know of.
    pub(super) members: usize,
}

impl Members {
    pub(super) fn of(
        sight: &Sight,
        roles: &RoleSight,
        role: &str,
        metadata: &RoleMetadata,
        query: MemberQuery,
    ) -> Members {
        let counts = roles.roster.counts(role);
        let overview = address::overview(role);
        let text = query.text.to_lowercase();
        let named = named(sight, &query.text);
        let all = || roles.roster.members(role).map(|(row, _)| &row.member);
        let found: Vec<&SmolStr> = all()
            .filter(|member| {
                text.is_empty() || member.contains(&text) || named.contains(member.as_str())
            })
            .collect();
        let pages = found.len().div_ceil(ROWS).max(1);
        let at = query.page.clamp(1, pages);
        let skipped = (at - 1) * ROWS;
        let shown = found.iter().skip(skipped).take(ROWS);
        let to = |mark, label, page: usize, is_there: bool| PageLink {
            mark,
            label: sight.t.say(label).to_string(),
            href: is_there.then(|| query.href(&overview, page)),
        };
        Members {
            summary: words::members(&sight.t, metadata, counts),
            is_everybody: metadata.is_default,
            rows: shown.map(|member| MemberRow::of(sight, member)).collect(),
            of_all: counts.groups + counts.users,
            total: found.len(),
            first_row: skipped + 1,
            here: query.href(&overview, at),
            links: if pages > 1 {
                vec![
                    to("‹", "rbac-previous-page", at - 1, at > 1),
                    to("›", "rbac-next-page", at + 1, at < pages),
                ]
            } else {
                Vec::new()
            },
            reach: reach(sight, &roles.roster, role),
            query,
        }
    }

    pub(super) fn last_row(&self) -> usize {
        self.first_row + self.rows.len() - 1
    }

    /// Whether there are more than can be looked over.
    pub(super) fn is_searchable(&self) -> bool {
        self.of_all > ROWS
    }
}

impl MemberRow {
    fn of(sight: &Sight, member: &str) -> MemberRow {
        let entity_ref = EntityRef::parse(member);
        let members = entity_ref.as_ref().ok().and_then(|group| sight.find(group));
        let members = members.map_or(0, |group| {
            let relations = group.relations().into_iter();
            let members = relations.filter(|found| found.relation_type == "hasMember");
            members
                .filter(|found| sight.find(&found.target).is_some())
                .count()
        });
        MemberRow {
            link: match &entity_ref {
                Ok(entity_ref) => RefLink::new(sight, entity_ref),
                // What was stored before references were checked is shown as it is.
                Err(_) => RefLink {
                    label: member.to_owned(),
                    href: None,
                    entity_ref: member.to_owned(),
                    tile: crate::ui::Look::of("group", None).tile,
                    avatar: None,
                },
            },
            is_user: is_user(member),
            members,
        }
    }
}

/// The users and groups whose names for people hold `text`, as far as the reader may see them.
fn named(sight: &Sight, text: &str) -> HashSet<SmolStr> {
    if text.is_empty() {
        return HashSet::new();
    }
    let found = sight.query(Query {
        filter: Some(Match::one_of("kind", ["user", "group"]).into()),
        full_text: Some(FullText {
            term: text.to_owned(),
            fields: NAMES.map(str::to_owned).to_vec(),
        }),
        ..Query::default()
    });
    let found = found.entities.iter();
    found
        .map(|entity| entity.entity_ref().as_smol_str().clone())
        .collect()
}

/// How many people are members, by name or through groups at any depth, as far as the reader may
/// know of them.
fn reach(sight: &Sight, roster: &Roster, role: &str) -> usize {
    let named = roster.counts(role).users;
    // Groups stand before users.
    let groups = roster.members(role).map(|(row, _)| &row.member);
    let groups: HashSet<SmolStr> = groups
        .take_while(|member| !is_user(member))
        .cloned()
        .collect();
    if groups.is_empty() {
        return named;
    }
    let below = |key: &str, kind: &str, parents: &HashSet<SmolStr>| {
        let is_below = Filter::from(Match::one_of(key, parents));
        let kind = Filter::from(Match::one_of("kind", [kind]));
        let found = sight.query(Query {
            filter: Some(Filter::all_of([kind, is_below])),
            ..Query::default()
        });
        found.entities.into_iter()
    };
    let mut all = groups.clone();
    let mut newest = groups;
    for _ in 0..MAX_DEPTH {
        let found = below("relations.childof", "group", &newest);
        let found = found.map(|group| group.entity_ref().as_smol_str().clone());
        newest = found.filter(|group| all.insert(group.clone())).collect();
        if newest.is_empty() {
            break;
        }
    }
    let through_groups = below("relations.memberof", "user", &all)
        .filter(|person| !roster.has_member(role, person.entity_ref().as_smol_str()));
    named + through_groups.count()
}
