//! `/rbac/plugins`: what the installation asked for, and what the hub has of it.

use super::Listed;
use crate::error::Error;
use crate::feature::{NavItem, NavPlace, Registrar};
use crate::guard::Guard;
use crate::rbac::POLICY_READ;
use crate::ui::{Crumb, Icon, Language, Page, PageRequest, Place, Shell, Tone};
use askama::Template;
use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use callboard_plugins::Outcome;

const PATH: &str = "/rbac/plugins";

/// Declares the page, its words and its tab; without a list there is nothing to show.
pub(super) fn register(hub: &mut Registrar, has_list: bool) {
    hub.texts(&[
        (Language::English, include_str!("texts/en.ftl")),
        (Language::German, include_str!("texts/de.ftl")),
    ]);
    if !has_list {
        return;
    }
    hub.nav(NavItem {
        label: "plugins-tab",
        href: PATH,
        icon: "plug",
        place: NavPlace::Administration { rank: 6 },
        guard: guard(),
    });
    hub.pages(Router::new().route(PATH, get(page)));
}

fn guard() -> Guard {
    Guard::Outright(POLICY_READ.clone())
}

#[derive(Template)]
#[template(path = "dynamic_plugins/templates/page.html")]
struct PluginsPage {
    shell: Shell,
    rows: Vec<Row>,
}

/// One package of the list.
struct Row {
    name: String,
    package: String,
    /// What its badge looks like.
    tone: Tone,
    icon: Icon,
    /// The names of the texts that say what becomes of it, and what to do about that.
    state: &'static str,
    advice: Option<&'static str>,
}

impl Row {
    fn of(listed: &Listed) -> Row {
        let (tone, icon, state, advice) = match listed.outcome() {
            Outcome::Native => (Tone::Ok, Icon::Check, "plugins-built-in", None),
            Outcome::NotBuiltIn => (
                Tone::If,
                Icon::TriangleAlert,
                "plugins-not-yet",
                Some("plugins-not-yet.advice"),
            ),
            Outcome::Unknown => (
                Tone::No,
                Icon::X,
                "plugins-unknown",
                Some("plugins-unknown.advice"),
            ),
            Outcome::Disabled => (Tone::Plain, Icon::CircleDashed, "plugins-off", None),
        };
        Row {
            name: listed.name.clone(),
            package: listed.package.clone(),
            tone,
            icon,
            state,
            advice,
        }
    }
}

/// `GET /rbac/plugins`.
///
/// Permission: `policy.entity.read`, allowed outright.
async fn page(request: PageRequest) -> Result<Response, Error> {
    request.enter_administration(&guard())?;
    let t = request.texts();
    let above = [Crumb::link(t.say("nav-administration"), "/rbac")];
    let listed = request.app.dynamic_plugins().listed.iter();
    Ok(Page(PluginsPage {
        rows: listed.map(Row::of).collect(),
        shell: request.shell(Place::below(above, t.say("plugins-tab")))?,
    })
    .into_response())
}
