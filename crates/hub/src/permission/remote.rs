//! Verdicts of plugins of other backends on resources that are theirs.

use super::wire::{self, OneOrMany};
use crate::app::App;
use crate::http_client::CallLimits;
use crate::principal::UserPrincipal;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use smol_str::SmolStr;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

const PATH: &str = "/.well-known/backstage/permissions/apply-conditions";

const LIMITS: CallLimits = CallLimits {
    timeout: Duration::from_secs(3),
    body_bytes: 1024 * 1024,
};

/// Whether the plugin is one of another backend, which can be asked.
pub(super) fn is_remote(app: &App, plugin: &str) -> bool {
    !app.plugins().contains(&plugin) && app.discovery().internal(plugin).is_some()
}

/// The questions of one batch, by plugin: each plugin is asked once.
#[derive(Default)]
pub(super) struct Questions(IndexMap<SmolStr, Vec<Question>>);

/// One item of the batch.
pub(super) struct Question {
    /// Its place in the batch.
    pub(super) item: usize,
    pub(super) resource_refs: OneOrMany<String>,
    pub(super) resource_type: SmolStr,
    pub(super) conditions: Value,
}

#[derive(Serialize)]
struct Body<'a> {
    items: Vec<BodyItem<'a>>,
}

/// One resource: older versions of the framework take no lists of them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BodyItem<'a> {
    id: String,
    resource_ref: &'a str,
    resource_type: &'a str,
    conditions: &'a Value,
}

#[derive(Deserialize)]
struct Verdicts {
    items: Vec<Verdict>,
}

#[derive(Deserialize)]
struct Verdict {
    id: String,
    result: String,
}

impl Questions {
    pub(super) fn add(&mut self, plugin: &SmolStr, question: Question) {
        self.0.entry(plugin.clone()).or_default().push(question);
    }

    /// Asks all plugins at once, on behalf of `user`. Gives the results by the item's place.
    ///
    /// Items of a plugin that gives no verdict are missing; why is logged and counted.
    pub(super) async fn ask(
        self,
        app: &App,
        user: &Arc<UserPrincipal>,
    ) -> Vec<(usize, OneOrMany<&'static str>)> {
        let mut asked = JoinSet::new();
        for (plugin, questions) in self.0 {
            let (app, user) = (app.clone(), user.clone());
            asked.spawn(async move {
                let allowed = allowed(&app, &user, &plugin, &questions).await;
                allowed
                    .map(|allowed| results(&questions, &allowed))
                    .map_err(|cause| app.permission().report_silence(&plugin, &cause))
                    .unwrap_or_default()
            });
        }
        asked.join_all().await.into_iter().flatten().collect()
    }
}

/// The ids of the body's items that the plugin allows.
async fn allowed(
    app: &App,
    user: &UserPrincipal,
    plugin: &str,
    questions: &[Question],
) -> Result<HashSet<String>, String> {
    let url = app.discovery().below(plugin, PATH);
    let url = url.ok_or("it has no address")?;
    let token = app
        .auth()
        .issue_plugin_token("permission", plugin, Some(user));
    let token = token.await.map_err(|error| error.to_string())?.token;
    let items = questions.iter().flat_map(|question| {
        let refs = question.resource_refs.as_slice().iter().enumerate();
        refs.map(|(at, resource_ref)| BodyItem {
            id: question.id(at),
            resource_ref,
            resource_type: &question.resource_type,
            conditions: &question.conditions,
        })
    });
    let body = Body {
        items: items.collect(),
    };
    let http = &app.core().http;
    let answer: Verdicts = http
        .post_json(&url, Some(&token), &body, LIMITS)
        .await
        .map_err(|error| error.in_full())?;
    let allowed = answer.items.into_iter();
    Ok(allowed
        .filter(|verdict| verdict.result == "ALLOW")
        .map(|verdict| verdict.id)
        .collect())
}

/// The results of the items; a resource without a verdict is denied.
fn results(
    questions: &[Question],
    allowed: &HashSet<String>,
) -> Vec<(usize, OneOrMany<&'static str>)> {
    let result = |question: &Question| {
        let mut at = 0..;
        let result = question.resource_refs.map(|_| {
            let id = question.id(at.next().unwrap_or_default());
            wire::result_of(allowed.contains(&id))
        });
        (question.item, result)
    };
    questions.iter().map(result).collect()
}

impl Question {
    /// The id of one of its resources in the body.
    fn id(&self, at: usize) -> String {
        format!("{}.{at}", self.item)
    }
}
