//! `/catalog-import/result`: what came of a registration.

use super::review::location_at;
use super::{Asked, enter};
use crate::catalog::emitted::ORIGIN_ANNOTATION;
use crate::error::Error;
use crate::ui::entity::{Related, Sight};
use crate::ui::{Crumb, Icon, Page, PageRequest, Place, Shell, Texts, Wants, query_value};
use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use callboard_catalog::{Filter, Match, OrderField};

/// How many entities are listed; the others are counted.
const MAX_ROWS: usize = 50;

/// What has come of a location so far.
struct Arrived {
    t: Texts,
    target: String,
    /// Whether it is registered, as far as this hub knows.
    is_registered: bool,
    rows: Vec<Related>,
    total: u64,
    /// What is wrong with the location.
    problems: Vec<String>,
    /// Where the same is asked again.
    href: String,
}

impl Arrived {
    /// Whether more is to come: nothing has arrived, and nothing says why.
    fn is_waiting(&self) -> bool {
        self.is_registered && self.rows.is_empty() && self.problems.is_empty()
    }
}

#[derive(Template)]
#[template(path = "catalog/templates/import_result_page.html")]
struct ResultPage {
    shell: Shell,
    arrived: Arrived,
}

#[derive(Template)]
#[template(path = "catalog/templates/import_result.html")]
struct ResultFragment {
    arrived: Arrived,
}

/// `GET /catalog-import/result?url=`: the entities that came from a location.
///
/// Permissions: `catalog.entity.create` and `catalog.location.create`; `catalog.entity.read`
/// decides which entities are shown.
pub(in crate::catalog::views) async fn result(
    asked: PageRequest,
    wants: Wants,
    Query(Asked { url }): Query<Asked>,
) -> Result<Response, Error> {
    enter(&asked)?;
    let arrived = arrived(&asked, url)?;
    if wants == Wants::Fragment {
        return Ok(Page(ResultFragment { arrived }).into_response());
    }
    let t = &arrived.t;
    let above = [
        Crumb::link(t.say("nav-catalog"), "/catalog"),
        Crumb::link(t.say("import-title"), super::PATH),
    ];
    let shell = asked.shell(Place::below(above, t.say("import-result")))?;
    Ok(Page(ResultPage { shell, arrived }).into_response())
}

fn arrived(asked: &PageRequest, url: String) -> Result<Arrived, Error> {
    let sight = Sight::of(&asked.app, &asked.viewer.principal, asked.texts())?;
    let location = location_at(&url);
    let root = location.entity_ref();
    let key = format!("metadata.annotations.{ORIGIN_ANNOTATION}");
    let from_there = Filter::from(Match::one_of(&key, [location.to_string()]));
    // The entity that stands for the location is no news.
    let itself = sight.among([root.as_str()]);
    let others = Filter(callboard_policy::Criteria::not(itself.0));
    let page = sight.query(callboard_catalog::Query {
        filter: Some(Filter::all_of([from_there, others])),
        order: vec![OrderField::ascending("metadata.name")],
        limit: Some(MAX_ROWS),
        ..callboard_catalog::Query::default()
    });
    let state = asked.app.catalog().state();
    let errors = state.record(&root).map(|record| record.errors.clone());
    let query = query_value(&url);
    Ok(Arrived {
        is_registered: asked.app.catalog().is_registered(&location),
        rows: page
            .entities
            .iter()
            .map(|entity| Related::new(&sight, entity.entity_ref()))
            .collect(),
        total: page.total,
        problems: errors
            .iter()
            .flat_map(|errors| errors.iter())
            .map(|error| error.message.clone())
            .collect(),
        href: format!("{}/result?url={query}", super::PATH),
        target: url,
        t: sight.t.clone(),
    })
}
