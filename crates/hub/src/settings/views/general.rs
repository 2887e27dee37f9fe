//! `/settings`: who I am here, how pages look, and what this hub is.

use crate::app::App;
use crate::error::Error;
use crate::settings::{Tab, tabs};
use crate::ui::entity::{Judge, RefLink, Sight};
use crate::ui::{
    Density, Icon, Keys, Language, Moment, Page, PageRequest, Place, Shell, Side, Texts, Theme,
};
use askama::Template;
use callboard_catalog::EntityRef;
use std::env::consts::{ARCH, OS};

/// What this hub says of itself.
#[derive(Debug, Clone)]
struct Build {
    version: String,
    /// Such as `linux x86_64`.
    platform: String,
    base_url: String,
    /// How people sign in.
    sign_in: String,
    is_enforced: bool,
}

#[derive(Template)]
#[template(path = "settings/templates/general_page.html")]
pub(super) struct GeneralPage {
    shell: Shell,
    tabs: Vec<Tab>,
    /// How the provider of the session is called.
    provider: String,
    signed_in: Moment,
    ownership: Vec<RefLink>,
    roles: Vec<String>,
    build: Build,
}

/// `GET /settings`.
///
/// For people who are signed in, about themselves: no permission is needed.
pub(super) async fn page(request: PageRequest) -> Result<Page<GeneralPage>, Error> {
    let PageRequest { app, viewer, .. } = &request;
    let t = request.texts();
    let sight = Sight::of(app, &viewer.principal, t.clone())?;
    let owners = viewer.user.ownership.iter();
    let owners = owners.filter_map(|owner| EntityRef::parse(owner).ok());
    let judge = Judge::new(app, &viewer.principal);
    let now = app.core().clock.now();
    Ok(Page(GeneralPage {
        shell: request.shell(Place::top(t.say("settings")))?,
        tabs: tabs(&request, "/settings"),
        provider: app.auth().name_of_provider(&t, &viewer.session.provider),
        signed_in: Moment::new(&t, viewer.session.signed_in_at, now),
        ownership: owners.map(|owner| RefLink::new(&sight, &owner)).collect(),
        roles: judge.roles(),
        build: Build::of(app, &t, !judge.is_off()),
    }))
}

impl Build {
    fn of(app: &App, t: &Texts, is_enforced: bool) -> Build {
        let ways = app.auth().ways_in(t).into_iter().map(|way| way.name);
        let ways: Vec<String> = ways.collect();
        Build {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            platform: format!("{OS} {ARCH}"),
            base_url: app.core().base_url.to_string(),
            sign_in: ways.join(", "),
            is_enforced,
        }
    }
}
