//! `/catalog-import`: a location is chosen, reviewed and registered.

mod descriptor;
mod result;
mod review;
mod target;

pub(super) use descriptor::download;
pub(super) use result::result;

use crate::audit::{Operation, Requester};
use crate::auth::CsrfForm;
use crate::catalog::permissions::{ENTITY_CREATE, LOCATION_CREATE, PLUGIN};
use crate::catalog::registration::{OnConflict, location_meta};
use crate::catalog::{Catalog, Location};
use crate::error::Error;
use crate::guard::Guard;
use crate::ui::entity::CellValue;
use crate::ui::{Crumb, Flash, Icon, Page, PageRequest, Place, Shell, Texts, Wants};
use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use review::Review;
use serde::Deserialize;
use serde_json::json;
use target::Target;

/// The page.
pub(super) const PATH: &str = "/catalog-import";

/// What was found, and what comes of it: the part of the page that changes.
struct Analysis {
    t: Texts,
    csrf: String,
    /// The address as it was typed.
    url: String,
    /// What is wrong with it.
    error: Option<String>,
    /// What the address leads to; absent before somebody asked.
    review: Option<Review>,
}

#[derive(Template)]
#[template(path = "catalog/templates/import_page.html")]
struct ImportPage {
    shell: Shell,
    analysis: Analysis,
}

#[derive(Template)]
#[template(path = "catalog/templates/import.html")]
struct ImportFragment {
    analysis: Analysis,
}

#[derive(Template)]
#[template(path = "catalog/templates/import_error.html")]
struct ErrorFragment {
    error: Option<String>,
}

/// The address that a page is about.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    url: String,
}

/// What the form sends.
#[derive(Debug, Deserialize)]
pub(super) struct ImportFields {
    url: String,
    /// What is to be done with the address.
    #[serde(default)]
    act: Act,
}

/// What is to be done with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Act {
    /// Say what it leads to.
    #[default]
    Review,
    /// Register it.
    Register,
}

/// `GET /catalog-import?url=`: the first step.
///
/// Permissions: `catalog.entity.create` and `catalog.location.create`.
pub(super) async fn page(
    asked: PageRequest,
    Query(Asked { url }): Query<Asked>,
) -> Result<Response, Error> {
    enter(&asked)?;
    let analysis = Analysis::new(&asked, &url);
    Ok(Page(asked.import_page(analysis)?).into_response())
}

/// `GET /catalog-import/check?url=`: what is wrong with an address, as far as that shows without
/// asking its host.
///
/// Permissions: `catalog.entity.create` and `catalog.location.create`.
pub(super) async fn check(
    asked: PageRequest,
    Query(Asked { url }): Query<Asked>,
) -> Result<Response, Error> {
    enter(&asked)?;
    let target = Target::parse(&asked.app, &asked.texts(), &url);
    let error = target.err().filter(|_| !url.trim().is_empty());
    Ok(Page(ErrorFragment { error }).into_response())
}

/// `POST /catalog-import`: the review of what an address leads to, or its registration.
///
/// Permissions: `catalog.entity.create` and `catalog.location.create`.
pub(super) async fn submit(
    asked: PageRequest,
    wants: Wants,
    requester: Requester,
    CsrfForm(fields): CsrfForm<ImportFields>,
) -> Result<Response, Error> {
    enter(&asked)?;
    let requester = requester.known_as(asked.viewer.user.entity_ref.as_str());
    let mut analysis = Analysis::new(&asked, &fields.url);
    match Target::parse(&asked.app, &analysis.t, &analysis.url) {
        Err(error) => analysis.error = Some(error),
        Ok(target) => match fields.act {
            Act::Review => {
                analysis.review = Some(Review::of(&asked, requester, target).await?);
            }
            Act::Register => return register(&asked, requester, target).await,
        },
    }
    let status = match analysis.error {
        None => StatusCode::OK,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Ok(match wants {
        Wants::Fragment => Page(ImportFragment { analysis }).with_status(status),
        Wants::Page => Page(asked.import_page(analysis)?).with_status(status),
    })
}

async fn register(
    asked: &PageRequest,
    requester: Requester,
    target: Target,
) -> Result<Response, Error> {
    let app = &asked.app;
    let location = Location::url(&target.url);
    let was_known = app.catalog().is_registered(&location);
    let meta = json!({
        "actionType": "create",
        "location": location_meta(&location),
        "isDryRun": false,
    });
    let operation = Operation::begin(requester, PLUGIN, "location-mutate", meta);
    let principal = &asked.viewer.principal;
    Catalog::register_location(app, principal, operation, location, OnConflict::Refresh).await?;
    let t = asked.texts();
    let text = match was_known {
        true => t.say("import-read-again"),
        false => t.say("import-registered"),
    };
    let flash = Flash::done(text.with("url", target.url.as_str()));
    Ok(asked.see_other(&target.result_href(), &flash))
}

/// Lets in whoever may register.
fn enter(asked: &PageRequest) -> Result<(), Error> {
    asked.enter(&Guard::Outright(ENTITY_CREATE.clone()))?;
    asked.enter(&Guard::Outright(LOCATION_CREATE.clone()))
}

impl Analysis {
    fn new(asked: &PageRequest, url: &str) -> Analysis {
        Analysis {
            t: asked.texts(),
            csrf: asked.viewer.session.csrf.clone(),
            url: url.trim().to_owned(),
            error: None,
            review: None,
        }
    }
}

impl PageRequest {
    fn import_page(&self, analysis: Analysis) -> Result<ImportPage, Error> {
        let above = Crumb::link(analysis.t.say("nav-catalog"), "/catalog");
        let place = Place::below([above], analysis.t.say("import-title"));
        let shell = self.shell(place)?;
        Ok(ImportPage { shell, analysis })
    }
}
