//! The options of the command palette: entities, places, commands.

use crate::error::Error;
use crate::personal::Keeper;
use crate::ui::entity::{RefLink, Sight};
use crate::ui::{Avatar, Icon, NavLink, Page, PageRequest, Place, Shell, Texts, Tile, query_value};
use askama::Template;
use axum::extract::RawQuery;
use axum::response::{IntoResponse, Response};
use callboard_catalog::{Entity, EntityRef};
use callboard_search::{Likeness, Query, Term, Word, words};
use url::form_urlencoded;

/// How many entities are shown.
const MAX_ENTITIES: usize = 8;
/// How many of those that were opened last are.
const MAX_RECENT: usize = 5;

/// What somebody does without going anywhere: the name that the page's script knows, the text,
/// the icon and the keys.
const COMMANDS: [(&str, &str, Icon, &str); 3] = [
    ("switch-theme", "search-command-theme", Icon::Moon, "gd"),
    ("copy-link", "search-command-copy", Icon::Copy, ""),
    ("sign-out", "search-command-sign-out", Icon::LogOut, ""),
];

#[derive(Template)]
#[template(path = "search/templates/palette.html")]
struct Palette {
    t: Texts,
    groups: Vec<Group>,
}

/// Options of one sort.
struct Group {
    /// The name of its caption.
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
    text: String,
    query: Query,
    scope: Scope,
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
/// Permission: none; entities are those that `catalog.entity.read` lets the person read, places
/// those of the sidebar.
pub(super) async fn palette(
    request: PageRequest,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let PageRequest { app, viewer, .. } = &request;
    let typed = Typed::read(&query.unwrap_or_default(), app.search().limits().term);
    let shell = request.shell(Place::default())?;
    let t = shell.t.clone();
    let entities = match typed.scope {
        Scope::Start => Group {
            caption: "search-recent",
            options: recent(&request)?,
        },
        Scope::Matches => {
            let found = app
                .search()
                .entities(app, &viewer.principal, typed.query.clone())
                .await?;
            let mut options: Vec<_> = found.iter().map(|entity| Choice::entity(entity)).collect();
            if !options.is_empty() {
                options.push(Choice::all_results(&t, &typed.text));
            }
            Group {
                caption: "search-catalog",
                options,
            }
        }
        Scope::Commands => Group::empty("search-catalog"),
    };
    let places = match typed.scope {
        Scope::Commands => Group::empty("search-places"),
        Scope::Start | Scope::Matches => Group {
            caption: "search-places",
            options: matching(places(shell), &typed),
        },
    };
    let commands = match typed.scope {
        Scope::Start => Group::empty("search-commands"),
        Scope::Matches | Scope::Commands => Group {
            caption: "search-commands",
            options: matching(
                COMMANDS.map(|command| Choice::command(&t, command)).into(),
                &typed,
            ),
        },
    };
    let mut groups = vec![entities, places, commands];
    groups.retain(|group| !group.options.is_empty());
    let options = groups.iter_mut().flat_map(|group| &mut group.options);
    for (option, number) in options.zip(0..) {
        option.number = number;
    }
    Ok(Page(Palette { t, groups }).into_response())
}

impl Typed {
    /// Reads a query string; of what was typed, the first `longest` letters count.
    fn read(query: &str, longest: usize) -> Typed {
        let typed = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "q");
        let text: String = typed.map_or(String::new(), |(_, value)| {
            value.chars().take(longest).collect()
        });
        let text = text.trim();
        let (text, scope) = match text.strip_prefix('>') {
            Some(command) => (command, Scope::Commands),
            None if text.is_empty() => (text, Scope::Start),
            None => (text, Scope::Matches),
        };
        Typed {
            text: text.to_owned(),
            query: Query {
                wanted: MAX_ENTITIES,
                ..Query::new(text)
            },
            scope,
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

    /// The way to everything that matches.
    fn all_results(t: &Texts, text: &str) -> Choice {
        Choice {
            number: 0,
            mark: Mark::Icon(Icon::Search),
            label: t.say("search-all").with("query", text).to_string(),
            target: Target::Page(format!("/search?query={}", query_value(text))),
            note: String::new(),
            keys: String::new(),
        }
    }

    fn command(t: &Texts, (name, label, icon, keys): (&'static str, &str, Icon, &str)) -> Choice {
        Choice {
            number: 0,
            mark: Mark::Icon(icon),
            label: t.say(label).to_string(),
            target: Target::Command(name),
            note: String::new(),
            keys: keys.to_owned(),
        }
    }
}

/// What the person opened last, as far as it is there still and they may read it.
fn recent(request: &PageRequest) -> Result<Vec<Choice>, Error> {
    let PageRequest { app, viewer, .. } = request;
    let sight = Sight::of(app, &viewer.principal, request.texts())?;
    let visits = app.visits().of(&Keeper::of(viewer));
    let refs = visits
        .iter()
        .filter_map(|visit| EntityRef::parse(&visit.entity_ref).ok());
    let entities = refs.filter_map(|entity_ref| sight.find(&entity_ref).map(Choice::entity));
    Ok(entities.take(MAX_RECENT).collect())
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
        label: link.label,
        target: Target::Page(link.href.to_owned()),
        note: String::new(),
        keys: link.key.map(|key| format!("g{key}")).unwrap_or_default(),
    };
    let main = shell.main.into_iter().map(place);
    let administration = shell.administration.into_iter().map(place);
    let foot = shell
        .foot
        .into_iter()
        .filter(|link| link.href == "/settings");
    main.chain(groups)
        .chain(administration)
        .chain(foot.map(place))
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
