//! The home page: what is mine, and what may I do.

use crate::app::App;
use crate::auth::Viewer;
use crate::error::Error;
use crate::ui::entity::{
    AccessRow, CellValue, Column, EntityRow, Judge, Related, Sight, Verdict, has_problem,
};
use crate::ui::{Icon, Page, Place, Shell, Tone, Visit};
use askama::Template;
use axum::response::{IntoResponse, Response};
use callboard_catalog::{Entity, EntityRef, Filter, Match, OrderField, Query};
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How many entities the table shows.
const ROWS: usize = 8;
/// How many entities the other cards show.
const SIDE_ROWS: usize = 5;
/// How many of the person's entities are looked at for warnings and consumers.
const LOOKED_AT: usize = 500;
/// What the access card tells about.
const PERMISSIONS: [&str; 5] = [
    "catalog.entity.read",
    "catalog.entity.refresh",
    "catalog.entity.delete",
    "policy.entity.read",
    "policy.entity.update",
];

/// A number with what it counts.
#[derive(Debug, Clone)]
struct Stat {
    label: &'static str,
    number: u64,
    note: String,
    href: String,
    tone: Tone,
}

#[derive(Template)]
#[template(path = "home/templates/home_page.html")]
struct HomePage {
    shell: Shell,
    sub: String,
    stats: Vec<Stat>,
    heading: &'static str,
    total: u64,
    more: &'static str,
    columns: &'static [Column],
    rows: Vec<EntityRow>,
    roles: Vec<String>,
    access: Vec<AccessRow>,
    /// Somebody without entities of their own reads first what they may do.
    is_access_first: bool,
    systems: Vec<Related>,
}

/// Answers with the home page of `viewer`.
///
/// # Errors
///
/// What the catalog or the policy answers when it cannot be asked.
pub(super) fn home(app: &App, viewer: &Viewer, visit: Visit<'_>) -> Result<Response, Error> {
    let sight = Sight::of(app, &viewer.principal, visit.texts(app))?;
    let judge = Judge::new(app, &viewer.principal);
    let roles: Vec<_> = judge
        .roles()
        .iter()
        .map(|role| short_role(role).to_owned())
        .collect();
    let mine = mine(&viewer.user.ownership);
    let owned = sight.query(Query {
        filter: Some(mine.clone()),
        limit: Some(LOOKED_AT),
        ..Query::default()
    });
    let has_own = owned.total > 0;
    let troubled = owned
        .entities
        .iter()
        .filter(|entity| has_problem(entity))
        .count() as u64;
    let (heading, more, order, filter) = if has_own {
        let components = Filter::all_of([mine.clone(), kind("component")]);
        (
            "Owned by your groups",
            "/catalog?filters[user]=owned",
            OrderField::ascending("metadata.name"),
            components,
        )
    } else {
        let newest = OrderField::descending("metadata.annotations.backstage.io/createdat");
        ("Newest on the board", "/catalog", newest, kind("component"))
    };
    let columns: &[Column] = if has_own {
        &[Column::Lifecycle, Column::System, Column::Created]
    } else {
        &[Column::Lifecycle, Column::Owner, Column::Created]
    };
    let page = sight.query(Query {
        filter: Some(filter),
        order: vec![order],
        limit: Some(ROWS),
        ..Query::default()
    });
    let stats = if has_own {
        own_stats(&sight, &mine, &owned.entities, troubled)
    } else {
        board_stats(&sight)
    };
    let shell = Shell::of(app, viewer, visit, Place::top("Home"))?;
    Ok(Page(HomePage {
        shell,
        sub: sub(has_own, troubled),
        stats: stats.into_iter().chain([roles_stat(&roles)]).collect(),
        heading,
        total: page.total,
        more,
        columns,
        rows: page
            .entities
            .iter()
            .map(|entity| EntityRow::new(&sight, entity, columns))
            .collect(),
        roles,
        access: judge.rows_of(&sight.t, &PERMISSIONS),
        is_access_first: !has_own,
        systems: systems(&sight, has_own.then_some(mine)),
    })
    .into_response())
}

fn mine(ownership: &[SmolStr]) -> Filter {
    Match::one_of("relations.ownedby", ownership).into()
}

fn kind(kind: &str) -> Filter {
    Match::one_of("kind", [kind]).into()
}

fn sub(has_own: bool, troubled: u64) -> String {
    match (has_own, troubled) {
        (false, _) => "What the company runs, who looks after it, and what you may do.".to_owned(),
        (true, 0) => "Nothing of yours needs a look.".to_owned(),
        (true, 1) => "One thing of yours needs a look.".to_owned(),
        (true, more) => format!("{more} things of yours need a look."),
    }
}

/// The numbers of somebody who owns something.
fn own_stats(sight: &Sight, mine: &Filter, owned: &[Arc<Entity>], troubled: u64) -> Vec<Stat> {
    let of_kind = |word: &str| Filter::all_of([mine.clone(), kind(word)]);
    let in_production = Filter::all_of([
        of_kind("component"),
        Match::one_of("spec.lifecycle", ["production"]).into(),
    ]);
    let apis = owned
        .iter()
        .filter(|entity| entity.entity_ref().kind() == "api");
    let consumers: BTreeSet<_> = apis.flat_map(|api| consumers(api)).collect();
    vec![
        Stat {
            label: "Components you own",
            number: sight.count(of_kind("component")),
            note: format!("{} in production", sight.count(in_production)),
            href: "/catalog?filters[kind]=component&filters[user]=owned".to_owned(),
            tone: Tone::Plain,
        },
        Stat {
            label: "APIs you provide",
            number: sight.count(of_kind("api")),
            note: counted(consumers.len() as u64, "consumer", "consumers"),
            href: "/api-docs?filters[user]=owned".to_owned(),
            tone: Tone::Plain,
        },
        Stat {
            label: "Catalog warnings",
            number: troubled,
            note: if troubled == 0 {
                "all is well"
            } else {
                "errors and orphans"
            }
            .to_owned(),
            href: "/catalog?filters[user]=owned".to_owned(),
            tone: if troubled == 0 { Tone::Plain } else { Tone::If },
        },
    ]
}

/// The numbers of the whole board.
fn board_stats(sight: &Sight) -> Vec<Stat> {
    let stat = |label, word: &str, note: String| Stat {
        label,
        number: sight.count(kind(word)),
        note,
        href: format!("/catalog?filters[kind]={word}"),
        tone: Tone::Plain,
    };
    let in_production = Filter::all_of([
        kind("component"),
        Match::one_of("spec.lifecycle", ["production"]).into(),
    ]);
    let types = sight.facet("spec.type", Some(&kind("api"))).len() as u64;
    vec![
        stat(
            "Components",
            "component",
            format!("{} in production", sight.count(in_production)),
        ),
        stat(
            "APIs",
            "api",
            format!("of {}", counted(types, "type", "types")),
        ),
        stat(
            "Systems",
            "system",
            format!(
                "in {}",
                counted(sight.count(kind("domain")), "domain", "domains")
            ),
        ),
        stat(
            "People",
            "user",
            format!(
                "in {}",
                counted(sight.count(kind("group")), "group", "groups")
            ),
        ),
    ]
}

fn roles_stat(roles: &[String]) -> Stat {
    Stat {
        label: "Roles you hold",
        number: roles.len() as u64,
        note: if roles.is_empty() {
            "ask for one".to_owned()
        } else {
            roles.join(", ")
        },
        href: "/settings".to_owned(),
        tone: Tone::Plain,
    }
}

fn consumers(api: &Entity) -> impl Iterator<Item = EntityRef> + use<> {
    api.relations()
        .into_iter()
        .filter(|found| found.relation_type == "apiConsumedBy")
        .map(|found| found.target)
}

/// The systems of the person, or the first of the board.
fn systems(sight: &Sight, mine: Option<Filter>) -> Vec<Related> {
    let filter = Filter::all_of(mine.into_iter().chain([kind("system")]));
    let order = vec![OrderField::ascending("metadata.name")];
    let page = sight.query(Query {
        filter: Some(filter),
        order,
        limit: Some(SIDE_ROWS),
        ..Query::default()
    });
    page.entities
        .iter()
        .map(|entity| Related::new(sight, entity.entity_ref()))
        .collect()
}

/// The name of a role without what all of them begin with.
pub(crate) fn short_role(role: &str) -> &str {
    role.strip_prefix("role:default/").unwrap_or(role)
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// What the badge of an action says.
fn badge(row: &AccessRow) -> String {
    match row.verdict {
        Verdict::Depends => format!("{}, {}", row.action, row.reason),
        Verdict::Allowed | Verdict::AllowedAsOwner | Verdict::AllowedHere | Verdict::Denied => {
            row.action.clone()
        }
    }
}
