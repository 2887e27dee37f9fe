//! Errors as pages: a closed door, nothing there, something broke.

use crate::app::App;
use crate::auth::{MaybeViewer, Viewer};
use crate::error::{Error, Failure};
use crate::http::{error_body, panic};
use crate::ui::{
    Contact, Head, Icon, Page, Place, Question, Shell, Texts, Theme, Tone, Visit, Wants,
    capitalised,
};
use askama::Template;
use axum::extract::{FromRequestParts, Request};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header, request::Parts};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Where somebody goes on who asked for what is not there.
const CATALOG: &str = "/catalog";

/// What a page says instead of what was asked for.
#[derive(Debug, Clone)]
pub(super) struct Notice {
    /// What stands above the heading.
    pub icon: Icon,
    /// Its colour.
    pub tone: Tone,
    /// The words of the page.
    pub t: Texts,
    /// A few words.
    pub heading: String,
    /// The sentence below.
    pub text: NoticeText,
    /// The way out: words and address.
    pub action: Option<(String, String)>,
}

/// The sentence of a [`Notice`].
#[derive(Debug, Clone)]
pub(super) enum NoticeText {
    /// As it stands.
    Plain(String),
    /// Which permission opens the door, and who can be asked for it.
    Door {
        /// The permission's name.
        permission: Option<String>,
        /// Whom to ask.
        contact: Option<Contact>,
    },
    /// How permissions are turned on.
    PermissionsOff,
    /// The id under which the fault is in the log.
    Fault {
        /// The id.
        id: String,
        /// Whether the request could change something.
        is_read: bool,
    },
}

#[derive(Template)]
#[template(path = "ui/templates/notice_page.html")]
struct NoticePage {
    shell: Shell,
    notice: Notice,
}

/// Without the shell, for somebody who is not signed in.
#[derive(Template)]
#[template(path = "ui/templates/notice_bare.html")]
struct BareNotice {
    branding: Head,
    brand: String,
    theme: Theme,
    notice: Notice,
}

/// Shows an error as a page to whoever accepts one, outside `/api`; a panic is one, too.
pub(super) async fn shown(app: &App, request: Request, next: Next) -> Response {
    if !wants_html(&request) {
        return panic::caught(next.run(request)).await;
    }
    let (parts, body) = request.into_parts();
    let mut visitor = parts.clone();
    let mut response = panic::caught(next.run(Request::from_parts(parts, body))).await;
    let Some(Failure(error)) = response.extensions_mut().remove::<Failure>() else {
        return response;
    };

    let notice = Notice::of(app, &error, &visitor);
    let (status, _) = error.wire();
    if Wants::of(&visitor.headers) == Wants::Fragment {
        return keep_content(status, &notice);
    }
    let viewer = MaybeViewer::from_request_parts(&mut visitor, app).await;
    let viewer = viewer.ok().and_then(|MaybeViewer(viewer)| viewer);
    let retry_after = response.headers_mut().remove(header::RETRY_AFTER);
    let mut page = respond(app, viewer.as_ref(), &visitor, notice, status);
    if let Some(retry_after) = retry_after {
        page.headers_mut().insert(header::RETRY_AFTER, retry_after);
    }
    page
}

fn respond(
    app: &App,
    viewer: Option<&Viewer>,
    visitor: &Parts,
    notice: Notice,
    status: StatusCode,
) -> Response {
    let visit = Visit {
        uri: &visitor.uri,
        headers: &visitor.headers,
    };
    // When even the shell cannot be made, the notice alone must do.
    let shell =
        viewer.and_then(|viewer| Shell::of(app, viewer, visit, Place::top(&notice.heading)).ok());
    match shell {
        Some(shell) => {
            let notice = notice.within(&shell);
            Page(NoticePage { shell, notice }).with_status(status)
        }
        None => {
            let theme = Theme::of(&visitor.headers);
            Page(BareNotice {
                branding: app.brand().branding.head(),
                brand: app.brand().title.clone(),
                theme,
                notice,
            })
            .with_status(status)
        }
    }
}

/// A fragment that fails leaves the page as it is; the script says what came of it.
fn keep_content(status: StatusCode, notice: &Notice) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (HeaderName::from_static("hx-reswap"), "none"),
    ];
    (status, headers, notice.in_short(status)).into_response()
}

fn wants_html(request: &Request) -> bool {
    !is_api(request.uri().path()) && accepts_html(request.headers())
}

fn is_api(path: &str) -> bool {
    ["/api", "/.backstage", "/static"].iter().any(|root| {
        path.strip_prefix(root)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

fn accepts_html(headers: &HeaderMap) -> bool {
    headers.get_all(header::ACCEPT).iter().any(|accept| {
        accept
            .to_str()
            .is_ok_and(|accept| accept.contains("text/html"))
    })
}

impl Notice {
    fn of(app: &App, error: &Error, visitor: &Parts) -> Notice {
        let visit = Visit {
            uri: &visitor.uri,
            headers: &visitor.headers,
        };
        let t = visit.texts(app);
        match error {
            Error::NotAllowed(message) if message.is_empty() => Notice::closed_door(app, t, None),
            Error::NotAllowed(message) => Notice {
                text: NoticeText::Plain(sentence(message)),
                ..Notice::closed_door(app, t, None)
            },
            Error::NoEntry { permission } => {
                Notice::closed_door(app, t, Some(permission.to_string()))
            }
            Error::PermissionsOff => Notice::permissions_off(t),
            Error::NotFound(_) | Error::NoRoute => Notice::not_found(t),
            Error::Internal(source) => {
                let id = error_body::report(source.as_ref(), &visitor.method, &visitor.uri);
                Notice::fault(
                    t,
                    NoticeText::Fault {
                        id,
                        is_read: is_read(&visitor.method),
                    },
                    visitor,
                )
            }
            Error::ServiceUnavailable { message, .. } => {
                let (status, _) = error.wire();
                error_body::report_told(error, status, &visitor.method, &visitor.uri);
                Notice::fault(t, NoticeText::Plain(sentence(message)), visitor)
            }
            Error::TooManyRequests { .. } => Notice::refused(t, &error.to_string()),
            Error::Input(message)
            | Error::Authentication(message)
            | Error::Conflict(message)
            | Error::NotImplemented(message)
            | Error::Named { message, .. } => Notice::refused(t, message),
        }
    }

    fn closed_door(app: &App, t: Texts, permission: Option<String>) -> Notice {
        let contact = app.brand().contact.clone();
        let tested = permission.as_ref().filter(|_| app.has_administration());
        let action = match tested {
            Some(permission) => {
                let question = Question {
                    permission: Some(permission),
                    ..Question::default()
                };
                (t.say("door-why").to_string(), question.href())
            }
            None => (t.say("go-home").to_string(), "/".to_owned()),
        };
        Notice {
            icon: Icon::Lock,
            tone: Tone::No,
            heading: t.say("door-closed").to_string(),
            text: NoticeText::Door {
                permission,
                contact,
            },
            action: Some(action),
            t,
        }
    }

    fn permissions_off(t: Texts) -> Notice {
        Notice {
            icon: Icon::Shield,
            tone: Tone::Plain,
            heading: t.say("permissions-off").to_string(),
            text: NoticeText::PermissionsOff,
            action: Some((t.say("go-home").to_string(), "/".to_owned())),
            t,
        }
    }

    fn not_found(t: Texts) -> Notice {
        Notice {
            icon: Icon::CircleDashed,
            tone: Tone::Plain,
            heading: t.say("not-found").to_string(),
            text: NoticeText::Plain(t.say("not-found-text").to_string()),
            action: Some((t.say("go-to-catalog").to_string(), CATALOG.to_owned())),
            t,
        }
    }

    /// The notice for somebody who has this shell: whom the catalog does not open for goes home.
    fn within(mut self, shell: &Shell) -> Notice {
        let is_to_catalog = self
            .action
            .as_ref()
            .is_some_and(|(_, href)| href == CATALOG);
        if is_to_catalog && !shell.leads_to(CATALOG) {
            self.action = Some((self.t.say("go-home").to_string(), "/".to_owned()));
        }
        self
    }

    fn fault(t: Texts, text: NoticeText, visitor: &Parts) -> Notice {
        let again = visitor
            .uri
            .path_and_query()
            .filter(|_| is_read(&visitor.method))
            .map(PathAndQuery::as_str);
        Notice {
            icon: Icon::TriangleAlert,
            tone: Tone::If,
            heading: t.say("fault").to_string(),
            text,
            action: Some(match again {
                Some(here) => (t.say("try-again").to_string(), here.to_owned()),
                None => (t.say("go-home").to_string(), "/".to_owned()),
            }),
            t,
        }
    }

    /// The notice in a line, for whoever stays on the page that they are on.
    fn in_short(&self, status: StatusCode) -> String {
        let text = match &self.text {
            NoticeText::Plain(text) => text.clone(),
            NoticeText::Door { .. } | NoticeText::PermissionsOff => format!("{}.", self.heading),
            NoticeText::Fault { id, .. } => {
                self.t.say("fault-text").with("id", id.as_str()).to_string()
            }
        };
        if status.is_server_error() {
            format!("{}. {text}", self.t.say("not-refreshed"))
        } else {
            text
        }
    }

    fn refused(t: Texts, message: &str) -> Notice {
        Notice {
            icon: Icon::CircleAlert,
            tone: Tone::If,
            heading: t.say("refused").to_string(),
            text: NoticeText::Plain(sentence(message)),
            action: Some((t.say("go-home").to_string(), "/".to_owned())),
            t,
        }
    }
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// Error messages are written for logs: lower case, no full stop.
fn sentence(message: &str) -> String {
    let mut text = capitalised(message);
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_for_programs_never_get_a_page() {
        assert!(
            is_api("/api/catalog/entities")
                && is_api("/api")
                && is_api("/.backstage/health/v1/readiness")
        );
        assert!(!is_api("/api-docs") && !is_api("/catalog"));
    }

    #[test]
    fn a_message_becomes_a_sentence() {
        assert_eq!(
            sentence("the database does not answer"),
            "The database does not answer."
        );
        assert_eq!(sentence("Gone."), "Gone.");
    }
}
