//! `/rbac`: the list of roles.

mod query;
mod row;

use super::address::{self, ROLES, USERS_CSV};
use super::plugin_index::PluginIndex;
use super::readers;
use super::sight::{Access, RoleSight};
use super::words::SourceBadge;
use crate::app::App;
use crate::error::Error;
use crate::finding::Finding;
use crate::rbac::roster::Counts;
use crate::ui::entity::Sight;
use crate::ui::{Icon, Page, PageLink, PageRequest, Place, Shell, Texts, Wants, query_value};
use askama::Template;
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use callboard_policy::Source;
use query::{Column, LIMITS, ListQuery};
use row::{Changed, Entry, Maker, Row};

/// The list and everything around it that changes with it.
struct List {
    t: Texts,
    query: ListQuery,
    headings: Vec<Heading>,
    rows: Vec<Row>,
    picks: Vec<Pick>,
    /// How many roles pass the filters.
    total: usize,
    /// How many the person may read.
    of_all: usize,
    totals: Counts,
    pager: Pager,
    may_create: bool,
    /// Where files are shown; absent when the person may not open that.
    files: Option<&'static str>,
    /// Whether the list of users can be taken.
    has_user_list: bool,
}

/// The head of a column.
struct Heading {
    label: String,
    href: String,
    /// `ascending` or `descending`, on the one that orders the rows.
    sort: Option<&'static str>,
    is_optional: bool,
}

/// A source with how many of the roles have it.
struct Pick {
    value: String,
    label: String,
    count: usize,
    is_chosen: bool,
}

/// Where the page stands among others.
struct Pager {
    first_row: usize,
    last_row: usize,
    links: [PageLink; 4],
}

/// What is wrong with the policy files.
struct Problems {
    count: usize,
    first: Finding,
    place: String,
}

#[derive(Template)]
#[template(path = "rbac/templates/role_list_page.html")]
struct RoleListPage {
    shell: Shell,
    list: List,
    problems: Option<Problems>,
}

#[derive(Template)]
#[template(path = "rbac/templates/role_list.html")]
struct RoleListFragment {
    list: List,
}

/// `GET /rbac`.
///
/// Permission: `policy.entity.read`; a conditional right shows only the roles that it covers.
pub(super) async fn page(request: PageRequest, wants: Wants) -> Result<Response, Error> {
    request.enter_administration(&readers())?;
    let PageRequest { app, viewer, .. } = &request;
    let sight = Sight::of(app, &viewer.principal, request.texts())?;
    let roles = RoleSight::of(app, &viewer.principal, &sight)?;
    let shell = request.shell(Place::below(super::crumbs(&sight.t)[..1].to_vec(), "RBAC"))?;
    let query = ListQuery::parse(request.visit().uri.query().unwrap_or_default());
    let mut list = List::of(app, sight.t, &roles, query);
    list.files = super::tab_of(&shell, address::FILES);
    list.has_user_list =
        super::tab_of(&shell, address::USERS).is_some() && !app.core().store.is_in_memory();
    if wants == Wants::Fragment {
        let address = HeaderValue::from_str(&list.query.href());
        let mut response = Page(RoleListFragment { list }).into_response();
        if let Ok(address) = address {
            let name = HeaderName::from_static("hx-push-url");
            response.headers_mut().insert(name, address);
        }
        return Ok(response);
    }
    // What stands in a file is for those who may read all of it.
    let problems = roles.is_whole().then(|| Problems::of(app)).flatten();
    Ok(Page(RoleListPage {
        shell,
        list,
        problems,
    })
    .into_response())
}

impl List {
    fn of(app: &App, t: Texts, sight: &RoleSight, query: ListQuery) -> List {
        let plugins = PluginIndex::of(app);
        let maker = Maker {
            t: &t,
            sight,
            plugins: &plugins,
            now: app.core().clock.now(),
        };
        let all: Vec<_> = sight
            .roles()
            .map(|(role, metadata)| Entry {
                role,
                metadata,
                counts: sight.roster.counts(role),
            })
            .collect();
        let text = query.text.to_lowercase();
        let mut found: Vec<_> = all
            .iter()
            .copied()
            .filter(|entry| query.wants(&entry.metadata.source))
            .filter(|entry| text.is_empty() || maker.has_text(entry, &text))
            .collect();
        found.sort_by(|a, b| {
            let order = maker.compare(query.order, a, b);
            if query.is_descending {
                order.reverse()
            } else {
                order
            }
        });

        let pages = found.len().div_ceil(query.limit());
        let at = query.page(pages);
        let skipped = (at - 1) * query.limit();
        let shown = found.iter().skip(skipped).take(query.limit());
        let rows: Vec<_> = shown.map(|entry| maker.row(entry)).collect();
        let to = |mark, label, page: usize, is_there: bool| PageLink {
            mark,
            label: t.say(label).to_string(),
            href: is_there.then(|| query.at_page(page).href()),
        };
        List {
            pager: Pager {
                first_row: if rows.is_empty() { 0 } else { skipped + 1 },
                last_row: skipped + rows.len(),
                links: [
                    to("«", "rbac-first-page", 1, at > 1),
                    to("‹", "rbac-previous-page", at - 1, at > 1),
                    to("›", "rbac-next-page", at + 1, at < pages),
                    to("»", "rbac-last-page", pages, at < pages),
                ],
            },
            headings: headings(&t, &query),
            picks: picks(&t, &query, &all),
            total: found.len(),
            of_all: all.len(),
            totals: totals(&found),
            may_create: sight.may_create(),
            files: None,
            has_user_list: false,
            rows,
            query,
            t,
        }
    }

    fn limits(&self) -> &'static [usize] {
        &LIMITS
    }

    fn is_limit(&self, limit: &usize) -> bool {
        self.query.limit() == *limit
    }

    /// Without scripts, whoever deletes a role comes back to the list as it was.
    fn delete_href(&self, row: &Row) -> String {
        let back = query_value(&self.query.href());
        format!("{}?back={back}", row.delete_href)
    }
}

impl Problems {
    fn of(app: &App) -> Option<Problems> {
        let findings = app.rbac().findings();
        let first = findings.first()?.clone();
        let file = first.file.as_deref().and_then(|path| path.file_name());
        let file = file.map(|name| name.to_string_lossy().into_owned());
        Some(Problems {
            count: findings.len(),
            place: match (file, first.line) {
                (Some(file), Some(line)) => format!("{file}:{line}"),
                (Some(file), None) => file,
                (None, _) => String::new(),
            },
            first,
        })
    }
}

fn headings(t: &Texts, query: &ListQuery) -> Vec<Heading> {
    let heading = |column: Column| Heading {
        label: match column {
            Column::Name => t.say("rbac-name"),
            Column::Members => t.say("rbac-users-and-groups"),
            Column::Plugins => t.say("rbac-accessible-plugins"),
            Column::Policies => t.say("rbac-policies"),
            Column::Source => t.say("rbac-source"),
            Column::Changed => t.say("rbac-changed"),
        }
        .to_string(),
        href: query.sorted_by(column).href(),
        sort: (query.order == column).then_some(if query.is_descending {
            "descending"
        } else {
            "ascending"
        }),
        is_optional: matches!(column, Column::Plugins | Column::Changed),
    };
    Column::ALL.into_iter().map(heading).collect()
}

/// The sources to choose from: those that there are roles of, and those that are chosen.
fn picks(t: &Texts, query: &ListQuery, all: &[Entry<'_>]) -> Vec<Pick> {
    let mut sources: Vec<&Source> = all.iter().map(|entry| &entry.metadata.source).collect();
    sources.sort_unstable();
    sources.dedup();
    let pick = |source: &Source| Pick {
        value: source.as_str().to_owned(),
        label: SourceBadge::of(t, source).label,
        count: all
            .iter()
            .filter(|entry| entry.metadata.source == *source)
            .count(),
        is_chosen: query.has_chosen(source.as_str()),
    };
    sources.into_iter().map(pick).collect()
}

fn totals(found: &[Entry<'_>]) -> Counts {
    let mut totals = Counts::default();
    for Entry { counts, .. } in found {
        totals.allow += counts.allow;
        totals.deny += counts.deny;
        totals.conditional += counts.conditional;
    }
    totals
}
