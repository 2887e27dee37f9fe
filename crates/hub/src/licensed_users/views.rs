//! `/rbac/users`: who has signed in, and when.

use super::api;
use crate::audit::Requester;
use crate::auth::KnownUser;
use crate::error::Error;
use crate::feature::{NavItem, NavPlace, Registrar};
use crate::guard::Guard;
use crate::rbac::POLICY_READ;
use crate::ui::entity::{RefLink, Sight};
use crate::ui::{
    Crumb, Icon, Language, Moment, Page, PageLink, PageRequest, Place, Shell, Texts, day,
};
use askama::Template;
use axum::Router;
use axum::extract::Query;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use callboard_catalog::EntityRef;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;
use std::collections::HashMap;

const USERS: &str = "/rbac/users";
const CSV: &str = "/rbac/users.csv";

/// How many users a page shows.
const ROWS: usize = 50;
/// How many days the chart has, today included.
const DAYS: i32 = 30;

/// The chart, in units of its view box.
const BAR_STEP: usize = 24;
const BAR_WIDTH: usize = 16;
const CHART_HEIGHT: i64 = 96;

/// Declares the page, its words and its tab; without a list that is kept there is no file.
pub(super) fn register(hub: &mut Registrar, is_kept: bool) {
    hub.nav(NavItem {
        label: "users-tab",
        href: USERS,
        icon: "users",
        place: NavPlace::Administration { rank: 5 },
        guard: guard(),
    });
    hub.texts(&[
        (Language::English, include_str!("texts/en.ftl")),
        (Language::German, include_str!("texts/de.ftl")),
    ]);
    let pages = Router::new().route(USERS, get(page));
    hub.pages(if is_kept {
        pages.route(CSV, get(download))
    } else {
        pages
    });
}

/// E-mail addresses are not for everybody who owns a role.
fn guard() -> Guard {
    Guard::Outright(POLICY_READ.clone())
}

/// Somebody who has signed in.
struct Row {
    link: RefLink,
    /// Of the catalog, as far as the reader may see it.
    display_name: Option<String>,
    email: Option<String>,
    last: Moment,
}

/// A day of the chart.
struct Bar {
    day: String,
    count: i64,
    /// In units of the view box.
    x: usize,
    y: i64,
    height: i64,
}

#[derive(Template)]
#[template(path = "licensed_users/templates/users_page.html")]
struct UsersPage {
    shell: Shell,
    total: usize,
    rows: Vec<Row>,
    first_row: usize,
    /// To the pages before and after; none when all are shown.
    links: Vec<PageLink>,
    bars: Vec<Bar>,
    sign_ins: i64,
    has_file: bool,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    page: usize,
}

/// `GET /rbac/users?page=`.
///
/// Permission: `policy.entity.read`, allowed outright.
async fn page(
    request: PageRequest,
    Query(Asked { page }): Query<Asked>,
) -> Result<Response, Error> {
    request.enter_administration(&guard())?;
    let PageRequest { app, viewer, .. } = &request;
    let sight = Sight::of(app, &viewer.principal, request.texts())?;
    let t = &sight.t;
    let now = app.core().clock.now();
    let mut users = app.auth().known_users().await?;
    users.sort_by(|a, b| {
        let newest_first = b.issued_at.cmp(&a.issued_at);
        newest_first.then_with(|| a.user_ref.cmp(&b.user_ref))
    });
    let pages = users.len().div_ceil(ROWS).max(1);
    let at = page.clamp(1, pages);
    let skipped = (at - 1) * ROWS;
    let shown = users.iter().skip(skipped).take(ROWS);
    let bars = bars(&request, t, now).await?;
    let to = |mark, label, page: usize, is_there: bool| PageLink {
        mark,
        label: t.say(label).to_string(),
        href: is_there.then(|| format!("{USERS}?page={page}")),
    };
    let above = [Crumb::link(t.say("nav-administration"), "/rbac")];
    Ok(Page(UsersPage {
        shell: request.shell(Place::below(above, t.say("users-tab")))?,
        total: users.len(),
        rows: shown.map(|user| Row::of(&sight, user, now)).collect(),
        first_row: skipped + 1,
        links: if pages > 1 {
            vec![
                to("‹", "users-previous", at - 1, at > 1),
                to("›", "users-next", at + 1, at < pages),
            ]
        } else {
            Vec::new()
        },
        sign_ins: bars.iter().map(|bar| bar.count).sum(),
        bars,
        has_file: !app.core().store.is_in_memory(),
    })
    .into_response())
}

/// `GET /rbac/users.csv`: what `GET /api/licensed-users-info/users` gives as CSV.
///
/// Permission: `policy.entity.read`, allowed outright. The audit log keeps who took it.
async fn download(request: PageRequest, requester: Requester) -> Result<Response, Error> {
    request.enter_administration(&guard())?;
    let PageRequest { app, viewer, .. } = &request;
    let requester = requester.known_as(viewer.user.entity_ref.as_str());
    let users = api::take(app, &viewer.principal, requester).await?;
    let private = [
        (header::CACHE_CONTROL, "no-store"),
        (header::VARY, "Cookie"),
    ];
    Ok((private, api::file("licensed-users.csv", &users)).into_response())
}

impl Row {
    fn of(sight: &Sight, user: &KnownUser, now: Timestamp) -> Row {
        let entity_ref = EntityRef::parse(&user.user_ref).ok();
        let entity = entity_ref.as_ref().and_then(|user| sight.find(user));
        let profile = |member| {
            let text = entity?.text_at(&["spec", "profile", member])?;
            Some(text.into_owned())
        };
        let link = entity_ref.as_ref().map(|user| RefLink::new(sight, user));
        Row {
            display_name: profile("displayName"),
            email: profile("email"),
            last: Moment::new(&sight.t, user.issued_at, now),
            link: RefLink {
                label: user.user_ref.to_string(),
                ..link.unwrap_or_else(|| unreadable(&user.user_ref))
            },
        }
    }
}

/// The mention of somebody whose reference cannot be read.
fn unreadable(user_ref: &str) -> RefLink {
    RefLink {
        label: user_ref.to_owned(),
        href: None,
        entity_ref: user_ref.to_owned(),
        tile: crate::ui::Look::of("user", None).tile,
        avatar: None,
    }
}

/// The sign-ins of the last days, today last.
async fn bars(request: &PageRequest, t: &Texts, now: Timestamp) -> Result<Vec<Bar>, Error> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let days = (0..DAYS)
        .rev()
        .filter_map(|ago| today.checked_sub(ago.days()).ok());
    let days: Vec<Date> = days.collect();
    let since = days
        .first()
        .and_then(|day| day.to_zoned(TimeZone::UTC).ok());
    let since = since.map_or(now, |day| day.timestamp());
    let audit = request.app.audit();
    let counts = audit.count_by_day("auth", "sign-in", since).await?;
    let counts: HashMap<Date, i64> = counts.into_iter().collect();
    let most = counts.values().copied().max().unwrap_or_default().max(1);
    let bar = |(place, date): (usize, Date)| {
        let count = counts.get(&date).copied().unwrap_or_default();
        // One sign-in among hundreds is still to be seen.
        let height = if count == 0 {
            0
        } else {
            (count * CHART_HEIGHT / most).max(2)
        };
        Bar {
            day: day(t, &date.to_string()).unwrap_or_default(),
            count,
            x: place * BAR_STEP,
            y: CHART_HEIGHT - height,
            height,
        }
    };
    Ok(days.into_iter().enumerate().map(bar).collect())
}
