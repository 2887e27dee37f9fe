//! `/catalog/{namespace}/{kind}/{name}/history`: where an entity comes from, when that was read,
//! and what is wrong with it.

use crate::catalog::config::Interval;
use crate::catalog::emitted::LOCATION_ANNOTATION;
use crate::catalog::history::{Reading, ReadingEnd};
use crate::catalog::views::entity::{Header, Tab};
use crate::catalog::views::request::EntityRequest;
use crate::error::Error;
use crate::ui::entity::RefLink;
use crate::ui::{Icon, Moment, Page, Shell, Texts, Tone};
use askama::Template;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use std::borrow::Cow;

#[derive(Template)]
#[template(path = "catalog/templates/history_page.html")]
struct HistoryPage {
    shell: Shell,
    header: Header,
    /// What is wrong with it now.
    errors: Vec<String>,
    /// The entity and what it came through, the nearest first.
    origins: Vec<Origin>,
    /// When it is read again.
    interval: String,
}

/// An entity that led to this one, or is it.
#[derive(Debug, Clone)]
struct Origin {
    link: RefLink,
    /// The file or address that it was read from.
    place: Option<String>,
    readings: Vec<Line>,
}

/// One reading, or several alike.
#[derive(Debug, Clone)]
struct Line {
    tone: Tone,
    icon: Icon,
    words: String,
    message: Option<String>,
    moment: Moment,
    took: String,
}

/// `GET /catalog/{namespace}/{kind}/{name}/history`.
///
/// For people who are signed in; `catalog.entity.read` decides what they see, of the entity and of
/// everything that it came through.
pub(super) async fn history(request: EntityRequest) -> Result<Response, Error> {
    let (app, t) = (request.app(), &request.sight.t);
    let entity_ref = request.entity.entity_ref();
    let now = app.core().clock.now();
    let ancestors = app
        .catalog()
        .ancestry(app, &request.page.viewer.principal, entity_ref)?;
    let origins = ancestors.iter().map(|ancestor| {
        let entity = &ancestor.entity;
        let readings = app.catalog().local().readings(entity.entity_ref());
        let place = entity.annotation(LOCATION_ANNOTATION);
        Origin {
            link: RefLink::to(entity),
            place: place.map(Cow::into_owned),
            readings: readings
                .into_iter()
                .map(|reading| Line::new(t, reading, now))
                .collect(),
        }
    });
    let errors = app.catalog().errors_of(entity_ref);
    Ok(Page(HistoryPage {
        shell: request.shell()?,
        header: Header::new(&request, Tab::History),
        errors: errors.iter().map(|error| error.message.clone()).collect(),
        origins: origins.collect(),
        interval: interval(t, app.catalog().config.interval),
    })
    .into_response())
}

impl Line {
    fn new(t: &Texts, reading: Reading, now: Timestamp) -> Line {
        let times = reading.times;
        let (tone, icon, words, message) = match reading.end {
            ReadingEnd::Unchanged => (Tone::Plain, Icon::Check, "entity-reading-unchanged", None),
            ReadingEnd::Read => (Tone::Ok, Icon::RefreshCw, "entity-reading-read", None),
            ReadingEnd::Failed(message) => {
                (Tone::No, Icon::X, "entity-reading-failed", Some(message))
            }
        };
        Line {
            tone,
            icon,
            words: t.say(words).with("n", times).to_string(),
            message,
            moment: Moment::new(t, reading.at, now),
            took: format!("{} ms", reading.took.as_millis()),
        }
    }
}

fn interval(t: &Texts, interval: Interval) -> String {
    match interval {
        Interval::Never => t.say("entity-interval-never").to_string(),
        Interval::Between(least, most) => t
            .say("entity-interval")
            .with("least", least.as_secs())
            .with("most", most.as_secs())
            .to_string(),
    }
}
