//! `/catalog`, and `/api-docs`: the same list, held to APIs.

use crate::catalog::Readable;
use crate::catalog::permissions::{ENTITY_DELETE, ENTITY_READ, ENTITY_REFRESH};
use crate::catalog::views::facet::{Filtered, PickList};
use crate::catalog::views::list_query::{LIMITS, ListQuery, Whose, order_parameter};
use crate::catalog::views::offer::Offers;
use crate::error::Error;
use crate::personal::Keeper;
use crate::ui::entity::{ALL_KINDS, CellValue, Column, EntityRow, Judge, KindWords, Offer, Sight};
use crate::ui::{Crumb, Icon, Page, PageRequest, Place, Shell, Texts, Wants};
use askama::Template;
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use callboard_catalog::{Cursor, Direction, Entity, EntityRef, Filter, Query};
use callboard_policy::Permission;
use smol_str::SmolStr;
use std::collections::HashSet;
use std::sync::Arc;

/// A list and everything around it that changes with it.
#[derive(Debug, Clone)]
struct List {
    /// The words of the page.
    t: Texts,
    /// The page, without parameters.
    path: &'static str,
    /// The state, for the form.
    query: ListQuery,
    /// The order as the form keeps it.
    order: Option<String>,
    words: KindWords,
    tabs: Vec<Tab>,
    picks: Vec<PickList>,
    headings: Vec<Heading>,
    rows: Vec<EntityRow>,
    /// Whether the person may have any of the rows read again.
    may_refresh: bool,
    /// How many entities pass the filters.
    total: u64,
    /// How many there are of the kind.
    of_kind: u64,
    /// The first and last row of the page, counted from 1.
    first: u64,
    last: u64,
    previous: Option<String>,
    next: Option<String>,
    clear: String,
}

/// A kind with how many of it the person may see.
#[derive(Debug, Clone)]
struct Tab {
    label: String,
    count: u64,
    href: String,
    is_current: bool,
}

/// The head of a column.
#[derive(Debug, Clone)]
struct Heading {
    /// The name of its text.
    label: &'static str,
    href: Option<String>,
    /// `ascending` or `descending`, on the one that orders the rows.
    sort: Option<&'static str>,
    is_optional: bool,
}

#[derive(Template)]
#[template(path = "catalog/templates/list_page.html")]
struct ListPage {
    shell: Shell,
    heading: String,
    /// The name of the text below it.
    sub: &'static str,
    offers: Offers,
    /// The name of the text on the button that registers.
    register: &'static str,
    list: List,
}

#[derive(Template)]
#[template(path = "catalog/templates/list.html")]
struct ListFragment {
    list: List,
}

/// `GET /catalog`.
///
/// For people who are signed in; `catalog.entity.read` decides what they see.
pub(super) async fn catalog(asked: PageRequest, wants: Wants) -> Result<Response, Error> {
    respond(&asked, wants, None)
}

/// `GET /api-docs`.
///
/// For people who are signed in; `catalog.entity.read` decides what they see.
pub(super) async fn apis(asked: PageRequest, wants: Wants) -> Result<Response, Error> {
    respond(&asked, wants, Some("api"))
}

/// Answers with a list; `fixed` is the kind that the page is held to.
fn respond(
    asked: &PageRequest,
    wants: Wants,
    fixed: Option<&'static str>,
) -> Result<Response, Error> {
    let (app, viewer) = (&asked.app, &asked.viewer);
    let sight = Sight::of(app, &viewer.principal, asked.texts())?;
    if sight.is_closed() {
        return Err(Error::NoEntry {
            permission: ENTITY_READ.name().into(),
        });
    }
    let mut query = ListQuery::parse(asked.visit().uri.query().unwrap_or_default());
    if fixed.is_some() {
        query.kind = None;
    }
    let list = List::of(asked, &sight, query, fixed)?;
    if wants == Wants::Fragment {
        let address = list.query.href(list.path);
        let mut response = Page(ListFragment { list }).into_response();
        if let Ok(address) = HeaderValue::from_str(&address) {
            response
                .headers_mut()
                .insert(HeaderName::from_static("hx-push-url"), address);
        }
        return Ok(response);
    }
    let t = &sight.t;
    let offers = Offers::of(app, &viewer.principal);
    Ok(Page(match fixed {
        Some(_) => ListPage {
            shell: asked.shell(Place::top(t.say("nav-apis")))?,
            heading: t.say("nav-apis").to_string(),
            sub: "catalog-apis-sub",
            // Nothing here is created from templates.
            offers: Offers {
                create: false,
                run: false,
                ..offers
            },
            register: "catalog-register",
            list,
        },
        None => {
            let above = Crumb::link(t.say("nav-catalog"), "/catalog");
            ListPage {
                shell: asked.shell(Place::below([above], &list.words.heading))?,
                heading: t
                    .say("catalog-heading")
                    .with("organisation", app.brand().organisation.as_str())
                    .to_string(),
                sub: "catalog-sub",
                offers,
                register: "catalog-register-existing",
                list,
            }
        }
    })
    .into_response())
}

impl List {
    fn of(
        asked: &PageRequest,
        sight: &Sight,
        query: ListQuery,
        fixed: Option<&'static str>,
    ) -> Result<List, Error> {
        let path = if fixed.is_some() {
            "/api-docs"
        } else {
            "/catalog"
        };
        let t = &sight.t;
        let kinds = kinds(sight);
        let kind = fixed
            .map(str::to_owned)
            .or_else(|| query.kind.clone())
            .unwrap_or_else(|| usual_kind(&kinds));
        let words = KindWords::of(t, &kind);
        let columns = Column::of(&kind);
        // People and places have no owner, so that one's own are all of them.
        let whose = match query.whose {
            Whose::Owned if !words.has_owner() => Whose::All,
            whose => whose,
        };
        let query = ListQuery { whose, ..query };
        let starred = starred(asked);
        let filtered = Filtered {
            sight,
            query: &query,
            kind: &kind,
            ownership: &asked.viewer.user.ownership,
            starred: (query.whose == Whose::Starred).then(|| sight.among(&starred)),
            failed: sight.among(asked.app.catalog().failed().iter().map(EntityRef::as_str)),
        };
        let shown = filtered.shown();
        let picks = filtered.pick_lists();
        let filter = filtered.filter(None);

        let page = shown.query(select(&query, filter.clone()));
        // A link to a page that is no longer there leads to the first one.
        let is_lost = page.entities.is_empty() && page.total > 0;
        let query = if is_lost { query.first_page() } else { query };
        let page = if is_lost {
            shown.query(select(&query, filter))
        } else {
            page
        };

        let limit = query.limit();
        let shown = page.entities.len() as u64;
        let first = if query.cursor.is_some() {
            query.skip as u64 + 1
        } else {
            1
        };
        let turn = |cursor: Option<Cursor>, skip: usize| {
            cursor.map(|cursor| {
                ListQuery {
                    cursor: Some(cursor.encode()),
                    skip,
                    ..query.clone()
                }
                .href(path)
            })
        };
        let clear = ListQuery {
            kind: query.kind.clone(),
            ..ListQuery::default()
        }
        .href(path);
        let principal = &asked.viewer.principal;
        let refreshable = Readable::under(&asked.app, principal, &ENTITY_REFRESH)?;
        let removable = Readable::under(&asked.app, principal, &ENTITY_DELETE)?;
        let judge = Judge::new(&asked.app, principal);
        let offer = |entity: &Entity, part: &Readable, permission: &Permission| {
            Offer::on(entity, part, sight, || {
                judge.tester(permission, Some(entity.entity_ref()))
            })
        };
        let row = |entity: &Arc<Entity>| {
            let is_starred = starred.contains(entity.entity_ref().as_smol_str());
            EntityRow {
                refresh: offer(entity, &refreshable, &ENTITY_REFRESH),
                unregister: offer(entity, &removable, &ENTITY_DELETE),
                ..EntityRow::new(sight, entity, columns).with_star(is_starred)
            }
        };
        let rows: Vec<_> = page.entities.iter().map(row).collect();
        Ok(List {
            t: t.clone(),
            path,
            order: query.order.as_ref().map(order_parameter),
            tabs: if fixed.is_some() {
                Vec::new()
            } else {
                tabs(t, &kinds, &words, query.whose)
            },
            picks,
            headings: headings(columns, &query, path),
            may_refresh: rows.iter().any(|row| row.refresh.is_allowed()),
            rows,
            total: page.total,
            of_kind: kinds
                .iter()
                .filter(|(found, _)| kind == ALL_KINDS || found.kind == kind)
                .map(|(_, count)| count)
                .sum(),
            first: if shown == 0 { 0 } else { first },
            last: if shown == 0 { 0 } else { first + shown - 1 },
            previous: turn(page.previous, query.skip.saturating_sub(limit)),
            next: turn(page.next, query.skip + limit),
            clear,
            words,
            query,
        })
    }

    fn is_limit(&self, limit: &usize) -> bool {
        self.query.limit() == *limit
    }

    fn limits(&self) -> &'static [usize] {
        &LIMITS
    }

    fn is_whose(&self, whose: &Whose) -> bool {
        self.query.whose == *whose
    }

    /// Whose entities can be asked for; people and places belong to nobody.
    fn whose(&self) -> impl Iterator<Item = Whose> + use<> {
        let has_owner = self.words.has_owner();
        let all = Whose::ALL.into_iter();
        all.filter(move |whose| has_owner || *whose != Whose::Owned)
    }
}

/// The query of the index for a page of the list.
fn select(query: &ListQuery, filter: Filter) -> Query {
    let select = Query {
        filter: Some(filter),
        full_text: query.full_text(),
        order: vec![query.order()],
        limit: Some(query.limit()),
        ..Query::default()
    };
    // A cursor brings its own filter; one that belongs to another list is dropped.
    let cursor = query
        .cursor
        .as_deref()
        .and_then(|cursor| Cursor::decode(cursor).ok());
    let cursor = cursor.filter(|cursor| cursor.continues(&select));
    Query { cursor, ..select }
}

/// The kinds that the person may see some of, in the order of the tabs, with their counts.
fn kinds(sight: &Sight) -> Vec<(KindWords, u64)> {
    let mut kinds: Vec<(KindWords, u64)> = Vec::new();
    for (kind, count) in sight.facet("kind", None) {
        let words = KindWords::of(&sight.t, &kind);
        match kinds.iter_mut().find(|(known, _)| known.kind == words.kind) {
            Some((_, sum)) => *sum += count,
            None => kinds.push((words, count)),
        }
    }
    kinds.sort_by(|(a, _), (b, _)| a.rank().cmp(&b.rank()).then_with(|| a.kind.cmp(&b.kind)));
    kinds
}

/// The kind of a list whose address names none.
fn usual_kind(kinds: &[(KindWords, u64)]) -> String {
    kinds
        .first()
        .map_or_else(|| "component".to_owned(), |(words, _)| words.kind.clone())
}

fn tabs(t: &Texts, kinds: &[(KindWords, u64)], current: &KindWords, whose: Whose) -> Vec<Tab> {
    let is_listed = kinds.iter().any(|(words, _)| words.kind == current.kind);
    // Lists of every kind are reached from elsewhere: there is a tab while one is shown.
    let count = match current.kind.as_str() {
        ALL_KINDS => kinds.iter().map(|(_, count)| count).sum(),
        _ => 0,
    };
    let unlisted = (!is_listed).then(|| (KindWords::of(t, &current.kind), count));
    let tab = |(words, count): &(KindWords, u64)| Tab {
        label: words.heading.clone(),
        count: *count,
        href: ListQuery {
            kind: Some(words.kind.clone()),
            whose,
            ..ListQuery::default()
        }
        .href("/catalog"),
        is_current: words.kind == current.kind,
    };
    let (first, last) = match current.kind.as_str() {
        ALL_KINDS => (unlisted, None),
        _ => (None, unlisted),
    };
    first.iter().chain(kinds).chain(&last).map(tab).collect()
}

/// What the person starred.
fn starred(asked: &PageRequest) -> HashSet<SmolStr> {
    let stars = asked.app.stars().of(&Keeper::of(&asked.viewer));
    stars.iter().map(|star| star.entity_ref.clone()).collect()
}

fn headings(columns: &[Column], query: &ListQuery, path: &str) -> Vec<Heading> {
    let order = query.order();
    let heading = |label, key: Option<&str>, is_optional| Heading {
        label,
        href: key.map(|key| query.sorted_by(key).href(path)),
        sort: key
            .filter(|key| order.field == *key)
            .map(|_| match order.direction {
                Direction::Ascending => "ascending",
                Direction::Descending => "descending",
            }),
        is_optional,
    };
    let name = heading("entity-column-name", Some("metadata.name"), false);
    let others = columns
        .iter()
        .map(|column| heading(column.label(), column.sort_key(), column.is_optional()));
    [name].into_iter().chain(others).collect()
}
