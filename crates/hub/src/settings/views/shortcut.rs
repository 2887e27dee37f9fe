//! `/settings/shortcuts`: the keys, and the switch that turns the single ones off.

use crate::error::Error;
use crate::settings::{Tab, tabs};
use crate::ui::{Crumb, Icon, Keys, Page, PageRequest, Place, Shell, Texts, Wants};
use askama::Template;
use axum::response::{IntoResponse, Response};

const HERE: &str = "/settings/shortcuts";

/// What some keys do.
#[derive(Debug, Clone)]
struct Shortcut {
    /// Each way to it; the keys of one way are pressed one after the other, or together with
    /// `Ctrl`.
    ways: Vec<Vec<String>>,
    does: String,
    place: String,
}

#[derive(Template)]
#[template(path = "settings/templates/shortcuts_page.html")]
struct ShortcutsPage {
    shell: Shell,
    tabs: Vec<Tab>,
    shortcuts: Vec<Shortcut>,
}

/// The same as a dialog, which opens over any page.
#[derive(Template)]
#[template(path = "settings/templates/shortcuts_sheet.html")]
struct ShortcutsSheet {
    t: Texts,
    shortcuts: Vec<Shortcut>,
}

/// `GET /settings/shortcuts`; the fragment is the sheet.
///
/// For people who are signed in, about themselves: no permission is needed.
pub(super) async fn page(request: PageRequest, wants: Wants) -> Result<Response, Error> {
    let t = request.texts();
    if wants == Wants::Fragment {
        let shortcuts = shortcuts(&t);
        return Ok(Page(ShortcutsSheet { t, shortcuts }).into_response());
    }
    let above = [Crumb::link(t.say("settings"), "/settings")];
    Ok(Page(ShortcutsPage {
        shell: request.shell(Place::below(above, t.say("settings-shortcuts")))?,
        tabs: tabs(&request, HERE),
        shortcuts: shortcuts(&t),
    })
    .into_response())
}

fn shortcuts(t: &Texts) -> Vec<Shortcut> {
    let everywhere = "shortcut-anywhere";
    let lists = "shortcut-in-lists";
    let all: [(&[&[&str]], &str, &str); 17] = [
        (&[&["/"], &["Ctrl", "K"]], "shortcut-palette", everywhere),
        (&[&["g", "h"]], "shortcut-home", everywhere),
        (&[&["g", "c"]], "shortcut-catalog", everywhere),
        (&[&["g", "a"]], "shortcut-apis", everywhere),
        (&[&["g", "r"]], "shortcut-roles", everywhere),
        (&[&["g", "t"]], "shortcut-tester", everywhere),
        (&[&["g", "s"]], "shortcut-settings", everywhere),
        (&[&["g", "d"]], "shortcut-theme", everywhere),
        (&[&["c"]], "shortcut-create", everywhere),
        (&[&["?"]], "shortcut-sheet", everywhere),
        (&[&["j"], &["k"]], "shortcut-rows", lists),
        (&[&["o"], &["Enter"]], "shortcut-open", lists),
        (&[&["f"]], "shortcut-filter", lists),
        (&[&["s"]], "shortcut-star", "shortcut-in-catalog"),
        (&[&["r"]], "shortcut-refresh", "shortcut-in-catalog"),
        (&[&["e"], &["#"]], "shortcut-edit", "shortcut-in-roles"),
        (&[&["["], &["]"]], "shortcut-tabs", "shortcut-in-tabs"),
    ];
    let named = |key: &&str| match *key {
        "Ctrl" => t.say("shortcut-ctrl").to_string(),
        "Enter" => t.say("shortcut-enter").to_string(),
        key => key.to_owned(),
    };
    let named_all = |way: &&[&str]| way.iter().map(named).collect();
    let shortcut = |(ways, does, place): (&[&[&str]], _, _)| Shortcut {
        ways: ways.iter().map(named_all).collect(),
        does: t.say(does).to_string(),
        place: t.say(place).to_string(),
    };
    all.into_iter().map(shortcut).collect()
}
