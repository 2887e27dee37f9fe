//! The home page: what is mine, and what may I do.

use crate::catalog::{Offers, orphans};
use crate::error::Error;
use crate::home::stat::Stat;
use crate::personal::Keeper;
use crate::ui::entity::{
    AccessRow, CellValue, Column, EntityRow, Judge, RefLink, Related, Sight, Verdict,
};
use crate::ui::{Icon, Moment, Page, PageRequest, Place, Shell, Tone};
use askama::Template;
use axum::response::{IntoResponse, Response};
use callboard_catalog::{EntityRef, Filter, Match, OrderField, Query};
use jiff::Timestamp;
use smol_str::SmolStr;

/// How many entities the table shows.
const ROWS: usize = 8;
/// How many entities the other cards show.
const SIDE_ROWS: usize = 5;
/// What the access card tells about.
const PERMISSIONS: [&str; 5] = [
    "catalog.entity.read",
    "catalog.entity.refresh",
    "catalog.entity.delete",
    "policy.entity.read",
    "policy.entity.update",
];
/// What was created last comes first.
const CREATED: &str = "metadata.annotations.backstage.io/createdat";

#[derive(Template)]
#[template(path = "home/templates/home_page.html")]
struct HomePage {
    shell: Shell,
    sub: String,
    offers: Offers,
    stats: Vec<Stat>,
    /// The name of the text above the table.
    heading: &'static str,
    total: u64,
    /// The list in the catalog; absent for whoever may not open that.
    more: Option<&'static str>,
    columns: &'static [Column],
    rows: Vec<EntityRow>,
    starred: Starred,
    recent: Vec<Recent>,
    /// Whoever owns nothing sees what the board has.
    board: Option<Board>,
    roles: Vec<String>,
    access: Vec<AccessRow>,
    /// Where one asks what one may do; absent while everybody may do everything.
    tester: Option<&'static str>,
    /// A guest reads first what guests may do.
    is_access_first: bool,
}

/// What the person starred.
struct Starred {
    rows: Vec<Related>,
    /// How many there are altogether.
    total: usize,
}

/// An entity that the person opened.
struct Recent {
    link: RefLink,
    kind: String,
    opened: Moment,
}

/// What others care for.
struct Board {
    most_starred: Vec<Popular>,
    templates: Vec<Related>,
}

/// An entity with how many people starred it.
struct Popular {
    row: Related,
    stars: u32,
}

/// Answers with the home page of whoever asked.
///
/// # Errors
///
/// What the catalog or the policy answers when it cannot be asked.
pub(super) fn home(asked: &PageRequest) -> Result<Response, Error> {
    let (app, viewer) = (&asked.app, &asked.viewer);
    let sight = Sight::of(app, &viewer.principal, asked.texts())?;
    let t = &sight.t;
    let judge = Judge::new(app, &viewer.principal);
    let roles: Vec<_> = judge
        .roles()
        .iter()
        .map(|role| short_role(role).to_owned())
        .collect();
    let mine = mine(&viewer.user.ownership);
    let has_own = sight.count(mine.clone()) > 0;
    let failed = sight.among(app.catalog().failed().iter().map(EntityRef::as_str));
    let errors = sight.count(Filter::all_of([mine.clone(), failed.clone()]));
    let orphaned = sight.count(Filter::all_of([mine.clone(), orphans()]));
    let either = Filter::any_of([failed, orphans()]);
    let troubled = sight.count(Filter::all_of([mine.clone(), either]));

    let (order, filter, columns): (_, _, &[Column]) = if has_own {
        let order = OrderField::ascending("metadata.name");
        let components = Filter::all_of([mine.clone(), kind("component")]);
        let columns = &[Column::Lifecycle, Column::System, Column::Created];
        (order, components, columns)
    } else {
        let columns = &[Column::Lifecycle, Column::Owner, Column::Created];
        (OrderField::descending(CREATED), kind("component"), columns)
    };
    let page = sight.query(Query {
        filter: Some(filter),
        order: vec![order],
        limit: Some(ROWS),
        ..Query::default()
    });
    let row = |entity: &_| EntityRow::new(&sight, entity, columns);
    let mut stats = if has_own {
        let warnings = Stat::warnings(t, troubled, errors, orphaned);
        Stat::of_owner(&sight, &mine)
            .into_iter()
            .chain([warnings])
            .collect()
    } else {
        Stat::of_board(&sight)
    };
    let shell = asked.shell(Place::top(t.say("nav-home")))?;
    let opens_catalog = shell.leads_to("/catalog");
    if !opens_catalog {
        stats.iter_mut().for_each(|stat| stat.href = None);
    }
    stats.push(Stat::roles(t, &roles));
    let keeper = Keeper::of(viewer);
    Ok(Page(HomePage {
        sub: match has_own {
            true => t.say("home-sub").with("n", troubled).to_string(),
            false => t.say("home-sub-board").to_string(),
        },
        offers: Offers::of(app, &viewer.principal),
        stats,
        heading: if has_own { "home-owned" } else { "home-newest" },
        total: page.total,
        more: opens_catalog.then_some(match has_own {
            true => "/catalog?filters[user]=owned",
            false => "/catalog",
        }),
        columns,
        rows: page.entities.iter().map(|entity| row(entity)).collect(),
        starred: Starred::of(asked, &sight, &keeper),
        recent: recent(asked, &sight, &keeper),
        board: (!has_own).then(|| Board::of(asked, &sight)),
        roles,
        access: judge.rows_of(t, &PERMISSIONS),
        tester: app.has_administration().then_some("/rbac/test"),
        is_access_first: matches!(keeper, Keeper::Guest(_)),
        shell,
    })
    .into_response())
}

impl Starred {
    fn of(asked: &PageRequest, sight: &Sight, keeper: &Keeper) -> Starred {
        let stars = asked.app.stars().of(keeper);
        let refs = stars
            .iter()
            .filter_map(|star| known(sight, &star.entity_ref));
        let refs: Vec<_> = refs.collect();
        Starred {
            rows: refs
                .iter()
                .take(SIDE_ROWS)
                .map(|entity_ref| Related::new(sight, entity_ref))
                .collect(),
            total: refs.len(),
        }
    }
}

impl Board {
    fn of(asked: &PageRequest, sight: &Sight) -> Board {
        let starred = asked.app.stars().most_starred().into_iter();
        let popular = starred.filter_map(|(entity_ref, stars)| {
            let entity_ref = known(sight, &entity_ref)?;
            let row = Related::new(sight, &entity_ref);
            Some(Popular { row, stars })
        });
        let templates = sight.query(Query {
            filter: Some(kind("template")),
            order: vec![OrderField::descending(CREATED)],
            limit: Some(SIDE_ROWS),
            ..Query::default()
        });
        let templates = templates.entities.iter();
        Board {
            most_starred: popular.take(SIDE_ROWS).collect(),
            templates: templates
                .map(|entity| Related::new(sight, entity.entity_ref()))
                .collect(),
        }
    }
}

fn recent(asked: &PageRequest, sight: &Sight, keeper: &Keeper) -> Vec<Recent> {
    let now = asked.app.core().clock.now();
    let visits = asked.app.visits().of(keeper).into_iter();
    let recent = visits.filter_map(|visit| {
        let entity_ref = known(sight, &visit.entity_ref)?;
        let opened_at = Timestamp::from_millisecond(visit.opened_at).ok()?;
        Some(Recent {
            link: RefLink::new(sight, &entity_ref),
            kind: entity_ref.kind().to_owned(),
            opened: Moment::new(&sight.t, opened_at, now),
        })
    });
    recent.take(SIDE_ROWS).collect()
}

/// The reference of an entity that is there and that the person may read.
fn known(sight: &Sight, entity_ref: &str) -> Option<EntityRef> {
    let entity_ref = EntityRef::parse(entity_ref).ok()?;
    sight.find(&entity_ref).is_some().then_some(entity_ref)
}

fn mine(ownership: &[SmolStr]) -> Filter {
    Match::one_of("relations.ownedby", ownership).into()
}

/// The entities of one kind.
pub(super) fn kind(kind: &str) -> Filter {
    Match::one_of("kind", [kind]).into()
}

/// The name of a role without what all of them begin with.
pub(crate) fn short_role(role: &str) -> &str {
    role.strip_prefix("role:default/").unwrap_or(role)
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
