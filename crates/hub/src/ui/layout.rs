//! The shell around every page: sidebar, top bar, account menu.

use crate::app::App;
use crate::auth::Viewer;
use crate::database::Freshness;
use crate::error::Error;
use crate::feature::{NavItem, NavPlace};
use crate::ui::entity::Sight;
use crate::ui::{Announcement, Avatar, Flash, Head, Icon, Preferences, Texts, capitalised};
use axum::http::HeaderMap;
use axum::http::Uri;
use callboard_catalog::{Entity, EntityRef};
use std::borrow::Cow;

/// How many groups the sidebar names.
const MAX_GROUPS: usize = 5;

/// The tab of the administration that the sidebar names.
const ROLES: &str = "/rbac";

/// What the shell shows; a page struct has it in the field `shell`.
#[derive(Debug, Clone)]
pub struct Shell {
    /// The words of the page.
    pub t: Texts,
    /// What the page is about, for the title of the window.
    pub title: String,
    /// What the organisation's look puts into the head.
    pub branding: Head,
    /// The name of the hub.
    pub brand: String,
    /// Whether the mark stands beside it.
    pub has_logo: bool,
    /// The organisation's own logo, which stands for both.
    pub logo: Option<String>,
    /// Whether the sidebar has the field that opens the palette.
    pub has_search: bool,
    /// What the organisation says above every page.
    pub announcement: Option<Announcement>,
    /// The time of what is shown, while the database does not answer.
    pub stale_since: Option<String>,
    /// How the person wants it to look.
    pub preferences: Preferences,
    /// Where the page stands; the last one is the page itself.
    pub crumbs: Vec<Crumb>,
    /// The items at the top of the sidebar.
    pub main: Vec<NavLink>,
    /// The groups of the person.
    pub groups: Vec<GroupLink>,
    /// The items at the foot of the sidebar.
    pub foot: Vec<NavLink>,
    /// The tabs of the administration.
    pub administration: Vec<NavLink>,
    /// Who is signed in.
    pub person: Person,
    /// The token that forms send back.
    pub csrf: String,
    /// The path and query of this page, to which forms of the shell lead back.
    pub here: String,
    /// What the page before this one has to say.
    pub flash: Option<Flash>,
}

/// A step of the breadcrumb.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crumb {
    /// Its words.
    pub label: String,
    /// Where it leads; absent for the page itself.
    pub href: Option<String>,
}

impl Crumb {
    /// A step that leads somewhere.
    pub fn link(label: impl Into<String>, href: impl Into<String>) -> Crumb {
        Crumb {
            label: label.into(),
            href: Some(href.into()),
        }
    }

    /// The page itself.
    pub fn here(label: impl Into<String>) -> Crumb {
        Crumb {
            label: label.into(),
            href: None,
        }
    }
}

/// An item of the sidebar, as this person sees it.
#[derive(Debug, Clone)]
pub struct NavLink {
    /// Its words.
    pub label: String,
    /// Its words where there is little room, if they differ.
    pub short: Option<String>,
    /// Whether it stands below the one before it.
    pub is_sub: bool,
    /// Where it leads.
    pub href: &'static str,
    /// What stands before it.
    pub icon: Icon,
    /// Whether the page is this one or below it.
    pub is_current: bool,
    /// The key that leads there after `g`.
    pub key: Option<char>,
}

/// A group in the sidebar.
#[derive(Debug, Clone)]
pub struct GroupLink {
    /// Its title.
    pub label: String,
    /// Its page.
    pub href: String,
    /// Its initials.
    pub avatar: Avatar,
    /// Whether the page is this one.
    pub is_current: bool,
}

/// Who is signed in.
#[derive(Debug, Clone)]
pub struct Person {
    /// The display name; the name of the reference when the catalog has none.
    pub name: String,
    /// The first word of it, for a greeting.
    pub first_name: String,
    /// The e-mail address of the profile.
    pub email: Option<String>,
    /// Such as `user:default/mara.lindqvist`.
    pub entity_ref: String,
    /// The page in the catalog; absent when there is none that the person may read.
    pub href: Option<String>,
    /// The initials.
    pub avatar: Avatar,
}

/// What a page says about itself for the shell.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// The title of the window.
    pub title: String,
    /// The breadcrumb.
    pub crumbs: Vec<Crumb>,
}

impl Place {
    /// A page that stands alone, such as the settings.
    pub fn top(title: impl Into<String>) -> Place {
        Place::below([], title)
    }

    /// A page below others.
    pub fn below(above: impl IntoIterator<Item = Crumb>, title: impl Into<String>) -> Place {
        let title = title.into();
        let crumbs = above
            .into_iter()
            .chain([Crumb::here(title.clone())])
            .collect();
        Place { title, crumbs }
    }
}

/// A request for a page, as far as the shell needs it.
#[derive(Debug, Clone, Copy)]
pub struct Visit<'a> {
    /// Where the person went.
    pub uri: &'a Uri,
    /// What the browser sent along.
    pub headers: &'a HeaderMap,
}

impl Visit<'_> {
    /// The words in the language of the person.
    pub fn texts(&self, app: &App) -> Texts {
        app.texts(self.headers)
    }
}

impl Shell {
    /// The shell of a page at `place` for `viewer`.
    ///
    /// # Errors
    ///
    /// What the catalog or the policy answers when it cannot be asked.
    pub fn of(app: &App, viewer: &Viewer, visit: Visit<'_>, place: Place) -> Result<Shell, Error> {
        let sight = Sight::of(app, &viewer.principal, visit.texts(app))?;
        let path = visit.uri.path();
        let t = sight.t.clone();
        let mut shell = Shell {
            t: t.clone(),
            title: place.title,
            branding: app.brand().branding.head(),
            brand: app.brand().title.clone(),
            has_logo: app.brand().sidebar.has_logo,
            logo: app.brand().branding.full_logo(),
            has_search: app.brand().sidebar.has_search,
            announcement: app.brand().announcement.clone(),
            stale_since: stale_since(app),
            preferences: Preferences::of(visit.headers),
            crumbs: place.crumbs,
            main: Vec::new(),
            groups: groups(&sight, viewer, path),
            foot: Vec::new(),
            administration: administration(app, viewer, &t, path),
            person: Person::of(&sight, viewer),
            csrf: viewer.session.csrf.clone(),
            here: visit
                .uri
                .path_and_query()
                .map_or("/", |here| here.as_str())
                .to_owned(),
            flash: Flash::of(app.core(), visit.headers, viewer),
        };
        if app.brand().sidebar.has_administration {
            shell.foot = NavLink::to_administration(&shell.administration, &t);
        }
        for item in app.nav() {
            if !is_open(app, viewer, item) {
                continue;
            }
            let Some(link) = NavLink::of(app, item, &t, path) else {
                continue;
            };
            match item.place {
                NavPlace::Main => shell.main.push(link),
                NavPlace::Foot => shell.foot.push(link),
                NavPlace::Administration { .. } => {}
            }
        }
        // The group is more exact than the catalog that it is in.
        if shell.groups.iter().any(|group| group.is_current) {
            shell
                .main
                .iter_mut()
                .for_each(|link| link.is_current = false);
        }
        // Features register in an order of their own; home is always the first.
        shell.main.sort_by_key(|link| link.href != "/");
        Ok(shell)
    }

    /// Whether the sidebar leads to `href`, as it does for whomever that page opens.
    pub fn leads_to(&self, href: &str) -> bool {
        let mut links = self.main.iter().chain(&self.foot);
        links.any(|link| link.href == href)
    }
}

/// Since when nothing new is known, in hours and minutes of UTC.
fn stale_since(app: &App) -> Option<String> {
    let since = Freshness::of(app.core()).stale_since()?;
    Some(since.strftime("%H:%M UTC").to_string())
}

/// Whether the item is shown: not when its permission is a flat denial, or the configuration
/// turns it off.
fn is_open(app: &App, viewer: &Viewer, item: &NavItem) -> bool {
    if item.href == "/settings" && !app.brand().sidebar.has_settings {
        return false;
    }
    item.guard.admits(app, &viewer.principal)
}

/// The tabs of the administration that open for the person.
fn administration(app: &App, viewer: &Viewer, t: &Texts, path: &str) -> Vec<NavLink> {
    if !app.has_administration() {
        return Vec::new();
    }
    let mut tabs: Vec<_> = app
        .nav()
        .iter()
        .filter_map(|item| match item.place {
            NavPlace::Administration { rank } => Some((rank, item)),
            NavPlace::Main | NavPlace::Foot => None,
        })
        .filter(|(_, item)| is_open(app, viewer, item))
        .collect();
    tabs.sort_by_key(|(rank, _)| *rank);
    let mut links: Vec<_> = tabs
        .into_iter()
        .filter_map(|(_, item)| NavLink::of(app, item, t, path))
        .collect();
    // The tab of the roles stands above the paths of the others: the longest that fits counts.
    let current = links
        .iter()
        .filter(|link| link.is_current)
        .map(|link| link.href.len())
        .max();
    for link in &mut links {
        link.is_current &= Some(link.href.len()) == current;
    }
    links
}

impl NavLink {
    /// `None` when the item names an icon that the sprite does not have.
    fn of(app: &App, item: &NavItem, t: &Texts, path: &str) -> Option<NavLink> {
        let icon = Icon::ALL
            .iter()
            .copied()
            .find(|icon| icon.id() == item.icon)?;
        let key = match item.href {
            "/" => Some('h'),
            "/catalog" => Some('c'),
            "/api-docs" => Some('a'),
            "/rbac" => Some('r'),
            "/rbac/test" => Some('t'),
            "/settings" => Some('s'),
            _ => None,
        };
        let own = app.dynamic_plugins().menu_item(item.href);
        Some(NavLink {
            label: own.map_or_else(|| t.say(item.label).to_string(), str::to_owned),
            href: item.href,
            icon,
            short: (item.href == "/create").then(|| t.say("nav-create-short").to_string()),
            is_sub: false,
            is_current: is_under(path, item.href),
            key,
        })
    }
}

impl NavLink {
    /// The way to the administration, and below it, while it is open, to the roles.
    fn to_administration(tabs: &[NavLink], t: &Texts) -> Vec<NavLink> {
        let Some(first) = tabs.first() else {
            return Vec::new();
        };
        let is_current = tabs.iter().any(|tab| tab.is_current);
        let item = NavLink {
            label: t.say("nav-administration").to_string(),
            short: Some(t.say("nav-administration-short").to_string()),
            icon: Icon::Shield,
            is_current,
            ..first.clone()
        };
        let roles = tabs.iter().find(|tab| tab.href == ROLES && is_current);
        let roles = roles.map(|tab| NavLink {
            is_sub: true,
            is_current: false,
            key: None,
            ..tab.clone()
        });
        [item].into_iter().chain(roles).collect()
    }
}

/// Whether `path` is `href` or a page below it; the home page has none below it.
fn is_under(path: &str, href: &str) -> bool {
    path == href
        || (href != "/"
            && path
                .strip_prefix(href)
                .is_some_and(|rest| rest.starts_with('/')))
}

/// The groups that the person is a member of, as far as the person may see them.
fn groups(sight: &Sight, viewer: &Viewer, path: &str) -> Vec<GroupLink> {
    let refs = viewer
        .user
        .ownership
        .iter()
        .filter_map(|owner| EntityRef::parse(owner).ok());
    let groups = refs
        .filter(|owner| owner.kind() == "group")
        .filter_map(|owner| sight.find(&owner));
    groups
        .take(MAX_GROUPS)
        .map(|group| GroupLink::of(group, path))
        .collect()
}

impl GroupLink {
    fn of(group: &Entity, path: &str) -> GroupLink {
        let label = crate::ui::entity::title_of(group).into_owned();
        let href = crate::ui::entity::href_of(group.entity_ref());
        GroupLink {
            avatar: Avatar::group(&label),
            is_current: path == href,
            label,
            href,
        }
    }
}

impl Person {
    fn of(sight: &Sight, viewer: &Viewer) -> Person {
        let entity_ref = viewer.user.entity_ref.to_string();
        // One's own name and address are no secret from oneself, whatever the policy says.
        let own = sight.find_unchecked(&entity_ref);
        let name = own.map(|user| crate::ui::entity::title_of(user).into_owned());
        // The provider knows them where the catalog does not.
        let told = &viewer.session.profile;
        let name = name.or_else(|| told.display_name.clone());
        let name = name.unwrap_or_else(|| name_of(&entity_ref));
        let email = own
            .and_then(|user| user.text_at(&["spec", "profile", "email"]))
            .map(Cow::into_owned);
        let email = email.or_else(|| told.email.clone());
        let parsed = EntityRef::parse(&entity_ref).ok();
        let href = parsed
            .filter(|user| sight.find(user).is_some())
            .map(|user| crate::ui::entity::href_of(&user));
        let first_name = name
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .to_owned();
        Person {
            avatar: Avatar::person(&name),
            first_name,
            name,
            email,
            entity_ref,
            href,
        }
    }
}

/// The name part of a reference, with a capital: `user:default/guest` is Guest.
fn name_of(entity_ref: &str) -> String {
    let name = entity_ref.rsplit('/').next().unwrap_or_default();
    capitalised(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_current_on_its_page_and_below() {
        assert!(is_under("/catalog", "/catalog"));
        assert!(is_under("/catalog/default/api/seating", "/catalog"));
        assert!(!is_under("/catalogue", "/catalog"));
        assert!(is_under("/", "/"));
        assert!(!is_under("/catalog", "/"));
    }

    #[test]
    fn a_person_unknown_to_the_catalog_is_called_by_the_reference() {
        assert_eq!(name_of("user:default/guest"), "Guest");
        assert_eq!(name_of("user:default/élise"), "Élise");
    }
}
