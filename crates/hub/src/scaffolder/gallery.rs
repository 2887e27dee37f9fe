//! `/create`: the templates that a person may read, as cards.

mod query;

use super::TASK_CREATE;
use crate::app::App;
use crate::catalog::Offers;
use crate::error::Error;
use crate::guard::Guard;
use crate::personal::Keeper;
use crate::principal::Principal;
use crate::ui::entity::{RefLink, Sight, StarButton, href_of, tags, targets_of, title_of};
use crate::ui::{Icon, Look, Page, PageRequest, Place, Shell, Texts, Tile, Wants};
use askama::Template;
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use callboard_catalog::{Entity, Query};
use query::{GalleryQuery, templates};
use smol_str::SmolStr;
use std::collections::HashSet;

/// The page.
pub(super) const PATH: &str = "/create";

/// How many cards a page has.
const CARDS: usize = 60;
/// How many tags are offered.
const MAX_TAGS: usize = 60;

/// The part that filters change.
#[derive(Debug)]
struct Gallery {
    t: Texts,
    query: GalleryQuery,
    /// Each with whether it is chosen.
    categories: Vec<(String, bool)>,
    tags: Vec<TagOption>,
    cards: Vec<Card>,
    /// How many templates pass the filters, and how many there are.
    found: u64,
    total: u64,
    first: usize,
    previous: Option<String>,
    next: Option<String>,
}

/// A tag to choose.
#[derive(Debug)]
struct TagOption {
    tag: String,
    count: u64,
    is_chosen: bool,
}

/// A template.
#[derive(Debug)]
struct Card {
    title: String,
    href: String,
    tile: Tile,
    description: Option<String>,
    tags: Vec<String>,
    owner: Option<RefLink>,
    star: StarButton,
    /// Whether the person may run it.
    may_run: bool,
}

#[derive(Template)]
#[template(path = "scaffolder/templates/gallery_page.html")]
struct GalleryPage {
    shell: Shell,
    offers: Offers,
    gallery: Gallery,
}

#[derive(Template)]
#[template(path = "scaffolder/templates/gallery.html")]
struct GalleryFragment {
    gallery: Gallery,
}

/// Whom the page is for: whoever may run templates, or read one.
pub(super) fn guard() -> Guard {
    Guard::Judged {
        by: |app, principal| {
            let may_run = app
                .permission()
                .authorize(app, principal, &TASK_CREATE, None);
            may_run || reads_some(app, principal)
        },
        permission: TASK_CREATE.clone(),
    }
}

fn reads_some(app: &App, principal: &Principal) -> bool {
    let query = Query {
        filter: Some(templates()),
        limit: Some(0),
        ..Query::default()
    };
    let page = app.catalog().query(app, principal, query);
    page.is_ok_and(|page| page.total > 0)
}

/// `GET /create`.
///
/// Permission: `scaffolder.task.create`, or `catalog.entity.read` on some template; the second
/// decides which are shown.
pub(super) async fn gallery(asked: PageRequest, wants: Wants) -> Result<Response, Error> {
    asked.enter(&guard())?;
    let query = GalleryQuery::parse(asked.visit().uri.query().unwrap_or_default());
    let offers = Offers::of(&asked.app, &asked.viewer.principal);
    let gallery = Gallery::of(&asked, query, offers)?;
    if wants == Wants::Fragment {
        let address = gallery.query.href();
        let mut response = Page(GalleryFragment { gallery }).into_response();
        if let Ok(address) = HeaderValue::from_str(&address) {
            let push = HeaderName::from_static("hx-push-url");
            response.headers_mut().insert(push, address);
        }
        return Ok(response);
    }
    let shell = asked.shell(Place::top(gallery.t.say("nav-create")))?;
    let page = GalleryPage {
        shell,
        offers,
        gallery,
    };
    Ok(Page(page).into_response())
}

impl Gallery {
    fn of(asked: &PageRequest, query: GalleryQuery, offers: Offers) -> Result<Gallery, Error> {
        let sight = Sight::of(&asked.app, &asked.viewer.principal, asked.texts())?;
        let page = sight.query(query.select(CARDS));
        let shown = page.entities.len();
        let stars = asked.app.stars().of(&Keeper::of(&asked.viewer));
        let starred: HashSet<&SmolStr> = stars.iter().map(|star| &star.entity_ref).collect();
        let card = |entity: &Entity| {
            let is_starred = starred.contains(entity.entity_ref().as_smol_str());
            Card::of(&sight, entity, is_starred, offers.run)
        };
        let turn = |offset| query.at(offset).href();
        let offset = query.offset;
        let has_more = ((offset + shown) as u64) < page.total;
        Ok(Gallery {
            t: sight.t.clone(),
            categories: categories(&sight, &query),
            tags: tag_options(&sight, &query),
            cards: page.entities.iter().map(|entity| card(entity)).collect(),
            found: page.total,
            total: sight.count(templates()),
            first: offset + 1,
            previous: (offset > 0).then(|| turn(offset.saturating_sub(CARDS))),
            next: (has_more && shown > 0).then(|| turn(offset + CARDS)),
            query,
        })
    }

    /// The number of the last card.
    fn last(&self) -> usize {
        self.first + self.cards.len() - 1
    }
}

impl Card {
    fn of(sight: &Sight, entity: &Entity, is_starred: bool, may_run: bool) -> Card {
        let title = title_of(entity).into_owned();
        let entity_ref = entity.entity_ref();
        let description = entity.description().filter(|text| !text.trim().is_empty());
        Card {
            href: href_of(entity_ref),
            // What a template makes looks like its type.
            tile: Look::of("component", entity.spec_text("type").as_deref()).tile,
            description: description.map(str::to_owned),
            tags: tags(&entity.value()),
            owner: targets_of(sight, entity, "ownedBy").into_iter().next(),
            star: StarButton::new(&sight.t, entity_ref.as_str(), &title, is_starred),
            may_run,
            title,
        }
    }
}

/// The types of templates that the person may read, by name.
fn categories(sight: &Sight, query: &GalleryQuery) -> Vec<(String, bool)> {
    let types = sight.facet("spec.type", Some(&templates())).into_iter();
    let mut types: Vec<_> = types.map(|(name, _)| name).collect();
    types.sort_unstable();
    types
        .into_iter()
        .map(|name| {
            let is_chosen = query.category.as_deref() == Some(&name);
            (name, is_chosen)
        })
        .collect()
}

/// The tags of the templates in the category, those of the most first.
fn tag_options(sight: &Sight, query: &GalleryQuery) -> Vec<TagOption> {
    let mut found = sight.facet("metadata.tags", Some(&query.without_tags()));
    found.sort_by(|(a, m), (b, n)| n.cmp(m).then_with(|| a.cmp(b)));
    let option = |(tag, count): (String, u64)| TagOption {
        is_chosen: query.tags.contains(&tag),
        tag,
        count,
    };
    found.into_iter().take(MAX_TAGS).map(option).collect()
}
