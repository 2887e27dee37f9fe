//! The pages of the wizard: what is asked for, what a form does, and what is answered.

use super::asked::Asked;
use super::input::Fields;
use super::member;
use super::page::{OptionList, Suggestions};
use super::press::Outcome;
use super::suggestion::Topic;
use super::writing::Writing;
use crate::app::App;
use crate::audit::Requester;
use crate::auth::CsrfForm;
use crate::error::Error;
use crate::guard::Guard;
use crate::principal::Principal;
use crate::rbac::permissions::{POLICY_CREATE, POLICY_UPDATE};
use crate::rbac::views::address::RolePath;
use crate::rbac::views::sight::RoleSight;
use crate::ui::entity::Sight;
use crate::ui::{Page, PageRequest};
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::task::spawn_blocking;
use url::form_urlencoded;

/// `GET /rbac/role/new`, at `step`; with `copy` the new role begins as that one.
///
/// Permission: `policy.entity.create`, and `catalog.entity.read` for some user or group.
pub(super) async fn show_new(
    request: PageRequest,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let asked = Asked::new(&query.unwrap_or_default());
    let writing = Writing::of_new(request, asked).await?;
    writing.show(Outcome::default(), None, StatusCode::OK).await
}

/// `POST /rbac/role/new`: the fields of a step, and the button `op`.
///
/// Permission: as `GET`.
pub(super) async fn post_new(
    request: PageRequest,
    RawQuery(query): RawQuery,
    requester: Requester,
    CsrfForm(fields): CsrfForm<Fields>,
) -> Result<Response, Error> {
    let asked = Asked::new(&query.unwrap_or_default());
    let writing = Writing::of_new(request, asked).await?;
    writing.post(requester, fields).await
}

/// `GET /rbac/role/{kind}/{namespace}/{name}`, at `step`, or at `activeStep`, which counts from 0.
///
/// Permission: `policy.entity.update` on the role, which `policy.entity.read` lets the person see,
/// and `catalog.entity.read` for some user or group. A role of another source is only shown.
pub(super) async fn show_edit(
    request: PageRequest,
    Path(path): Path<RolePath>,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let asked = Asked::new(&query.unwrap_or_default());
    let writing = Writing::of_role(request, asked, &path.role()?).await?;
    if let Some(locked) = writing.lock()? {
        return writing.show_locked(locked);
    }
    writing.show(Outcome::default(), None, StatusCode::OK).await
}

/// `POST /rbac/role/{kind}/{namespace}/{name}`: the fields of a step, and the button `op`.
///
/// Permission: as `GET`.
pub(super) async fn post_edit(
    request: PageRequest,
    Path(path): Path<RolePath>,
    RawQuery(query): RawQuery,
    requester: Requester,
    CsrfForm(fields): CsrfForm<Fields>,
) -> Result<Response, Error> {
    let asked = Asked::new(&query.unwrap_or_default());
    let writing = Writing::of_role(request, asked, &path.role()?).await?;
    if let Some(locked) = writing.lock()? {
        return Err(Error::NotAllowed(locked.reason));
    }
    writing.post(requester, fields).await
}

/// `GET /rbac/members`: the users and groups whose names have `q` in them, as options.
///
/// Permission: `policy.entity.create` or `policy.entity.update`; it offers whom
/// `catalog.entity.read` lets the person read.
pub(super) async fn members(
    request: PageRequest,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    enter(&request)?;
    let query = query.unwrap_or_default();
    // The field of the wizard sends itself.
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let text = pairs.find(|(name, _)| name == "q" || name == "add-users-and-groups");
    let text = text.map(|(_, text)| text.into_owned()).unwrap_or_default();
    // A single letter is in the names of half a million people.
    let list = look(&request, move |_, _, sight| {
        let found = member::find(&sight, &text);
        OptionList {
            t: sight.t,
            text,
            found,
        }
    });
    Ok(Page(list.await?).into_response())
}

/// `GET /rbac/suggestions?list=&of=`: what fits a field of the third step and has in it what was
/// typed, as options.
///
/// Permission: `policy.entity.create` or `policy.entity.update`; it offers what
/// `catalog.entity.read` and `policy.entity.read` let the person read.
pub(super) async fn suggestions(
    request: PageRequest,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    enter(&request)?;
    let query = query.unwrap_or_default();
    let value = |is_it: &dyn Fn(&str) -> bool| {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let found = pairs.find(|(name, _)| is_it(name));
        found
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    };
    let [list, of] = ["list", "of"].map(|wanted| value(&|name| name == wanted));
    // The field sends itself.
    let is_field =
        |name: &str| name.starts_with("param:") || name == "copy-from" || name == "preview-for";
    let text = value(&is_field);
    let topic = Topic::named(&list, &of);
    let topic = topic.ok_or_else(|| Error::NotFound("There is no such list".to_owned()))?;
    // A large catalog has many keys and values.
    let suggestions = look(&request, move |app, principal, sight| {
        let roles = RoleSight::of(app, principal, &sight).ok();
        let choices = topic.choices(&sight, roles.as_ref(), &text);
        Suggestions { choices }
    });
    Ok(Page(suggestions.await?).into_response())
}

/// Finds something in what the person may read, away from the threads that answer requests.
async fn look<T: Send + 'static>(
    request: &PageRequest,
    find: impl FnOnce(&App, &Principal, Sight) -> T + Send + 'static,
) -> Result<T, Error> {
    let (app, principal, t) = (
        request.app.clone(),
        request.viewer.principal.clone(),
        request.texts(),
    );
    let find = move || Ok(find(&app, &principal, Sight::of(&app, &principal, t)?));
    spawn_blocking(find).await.map_err(Error::internal)?
}

/// Lets in who writes roles.
fn enter(request: &PageRequest) -> Result<(), Error> {
    let create = Guard::Outright(POLICY_CREATE.clone());
    if request.enter_administration(&create).is_err() {
        request.enter_administration(&Guard::Any(POLICY_UPDATE.clone()))?;
    }
    Ok(())
}
