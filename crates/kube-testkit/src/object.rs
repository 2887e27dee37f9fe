//! Requests about objects, one function for each verb.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::answer;
use crate::call::Verb;
use crate::delete::{Deleted, Options};
use crate::error::ApiError;
use crate::request;
use crate::resource::Resource;
use crate::selector::Selector;
use crate::server::{self, Asked, Shared};
use crate::store::Key;
use crate::watch::{self, Wish};
use crate::write::{Write, Written};
use crate::{log, scale};

/// Answers a request about objects.
///
/// # Errors
///
/// What the client is told instead.
pub(crate) fn answer(shared: &Arc<Shared>, asked: &Asked) -> Result<Response, ApiError> {
    let target = &asked.target;
    let resource = shared
        .lock()
        .registry
        .find(&target.group, &target.version, &target.plural)
        .ok_or_else(ApiError::unknown_path)?;
    let is_misplaced = match asked.call.verb {
        Verb::List | Verb::Watch | Verb::DeleteCollection => false,
        _ => resource.namespaced != target.namespace.is_some(),
    };
    if is_misplaced {
        return Err(ApiError::unknown_path());
    }
    let mut answer = answer_about(shared, &resource, asked)?;
    if let Some(warning) = &resource.warning
        && let Ok(warning) = HeaderValue::from_str(&format!("299 - \"{warning}\""))
    {
        answer.headers_mut().insert(header::WARNING, warning);
    }
    Ok(answer)
}

fn answer_about(
    shared: &Arc<Shared>,
    resource: &Arc<Resource>,
    asked: &Asked,
) -> Result<Response, ApiError> {
    let target = &asked.target;
    if let "authentication.k8s.io" | "authorization.k8s.io" = resource.group.as_str() {
        return review(shared, resource, asked);
    }
    match target.subresource.as_str() {
        "" => {}
        "status" | "finalize" if resource.has_status() => {}
        "scale" if resource.subresources.iter().any(|name| name == "scale") => {
            return scale::answer(shared, resource, asked);
        }
        "log" if resource.kind == "Pod" => return log::answer(shared, resource, asked),
        "token" if resource.kind == "ServiceAccount" => return token(shared, asked),
        _ => return Err(ApiError::unknown_path()),
    }
    match asked.call.verb {
        Verb::Get => get(shared, resource, asked),
        Verb::List => list(shared, resource, asked),
        Verb::Watch => watch(shared, Arc::clone(resource), asked),
        Verb::Create => {
            let object = request::object(&asked.body, &asked.content_type)?;
            let write = write(resource, asked)?;
            let written = shared.with(|state| state.create(&write, object))?;
            Ok(written_answer(resource, asked, &written))
        }
        Verb::Update => {
            let object = request::object(&asked.body, &asked.content_type)?;
            let write = write(resource, asked)?;
            let name = name(asked);
            let written = shared.with(|state| state.replace(&write, name, object))?;
            Ok(written_answer(resource, asked, &written))
        }
        Verb::Patch => {
            let patch =
                request::patch(&asked.body, &asked.content_type, asked.query.flag("force"))?;
            if matches!(patch, crate::write::Patch::Apply { .. })
                && asked.query.text("fieldManager").is_none()
            {
                let message = "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: \
                               is required for apply patch";
                return Err(ApiError::new(422, "Invalid", message));
            }
            let write = write(resource, asked)?;
            let name = name(asked);
            let written = shared.with(|state| state.patch(&write, name, patch))?;
            Ok(written_answer(resource, asked, &written))
        }
        Verb::Delete => delete(shared, resource, asked),
        Verb::DeleteCollection => delete_all(shared, resource, asked),
    }
}

fn name(asked: &Asked) -> &str {
    asked.target.name.as_deref().unwrap_or_default()
}

fn write<'a>(resource: &'a Resource, asked: &'a Asked) -> Result<Write<'a>, ApiError> {
    let is_dry = match asked.query.text("dryRun") {
        None => false,
        Some("All") => true,
        Some(other) => {
            let message =
                format!("dryRun: Unsupported value: \"{other}\": supported values: \"All\"");
            return Err(ApiError::bad_request(message));
        }
    };
    Ok(Write {
        resource,
        namespace: asked.target.namespace(),
        subresource: &asked.target.subresource,
        manager: asked.call.manager.clone(),
        is_dry,
        is_strict: asked.query.text("fieldValidation") == Some("Strict"),
        now: server::now(),
    })
}

fn written_answer(resource: &Resource, asked: &Asked, written: &Written) -> Response {
    let code = if written.is_new { 201 } else { 200 };
    answer::json(code, &asked.form.show(&written.object, resource))
}

fn get(shared: &Shared, resource: &Resource, asked: &Asked) -> Result<Response, ApiError> {
    let name = name(asked);
    let state = shared.lock();
    let stored = state
        .get(&Key::new(resource, asked.target.namespace(), name))
        .ok_or_else(|| ApiError::not_found(resource, name))?;
    Ok(answer::json(
        200,
        &asked.form.show(&stored.object, resource),
    ))
}

fn selector(asked: &Asked) -> Result<Selector, ApiError> {
    let text = |name| asked.query.text(name).unwrap_or_default();
    let mut fields = text("fieldSelector").to_owned();
    // A watch of one object is one of those with its name.
    if let Some(name) = &asked.target.name {
        fields = format!("metadata.name={name},{fields}");
    }
    Selector::parse(text("labelSelector"), &fields)
}

/// One page of a list, and the token for the next.
fn list(shared: &Shared, resource: &Resource, asked: &Asked) -> Result<Response, ApiError> {
    let selector = selector(asked)?;
    let limit = asked.query.number("limit")?.filter(|&limit| limit > 0);
    let limit = limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    });
    let state = shared.lock();
    let (version, after) = match asked.query.text("continue") {
        Some(token) => {
            let page = Page::parse(token)?;
            if page.version < state.oldest() {
                let message = "The provided continue parameter is too old to display a consistent list \
                               result. You can start a new list without the continue parameter.";
                return Err(ApiError::new(410, "Expired", message));
            }
            (page.version, Some((page.namespace, page.name)))
        }
        None => (state.version(), None),
    };
    let is_exact = asked.query.text("resourceVersionMatch") == Some("Exact");
    if let Some(wanted) = asked.query.number("resourceVersion")?
        && is_exact
        && wanted < state.oldest()
    {
        return Err(ApiError::expired(wanted, state.oldest()));
    }
    let is_after = |key: &&Key| {
        after
            .as_ref()
            .is_none_or(|(namespace, name)| (&key.namespace, &key.name) > (namespace, name))
    };
    let matching: Vec<(&Key, &Value)> = state
        .list(
            &resource.group,
            &resource.plural,
            asked.target.namespace.as_deref(),
        )
        .map(|(key, stored)| (key, stored.object.as_ref()))
        .filter(|(key, object)| is_after(key) && selector.matches(object))
        .collect();
    let shown = &matching[..matching.len().min(limit)];
    let mut metadata = json!({"resourceVersion": version.to_string()});
    if let Some((last, _)) = shown.last().filter(|_| shown.len() < matching.len()) {
        let next = Page {
            version,
            namespace: last.namespace.clone(),
            name: last.name.clone(),
        };
        metadata["continue"] = json!(next.token());
        metadata["remainingItemCount"] = json!(matching.len() - shown.len());
    }
    let objects: Vec<&Value> = shown.iter().map(|(_, object)| *object).collect();
    Ok(answer::json(
        200,
        &asked.form.list(resource, &metadata, &objects),
    ))
}

/// Where the next page of a list begins.
struct Page {
    version: u64,
    namespace: String,
    name: String,
}

impl Page {
    fn token(&self) -> String {
        URL_SAFE_NO_PAD.encode(json!([self.version, self.namespace, self.name]).to_string())
    }

    fn parse(token: &str) -> Result<Self, ApiError> {
        let refused = || ApiError::bad_request("continue key is not valid");
        let text = URL_SAFE_NO_PAD.decode(token).map_err(|_| refused())?;
        let page: Value = serde_json::from_slice(&text).map_err(|_| refused())?;
        let text = |at: usize| page[at].as_str().map(ToOwned::to_owned).ok_or_else(refused);
        Ok(Self {
            version: page[0].as_u64().ok_or_else(refused)?,
            namespace: text(1)?,
            name: text(2)?,
        })
    }
}

fn watch(
    shared: &Arc<Shared>,
    resource: Arc<Resource>,
    asked: &Asked,
) -> Result<Response, ApiError> {
    let query = &asked.query;
    let wish = Wish {
        resource,
        namespace: asked.target.namespace.clone(),
        selector: selector(asked)?,
        form: asked.form,
        since: query.number("resourceVersion")?,
        sends_initial_events: query.flag("sendInitialEvents"),
        allows_bookmarks: query.flag("allowWatchBookmarks"),
        duration: query.number("timeoutSeconds")?.map(Duration::from_secs),
    };
    Ok(answer::with_type(
        200,
        answer::JSON,
        watch::body(shared, wish),
    ))
}

fn delete(shared: &Shared, resource: &Resource, asked: &Asked) -> Result<Response, ApiError> {
    let body = request::options(&asked.body, &asked.content_type);
    let options = Options::parse(&body, asked.query.text("propagationPolicy"));
    let mut write = write(resource, asked)?;
    write.is_dry |= body["dryRun"][0] == "All";
    let name = name(asked);
    let deleted = shared.with(|state| state.delete(&write, name, &options))?;
    Ok(match deleted {
        Deleted::Waits(object) => answer::json(200, &asked.form.show(&object, resource)),
        Deleted::Gone(object) => {
            let mut details = json!({
                "name": name,
                "kind": resource.plural,
                "uid": object["metadata"]["uid"],
            });
            if !resource.group.is_empty() {
                details["group"] = json!(resource.group);
            }
            answer::json(200, &success(&details))
        }
    })
}

fn success(details: &Value) -> Value {
    json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": details,
    })
}

fn delete_all(shared: &Shared, resource: &Resource, asked: &Asked) -> Result<Response, ApiError> {
    let body = request::options(&asked.body, &asked.content_type);
    let options = Options::parse(&body, asked.query.text("propagationPolicy"));
    let selector = selector(asked)?;
    let namespace = asked.target.namespace.as_deref();
    let keys: Vec<Key> = shared
        .lock()
        .list(&resource.group, &resource.plural, namespace)
        .filter(|(_, stored)| selector.matches(&stored.object))
        .map(|(key, _)| key.clone())
        .collect();
    for key in keys {
        let write = Write {
            namespace: &key.namespace,
            ..write(resource, asked)?
        };
        shared.with(|state| state.delete(&write, &key.name, &options))?;
    }
    Ok(answer::json(
        200,
        &success(&json!({"kind": resource.plural})),
    ))
}

fn review(shared: &Shared, resource: &Resource, asked: &Asked) -> Result<Response, ApiError> {
    if asked.call.verb != Verb::Create {
        return Err(ApiError::method_not_allowed());
    }
    let review = request::object(&asked.body, &asked.content_type)?;
    let users = server::lock(&shared.users);
    let answer = shared
        .lock()
        .review(&resource.kind, &review, &asked.user, &users);
    Ok(answer::json(201, &asked.form.show(&answer, resource)))
}

/// `TokenRequest`: a token for a service account.
fn token(shared: &Shared, asked: &Asked) -> Result<Response, ApiError> {
    let user = format!(
        "system:serviceaccount:{}:{}",
        asked.target.namespace(),
        name(asked)
    );
    let user = crate::access::User::named(&user);
    let token = server::lock(&shared.users).token_of(&user);
    let answer = json!({
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": {"name": name(asked), "namespace": asked.target.namespace()},
        "status": {"token": token, "expirationTimestamp": "2099-01-01T00:00:00Z"},
    });
    Ok(answer::json(201, &answer))
}

pub(crate) fn text(body: String) -> Response {
    answer::with_type(200, "text/plain", Body::from(body))
}
