//! The options of the command palette: entities, places, commands.

use crate::app::App;
use crate::auth::Viewer;
use crate::error::Error;
use crate::ui::entity::{RefLink, Sight};
use crate::ui::{Avatar, Icon, NavLink, Page, Place, Shell, Tile, Visit};
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use callboard_catalog::{Entity, EntityRef};
use callboard_search::{Likeness, Query, Term, Word, words};
use url::form_urlencoded;

/// How many entities are shown.
const MAX_ENTITIES: usize = 8;
/// How many of those that were opened last are.
const MAX_RECENT: usize = 5;

/// What somebody does without going anywhere; the page's script knows each by its name.
const COMMANDS: [(&str, &str, Icon, &str); 3] = [
    ("switch-theme", "Switch theme", Icon::Moon, "gd"),
    ("copy-link", "Copy a link to this page", Icon::Copy, ""),
    ("sign-out", "Sign out", Icon::LogOut, ""),
];

#[derive(Template)]
#[template(path = "search/templates/palette.html")]
struct Palette {
    groups: Vec<Group>,
}

/// Options of one sort.
struct Group {
    caption: &'static str,
    options: Vec<Choice>,
}

/// One option.
struct Choice {
    /// Its place among all, from 0; the first is selected.
    number: usize,
    mark: Mark,
    label: String,
    target: Target,
    /// A word about it, such as the kind of an entity.
    note: String,
    /// The keys that do the same.
    keys: String,
}

/// What stands before the words.
enum Mark {
    Icon(Icon),
    Tile(Tile),
    Avatar(Avatar),
}

/// What an option leads to.
enum Target {
    Page(String),
    Command(&'static str),
}

/// What was typed.
struct Typed {
    query: Query,
    scope: Scope,
    /// References of entities that the browser remembers to have opened.
    recent: Vec<EntityRef>,
}

/// Which sorts of options are wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// Nothing was typed: what was opened last, and all places.
    Start,
    /// Everything that matches.
    Matches,
    /// Commands only, after a `>`.
    Commands,
}

/// `GET /search/palette`: the options for `q`, as a fragment; without it, what was opened last.
///
/// Each `recent` is the reference of an entity that was opened, the last one first.
/// Permission: none; entities are those that `catalog.entity.read` lets the person read, places
/// those of the sidebar.
pub(super) async fn palette(
    State(app): State<App>,
    viewer: Viewer,
    uri: Uri,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let typed = Typed::read(&query.unwrap_or_default(), app.search().limits().term);
    let visit = Visit {
        uri: &uri,
        headers: &headers,
    };
    let shell = Shell::of(&app, &viewer, visit, Place::default())?;
    let entities = match typed.scope {
        Scope::Start => Group {
            caption: "Recently opened",
            options: recent(
                &Sight::of(&app, &viewer.principal, app.texts(&headers))?,
                &typed.recent,
            ),
        },
        Scope::Matches => {
            let found = app
                .search()
                .entities(&app, &viewer.principal, typed.query.clone())
                .await?;
            Group {
                caption: "Catalog",
                options: found.iter().map(|entity| Choice::entity(entity)).collect(),
            }
        }
        Scope::Commands => Group::empty("Catalog"),
    };
    let places = match typed.scope {
        Scope::Commands => Group::empty("Go to"),
        Scope::Start | Scope::Matches => Group {
            caption: "Go to",
            options: matching(places(shell), &typed),
        },
    };
    let commands = match typed.scope {
        Scope::Start => Group::empty("Commands"),
        Scope::Matches | Scope::Commands => Group {
            caption: "Commands",
            options: matching(COMMANDS.map(Choice::command).into(), &typed),
        },
    };
    let mut groups = vec![entities, places, commands];
    groups.retain(|group| !group.options.is_empty());
    let options = groups.iter_mut().flat_map(|group| &mut group.options);
    for (option, number) in options.zip(0..) {
        option.number = number;
    }
    Ok(Page(Palette { groups }).into_response())
}

impl Typed {
    /// Reads a query string; of what was typed, the first `longest` letters count.
    fn read(query: &str, longest: usize) -> Typed {
        let (mut text, mut recent) = (String::new(), Vec::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "q" => text = value.chars().take(longest).collect(),
                "recent" if recent.len() < MAX_RECENT => {
                    recent.extend(EntityRef::parse(&value).ok());
                }
                _ => {}
            }
        }
        let text = text.trim();
        let (text, scope) = match text.strip_prefix('>') {
            Some(command) => (command, Scope::Commands),
            None if text.is_empty() => (text, Scope::Start),
            None => (text, Scope::Matches),
        };
        Typed {
            query: Query {
                wanted: MAX_ENTITIES,
                ..Query::new(text)
            },
            scope,
            recent,
        }
    }
}

impl Group {
    fn empty(caption: &'static str) -> Group {
        Group {
            caption,
            options: Vec::new(),
        }
    }
}

impl Choice {
    fn entity(entity: &Entity) -> Choice {
        let link = RefLink::to(entity);
        Choice {
            number: 0,
            mark: match link.avatar {
                Some(avatar) => Mark::Avatar(avatar),
                None => Mark::Tile(link.tile),
            },
            label: link.label,
            target: Target::Page(link.href.unwrap_or_default()),
            note: entity.entity_ref().kind().to_owned(),
            keys: String::new(),
        }
    }

    fn command((name, label, icon, keys): (&'static str, &str, Icon, &str)) -> Choice {
        Choice {
            number: 0,
            mark: Mark::Icon(icon),
            label: label.to_owned(),
            target: Target::Command(name),
            note: String::new(),
            keys: keys.to_owned(),
        }
    }
}

/// Those of the remembered entities that are there still and that the person may read.
fn recent(sight: &Sight, refs: &[EntityRef]) -> Vec<Choice> {
    let entities = refs.iter().filter_map(|entity_ref| sight.find(entity_ref));
    entities.map(Choice::entity).collect()
}

/// Everywhere that the sidebar leads to.
fn places(shell: Shell) -> Vec<Choice> {
    let groups = shell.groups.into_iter().map(|group| Choice {
        number: 0,
        mark: Mark::Avatar(group.avatar),
        label: group.label,
        target: Target::Page(group.href),
        note: "group".to_owned(),
        keys: String::new(),
    });
    let place = |link: NavLink| Choice {
        number: 0,
        mark: Mark::Icon(link.icon),
        label: link.label.to_owned(),
        target: Target::Page(link.href.to_owned()),
        note: String::new(),
        keys: link.key.map(|key| format!("g{key}")).unwrap_or_default(),
    };
    let main = shell.main.into_iter().map(place);
    main.chain(groups)
        .chain(shell.foot.into_iter().map(place))
        .collect()
}

/// The options that have all words of what was typed; all of them when there are none.
fn matching(mut options: Vec<Choice>, typed: &Typed) -> Vec<Choice> {
    options.retain(|option| {
        // Of so few, none is missed for a typo, and a wrong one would stand out.
        let is_begun =
            |term: &Term, word: Word| term.likeness(&word.folded) >= Some(Likeness::Prefix);
        let in_label = |term: &Term| words(&option.label).any(|word| is_begun(term, word));
        typed.query.terms.iter().all(in_label)
    });
    options
}
