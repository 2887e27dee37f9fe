//! The numbers at the top of the home page.

use crate::home::views::kind;
use crate::ui::entity::Sight;
use crate::ui::{Texts, Tone};
use callboard_catalog::{Filter, Match, Query};
use std::collections::BTreeSet;

/// How many of the person's APIs are looked at for their consumers.
const LOOKED_AT: usize = 500;

/// A number with what it counts.
#[derive(Debug, Clone)]
pub(super) struct Stat {
    pub(super) label: String,
    pub(super) number: u64,
    pub(super) note: String,
    /// Where more is told; absent where that does not open for the person.
    pub(super) href: Option<String>,
    pub(super) tone: Tone,
}

impl Stat {
    fn new(t: &Texts, label: &str, number: u64, note: impl Into<String>, href: &str) -> Stat {
        Stat {
            label: t.say(label).to_string(),
            number,
            note: note.into(),
            href: Some(href.to_owned()),
            tone: Tone::Plain,
        }
    }

    /// The numbers of somebody who owns something; `mine` is what that is.
    pub(super) fn of_owner(sight: &Sight, mine: &Filter) -> Vec<Stat> {
        let t = &sight.t;
        let of_kind = |word: &str| Filter::all_of([mine.clone(), kind(word)]);
        let components = of_kind("component");
        let running = sight.count(in_production(components.clone()));
        vec![
            Stat::new(
                t,
                "home-components-owned",
                sight.count(components),
                t.say("home-in-production").with("n", running),
                "/catalog?filters[kind]=component&filters[user]=owned",
            ),
            Stat::new(
                t,
                "home-apis-provided",
                sight.count(of_kind("api")),
                t.say("home-consumers")
                    .with("n", consumers(sight, of_kind("api"))),
                "/api-docs?filters[user]=owned",
            ),
        ]
    }

    /// What of the person's needs a look: `count` entities, of which some have both faults.
    pub(super) fn warnings(t: &Texts, count: u64, errors: u64, orphans: u64) -> Stat {
        let note = match (errors, orphans) {
            (0, 0) => t.say("home-all-well"),
            (errors, 0) => t.say("home-errors").with("n", errors),
            (0, orphans) => t.say("home-orphans").with("n", orphans),
            (errors, orphans) => t
                .say("home-errors-and-orphans")
                .with("errors", errors)
                .with("orphans", orphans),
        };
        let href = match count {
            0 => "/catalog?filters[kind]=all&filters[user]=owned",
            _ => {
                "/catalog?filters[kind]=all&filters[user]=owned&filters[warnings][]=error\
                 &filters[warnings][]=orphan"
            }
        };
        Stat {
            tone: if count == 0 { Tone::Plain } else { Tone::If },
            ..Stat::new(t, "home-warnings", count, note, href)
        }
    }

    /// The numbers of the whole board.
    pub(super) fn of_board(sight: &Sight) -> Vec<Stat> {
        let t = &sight.t;
        let count = |word: &str| sight.count(kind(word));
        let running = sight.count(in_production(kind("component")));
        let types = sight.facet("spec.type", Some(&kind("api"))).len() as u64;
        let tile = |label: &str, word: &str, note: String| {
            Stat::new(
                t,
                label,
                count(word),
                note,
                &format!("/catalog?filters[kind]={word}"),
            )
        };
        let note = |text: &str, n: u64| t.say(text).with("n", n).to_string();
        vec![
            tile(
                "home-components",
                "component",
                note("home-in-production", running),
            ),
            tile("home-apis", "api", note("home-of-types", types)),
            tile(
                "home-systems",
                "system",
                note("home-in-domains", count("domain")),
            ),
            tile(
                "home-people",
                "user",
                note("home-in-groups", count("group")),
            ),
        ]
    }

    /// The roles that the person holds.
    pub(super) fn roles(t: &Texts, roles: &[String]) -> Stat {
        let note = match roles.is_empty() {
            true => t.say("home-ask-for-a-role").to_string(),
            false => roles.join(", "),
        };
        Stat::new(t, "home-roles", roles.len() as u64, note, "/settings")
    }
}

fn in_production(filter: Filter) -> Filter {
    let production = Match::one_of("spec.lifecycle", ["production"]).into();
    Filter::all_of([filter, production])
}

/// How many entities that the person may read consume some of these APIs.
fn consumers(sight: &Sight, apis: Filter) -> usize {
    let apis = sight.query(Query {
        filter: Some(apis),
        limit: Some(LOOKED_AT),
        ..Query::default()
    });
    let relations = apis.entities.iter().flat_map(|api| api.relations());
    let consumers = relations.filter(|found| found.relation_type == "apiConsumedBy");
    let seen = consumers.filter(|found| sight.knows(&found.target));
    seen.map(|found| found.target)
        .collect::<BTreeSet<_>>()
        .len()
}
