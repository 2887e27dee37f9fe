//! The policy files: what is loaded from where, what is wrong in it, and what a change would do.

mod dry_run;
mod source;
mod status;

use crate::app::App;
use crate::audit::{Operation, Requester};
use crate::auth::{CsrfForm, CsrfUpload, MAX_UPLOAD, NoFields};
use crate::error::Error;
use crate::feature::{NavItem, NavPlace, Registrar};
use crate::guard::Guard;
use crate::rbac::source::SourceKind;
use crate::rbac::{POLICY_READ, POLICY_UPDATE, reload};
use crate::ui::{Crumb, Flash, Icon, Language, Page, PageRequest, Place, Shell, Texts, Wants};
use askama::Template;
use axum::Router;
use axum::extract::Query;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use dry_run::DryRun;
use serde::Deserialize;
use serde_json::json;
use source::SourceView;
use status::FileCard;
use tokio::task::spawn_blocking;

const PATH: &str = "/rbac/files";

/// How large a file may be that is tried out.
const MEGABYTES: usize = MAX_UPLOAD / (1024 * 1024);

/// Declares the pages, their tab and their words.
pub(super) fn register(hub: &mut Registrar) {
    hub.texts(&[
        (Language::English, include_str!("../../texts/files.en.ftl")),
        (Language::German, include_str!("../../texts/files.de.ftl")),
    ]);
    hub.nav(NavItem {
        label: "files",
        href: PATH,
        icon: "file-text",
        place: NavPlace::Administration { rank: 3 },
        guard: readers(),
    });
    hub.pages(
        Router::new()
            .route(PATH, get(show))
            .route("/rbac/files/try", post(try_out))
            .route("/rbac/files/reload", post(reload_now))
            .route("/rbac/files/download", get(download)),
    );
}

/// Whoever may read roles, be it their own only.
fn readers() -> Guard {
    Guard::Any(POLICY_READ.clone())
}

/// Whoever may read every role: what stands in the files names them.
fn readers_of_all() -> Guard {
    Guard::Outright(POLICY_READ.clone())
}

fn writers() -> Guard {
    Guard::Outright(POLICY_UPDATE.clone())
}

#[derive(Template)]
#[template(path = "rbac/templates/files_page.html")]
struct FilesPage {
    shell: Shell,
    cards: Vec<FileCard>,
    /// Whether what stands in the files may be shown.
    shows_all: bool,
    may_reload: bool,
    /// The file whose lines are shown.
    view: Option<SourceView>,
    trial: Trying,
}

/// The form of the dry run, and what came of it.
struct Trying {
    t: Texts,
    tried: Tried,
}

impl Trying {
    /// How large a file may be.
    fn megabytes(&self) -> usize {
        MEGABYTES
    }
}

/// What was tried out.
#[derive(Default)]
struct Tried {
    /// As it was written, or uploaded.
    text: String,
    /// What came of it; absent before something was tried.
    come: Option<Come>,
}

/// What came of trying a file out.
enum Come {
    /// What it would change.
    Run(DryRun),
    /// Why it was not tried.
    Refused(String),
}

#[derive(Template)]
#[template(path = "rbac/templates/files_trial.html")]
struct TrialFragment {
    trial: Trying,
}

/// What the address says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// Which file, by the last part of its key.
    file: String,
    /// The line that the view begins with.
    from: Option<u32>,
}

/// `GET /rbac/files?file=&from=`.
///
/// Permission: `policy.entity.read`; a conditional right shows the files without what stands in
/// them, as that names roles.
async fn show(request: PageRequest, Query(asked): Query<Asked>) -> Result<Response, Error> {
    request.enter_administration(&readers())?;
    page(&request, &asked, Tried::default(), StatusCode::OK).await
}

async fn page(
    request: &PageRequest,
    asked: &Asked,
    tried: Tried,
    status: StatusCode,
) -> Result<Response, Error> {
    let PageRequest { app, viewer, .. } = request;
    let t = request.texts();
    let shows_all = readers_of_all().admits(app, &viewer.principal);
    let sources = app.rbac().sources();
    let chosen = SourceKind::of_name(&asked.file);
    let chosen = sources
        .iter()
        .find(|source| Some(source.kind) == chosen)
        .or(sources.first());
    let view = match chosen.filter(|_| shows_all) {
        Some(source) => {
            let (app, source) = (app.clone(), source.clone());
            let from = asked.from.unwrap_or(1);
            let view = spawn_blocking(move || SourceView::of(&app, &source, from));
            Some(view.await.map_err(Error::internal)?)
        }
        None => None,
    };
    let cards = sources
        .iter()
        .map(|source| FileCard::new(app, &t, source, shows_all))
        .collect();
    let crumb = Crumb::link(t.say("nav-administration"), "/rbac");
    let shell = request.shell(Place::below([crumb], t.say("files")))?;
    Ok(Page(FilesPage {
        shell,
        cards,
        shows_all,
        may_reload: writers().admits(app, &viewer.principal),
        view,
        trial: Trying { t, tried },
    })
    .with_status(status))
}

/// The form of a dry run.
#[derive(Default, Deserialize)]
#[serde(default)]
struct TryForm {
    /// Which file it would be.
    file: String,
    /// What was pasted.
    text: String,
    /// What was uploaded, which counts before what was pasted.
    upload: String,
}

/// `POST /rbac/files/try`: what a changed file would change. Nothing is written.
///
/// Permission: `policy.entity.read`, allowed outright.
async fn try_out(
    request: PageRequest,
    wants: Wants,
    form: Result<CsrfUpload<TryForm>, Error>,
) -> Result<Response, Error> {
    request.enter_administration(&readers_of_all())?;
    let t = request.texts();
    let (form, tried) = match form {
        Ok(CsrfUpload(form)) => {
            let kind = configured(&request.app, &form.file)?;
            let text = match form.upload.trim().is_empty() {
                true => form.text.clone(),
                false => form.upload.clone(),
            };
            let run = DryRun::of(&request, kind, text.clone()).await?;
            (
                form,
                Tried {
                    text,
                    come: Some(Come::Run(run)),
                },
            )
        }
        // The form is lost with what was too large in it.
        Err(error) if error.wire().0 == StatusCode::PAYLOAD_TOO_LARGE => {
            let text = t.say("files-too-large").with("megabytes", MEGABYTES);
            let come = Come::Refused(text.to_string());
            (
                TryForm::default(),
                Tried {
                    text: String::new(),
                    come: Some(come),
                },
            )
        }
        Err(error) => return Err(error),
    };
    let status = match tried.come {
        Some(Come::Refused(_)) => StatusCode::UNPROCESSABLE_ENTITY,
        Some(Come::Run(_)) | None => StatusCode::OK,
    };
    if wants == Wants::Fragment {
        let trial = Trying { t, tried };
        return Ok(Page(TrialFragment { trial }).with_status(status));
    }
    let asked = Asked {
        file: form.file,
        from: None,
    };
    page(&request, &asked, tried, status).await
}

/// `POST /rbac/files/reload`: reads the files now.
///
/// Permission: `policy.entity.update`, allowed outright.
async fn reload_now(
    request: PageRequest,
    requester: Requester,
    CsrfForm(NoFields {}): CsrfForm<NoFields>,
) -> Result<Response, Error> {
    request.enter_administration(&writers())?;
    let app = request.app.clone();
    let requester = requester.known_as(request.viewer.user.entity_ref.as_str());
    let work = async move {
        let operation = Operation::begin(requester, "permission", "policy-files-reload", json!({}));
        let reloaded = reload::now(&app).await;
        operation.or_refuse(&app, reloaded).await?;
        let files = app.rbac().sources();
        let refused = files.iter().filter(|file| !file.is_in_force()).count();
        let more = json!({"files": files.len(), "refused": refused});
        operation.succeed_recorded(&app, more).await?;
        Ok::<_, Error>(refused)
    };
    // Somebody who goes away meanwhile does not stop it half-way.
    let refused = tokio::spawn(work).await.map_err(Error::internal)??;
    let t = request.texts();
    let flash = if refused == 0 {
        Flash::done(t.say("files-reloaded"))
    } else {
        Flash::failed(t.say("files-reload-refused").with("n", refused))
    };
    Ok(request.see_other(PATH, &flash))
}

/// `GET /rbac/files/download?file=`: the file as it is on the disk.
///
/// Permission: `policy.entity.read`, allowed outright. The audit log has kept who took it before
/// it is given.
async fn download(
    request: PageRequest,
    requester: Requester,
    Query(asked): Query<Asked>,
) -> Result<Response, Error> {
    request.enter_administration(&readers_of_all())?;
    let kind = configured(&request.app, &asked.file)?;
    let sources = request.app.rbac().sources();
    let source = sources.iter().find(|source| source.kind == kind);
    let path = source.map(|source| source.file.path.clone());
    let path = path.ok_or_else(unknown)?;
    let bytes = spawn_blocking({
        let path = path.clone();
        move || std::fs::read(path)
    });
    let bytes = bytes.await.map_err(Error::internal)?;
    let bytes = bytes.map_err(|_| Error::NotFound("The file cannot be read".to_owned()))?;
    let requester = requester.known_as(request.viewer.user.entity_ref.as_str());
    let meta = json!({"file": kind.name()});
    let operation = Operation::begin(requester, "permission", "policy-file-export", meta);
    operation.succeed_recorded(&request.app, json!({})).await?;
    let name = match kind {
        SourceKind::Policies => "rbac-policies.csv",
        SourceKind::Conditions => "rbac-conditional-policies.yaml",
    };
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, bytes).into_response())
}

/// The file of this name, when one is configured.
fn configured(app: &App, name: &str) -> Result<SourceKind, Error> {
    let sources = app.rbac().sources();
    SourceKind::of_name(name)
        .filter(|kind| sources.iter().any(|source| source.kind == *kind))
        .ok_or_else(unknown)
}

fn unknown() -> Error {
    Error::NotFound("No such policy file is configured".to_owned())
}
