//! `/settings/auth-providers`: who could sign me in, and who did.

use crate::error::Error;
use crate::settings::{Tab, tabs};
use crate::ui::{Crumb, Icon, Moment, Page, PageRequest, Place, Shell};
use askama::Template;

const HERE: &str = "/settings/auth-providers";

/// A provider in the list.
#[derive(Debug, Clone)]
struct Row {
    name: String,
    /// A key of `auth.providers`, with the environment where it has one.
    configured_as: String,
    icon: Icon,
    /// Whether the session of the page came from it.
    is_this: bool,
    /// When the newest session of the person with it began; absent for none.
    since: Option<Moment>,
    /// Where one signs in with it; absent for the one that did already, and for guests.
    href: Option<String>,
}

#[derive(Template)]
#[template(path = "settings/templates/providers_page.html")]
pub(super) struct ProvidersPage {
    shell: Shell,
    tabs: Vec<Tab>,
    rows: Vec<Row>,
}

/// `GET /settings/auth-providers`.
///
/// For people who are signed in, about themselves: no permission is needed.
pub(super) async fn page(request: PageRequest) -> Result<Page<ProvidersPage>, Error> {
    let PageRequest { app, viewer, .. } = &request;
    let t = request.texts();
    let now = app.core().clock.now();
    let sessions = app.auth().sessions_of(&viewer.user.entity_ref);
    let rows = app.auth().ways_in(&t).into_iter().map(|way| {
        let own = sessions.iter().filter(|one| one.provider == way.id);
        let newest = own.map(|one| one.signed_in_at).max();
        let is_this = viewer.session.provider == way.id;
        let icon = match way.environment {
            Some(_) => Icon::KeyRound,
            None => Icon::User,
        };
        let href = way.environment.as_ref().filter(|_| !is_this);
        Row {
            href: href.map(|_| format!("/sign-in/{}?redirect={HERE}", way.id)),
            configured_as: match &way.environment {
                Some(environment) => format!("{}.{environment}", way.id),
                None => way.id.clone(),
            },
            name: way.name,
            icon,
            is_this,
            since: newest.map(|at| Moment::new(&t, at, now)),
        }
    });
    let above = [Crumb::link(t.say("settings"), "/settings")];
    Ok(Page(ProvidersPage {
        shell: request.shell(Place::below(above, t.say("settings-providers")))?,
        tabs: tabs(&request, HERE),
        rows: rows.collect(),
    }))
}
