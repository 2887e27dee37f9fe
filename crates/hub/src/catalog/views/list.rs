//! `/catalog`, and `/api-docs`: the same list, held to APIs.

use crate::app::App;
use crate::auth::Viewer;
use crate::catalog::permissions::ENTITY_READ;
use crate::catalog::views::facet::PickList;
use crate::catalog::views::list_query::{LIMITS, ListQuery, Whose, order_parameter};
use crate::error::Error;
use crate::ui::entity::CellValue;
use crate::ui::entity::Column;
use crate::ui::entity::{EntityRow, KindWords, Sight};
use crate::ui::{Crumb, Icon, Page, Place, Shell, Visit, Wants};
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};
use axum::response::{IntoResponse, Response};
use callboard_catalog::{Cursor, Direction, Filter, Query};

/// A list and everything around it that changes with it.
#[derive(Debug, Clone)]
struct List {
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
    label: String,
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
    sub: &'static str,
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
pub(super) async fn catalog(
    State(app): State<App>,
    viewer: Viewer,
    wants: Wants,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Error> {
    respond(
        &app,
        &viewer,
        wants,
        Visit {
            uri: &uri,
            headers: &headers,
        },
        None,
    )
}

/// `GET /api-docs`.
///
/// For people who are signed in; `catalog.entity.read` decides what they see.
pub(super) async fn apis(
    State(app): State<App>,
    viewer: Viewer,
    wants: Wants,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Error> {
    respond(
        &app,
        &viewer,
        wants,
        Visit {
            uri: &uri,
            headers: &headers,
        },
        Some("api"),
    )
}

/// Answers with a list; `fixed` is the kind that the page is held to.
fn respond(
    app: &App,
    viewer: &Viewer,
    wants: Wants,
    visit: Visit<'_>,
    fixed: Option<&'static str>,
) -> Result<Response, Error> {
    let sight = Sight::of(app, &viewer.principal, visit.texts(app))?;
    if sight.is_closed() {
        return Err(Error::NoEntry {
            permission: ENTITY_READ.name().into(),
        });
    }
    let mut query = ListQuery::parse(visit.uri.query().unwrap_or_default());
    if fixed.is_some() {
        query.kind = None;
    }
    let list = List::of(&sight, query, viewer, fixed);
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
    let words = &list.words;
    let (place, heading, sub) = match fixed {
        Some(_) => (
            Place::top("APIs"),
            "APIs".to_owned(),
            "What the company's services offer each other.",
        ),
        None => (
            Place::below([Crumb::link("Catalog", "/catalog")], words.heading.clone()),
            format!("{} catalog", app.brand().organisation),
            "Everything the company runs, and who looks after it.",
        ),
    };
    let shell = Shell::of(app, viewer, visit, place)?;
    Ok(Page(ListPage {
        shell,
        heading,
        sub,
        list,
    })
    .into_response())
}

impl List {
    fn of(sight: &Sight, query: ListQuery, viewer: &Viewer, fixed: Option<&'static str>) -> List {
        let path = if fixed.is_some() {
            "/api-docs"
        } else {
            "/catalog"
        };
        let ownership = &viewer.user.ownership;
        let kinds = kinds(sight);
        let kind = fixed
            .map(str::to_owned)
            .or_else(|| query.kind.clone())
            .unwrap_or_else(|| usual_kind(&kinds));
        let words = KindWords::of(&sight.t, &kind);
        let columns = Column::of(&kind);

        let page = sight.query(select(&query, query.filter(&kind, ownership, None)));
        // A link to a page that is no longer there leads to the first one.
        let is_lost = page.entities.is_empty() && page.total > 0;
        let query = if is_lost { query.first_page() } else { query };
        let page = if is_lost {
            sight.query(select(&query, query.filter(&kind, ownership, None)))
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
        List {
            path,
            order: query.order.as_ref().map(order_parameter),
            tabs: if fixed.is_some() {
                Vec::new()
            } else {
                tabs(&kinds, &words, query.whose)
            },
            picks: PickList::all(sight, &query, &kind, ownership),
            headings: headings(sight, columns, &query, path),
            rows: page
                .entities
                .iter()
                .map(|entity| EntityRow::new(sight, entity, columns))
                .collect(),
            total: page.total,
            of_kind: kinds
                .iter()
                .filter(|(found, _)| found.kind == kind)
                .map(|(_, count)| count)
                .sum(),
            first: if shown == 0 { 0 } else { first },
            last: if shown == 0 { 0 } else { first + shown - 1 },
            previous: turn(page.previous, query.skip.saturating_sub(limit)),
            next: turn(page.next, query.skip + limit),
            clear,
            words,
            query,
        }
    }

    fn is_limit(&self, limit: &usize) -> bool {
        self.query.limit() == *limit
    }

    fn limits(&self) -> &'static [usize] {
        &LIMITS
    }

    fn is_owned(&self) -> bool {
        self.query.whose == Whose::Owned
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

fn tabs(kinds: &[(KindWords, u64)], current: &KindWords, whose: Whose) -> Vec<Tab> {
    let is_listed = kinds.iter().any(|(words, _)| words.kind == current.kind);
    let unlisted = (!is_listed).then(|| (current.clone(), 0));
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
    kinds.iter().chain(&unlisted).map(tab).collect()
}

fn headings(sight: &Sight, columns: &[Column], query: &ListQuery, path: &str) -> Vec<Heading> {
    let order = query.order();
    let heading = |label, key: Option<&str>, is_optional| Heading {
        label: sight.t.say(label).to_string(),
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
