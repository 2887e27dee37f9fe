//! A request for a page, as its handler takes it.

use crate::app::App;
use crate::auth::{MaybeViewer, Viewer};
use crate::error::Error;
use crate::guard::Guard;
use crate::ui::{Flash, Place, Shell, Texts, Visit};
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use std::convert::Infallible;

/// A request for a page, by somebody who is signed in; whoever is not is sent to sign in.
pub struct PageRequest {
    /// The hub.
    pub app: App,
    /// Who looks at the page.
    pub viewer: Viewer,
    uri: Uri,
    headers: HeaderMap,
}

impl PageRequest {
    fn by(viewer: Viewer, app: &App, parts: &Parts) -> PageRequest {
        PageRequest {
            app: app.clone(),
            viewer,
            uri: parts.uri.clone(),
            headers: parts.headers.clone(),
        }
    }

    /// What the browser sent along.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// What the shell takes from the request.
    pub fn visit(&self) -> Visit<'_> {
        Visit {
            uri: &self.uri,
            headers: &self.headers,
        }
    }

    /// The words in the language of the person.
    pub fn texts(&self) -> Texts {
        self.visit().texts(&self.app)
    }

    /// Lets in whom the page is for.
    ///
    /// # Errors
    ///
    /// [`Error::NoEntry`] for everybody else.
    pub fn enter(&self, guard: &Guard) -> Result<(), Error> {
        match guard.permission() {
            Some(permission) if !guard.admits(&self.app, &self.viewer.principal) => {
                Err(Error::NoEntry {
                    permission: permission.name().into(),
                })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Lets in whom a page of the administration is for; nobody while permissions are off, or
    /// while the installation switches these pages off.
    ///
    /// # Errors
    ///
    /// [`Error::PermissionsOff`] or [`Error::NoRoute`]; otherwise as [`PageRequest::enter`].
    pub fn enter_administration(&self, guard: &Guard) -> Result<(), Error> {
        if !self.app.permission().is_enabled() {
            return Err(Error::PermissionsOff);
        }
        if !self.app.has_administration() {
            return Err(Error::NoRoute);
        }
        self.enter(guard)
    }

    /// Sends the browser on to `target`, whose page shows the message.
    pub fn see_other(&self, target: &str, flash: &Flash) -> Response {
        super::see_other_saying(&self.app, &self.viewer, target, flash)
    }

    /// The shell of the page, which stands at `place`.
    ///
    /// # Errors
    ///
    /// As [`Shell::of`].
    pub fn shell(&self, place: Place) -> Result<Shell, Error> {
        Shell::of(&self.app, &self.viewer, self.visit(), place)
    }
}

impl FromRequestParts<App> for PageRequest {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<PageRequest, Response> {
        let viewer = Viewer::from_request_parts(parts, app).await?;
        Ok(PageRequest::by(viewer, app, parts))
    }
}

/// `None` when nobody is signed in: for pages that are there for everybody.
impl OptionalFromRequestParts<App> for PageRequest {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &App,
    ) -> Result<Option<PageRequest>, Infallible> {
        let MaybeViewer(viewer) = MaybeViewer::from_request_parts(parts, app).await?;
        Ok(viewer.map(|viewer| PageRequest::by(viewer, app, parts)))
    }
}
