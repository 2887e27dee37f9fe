//! `/catalog/star`: an entity gets a star, or loses it.

use crate::auth::{CsrfForm, local_path};
use crate::error::Error;
use crate::personal::{Keeper, Stars};
use crate::ui::entity::{Sight, StarButton, title_of};
use crate::ui::{Icon, Page, PageRequest, Wants, see_other};
use askama::Template;
use axum::response::{IntoResponse, Response};
use callboard_catalog::EntityRef;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "catalog/templates/star.html")]
struct StarFragment {
    star: StarButton,
}

/// What the button sends; one of the references is there.
#[derive(Debug, Deserialize)]
pub(super) struct StarFields {
    /// What is to have a star.
    star: Option<String>,
    /// What is to have none.
    unstar: Option<String>,
    /// The page that the button is on.
    back: Option<String>,
}

/// `POST /catalog/star`: the button as it is then, or the page again that it is on.
///
/// For people who are signed in; what they star they may read by `catalog.entity.read`, and it is
/// for nobody but themselves.
pub(super) async fn set(
    asked: PageRequest,
    wants: Wants,
    CsrfForm(fields): CsrfForm<StarFields>,
) -> Result<Response, Error> {
    let (named, is_starred) = match (&fields.star, &fields.unstar) {
        (Some(named), None) => (named, true),
        (None, Some(named)) => (named, false),
        (Some(_), Some(_)) | (None, None) => {
            return Err(Error::Input("one of star and unstar is needed".to_owned()));
        }
    };
    let entity_ref = EntityRef::parse(named).map_err(|error| Error::Input(error.to_string()))?;
    let sight = Sight::of(&asked.app, &asked.viewer.principal, asked.texts())?;
    let title = sight.find(&entity_ref).map(title_of);
    if is_starred && title.is_none() {
        return Err(Error::NotFound(format!("No such entity {entity_ref}")));
    }
    let title = title.unwrap_or(entity_ref.name().into()).into_owned();
    let keeper = Keeper::of(&asked.viewer);
    Stars::set(&asked.app, keeper, entity_ref.clone(), is_starred).await?;
    if wants == Wants::Fragment {
        let star = StarButton::new(&sight.t, entity_ref.as_str(), &title, is_starred);
        return Ok(Page(StarFragment { star }).into_response());
    }
    let back = fields.back.as_deref().and_then(local_path);
    Ok(see_other(back.unwrap_or("/catalog")))
}
