//! Creating, replacing and patching objects.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::admission;
use crate::error::ApiError;
use crate::merge;
use crate::owner::{Managers, Operation, Writer};
use crate::resource::Resource;
use crate::shape::Shape;
use crate::store::{Key, State, Stored, take_managed_fields};

/// What all writes have in common.
#[derive(Debug, Clone)]
pub(crate) struct Write<'a> {
    pub(crate) resource: &'a Resource,
    pub(crate) namespace: &'a str,
    /// Empty, or `status`.
    pub(crate) subresource: &'a str,
    pub(crate) manager: String,
    pub(crate) is_dry: bool,
    pub(crate) is_strict: bool,
    /// RFC 3339, to the second.
    pub(crate) now: String,
}

/// A patch in one of the four forms.
#[derive(Debug)]
pub(crate) enum Patch {
    Apply { wanted: Value, is_forced: bool },
    Merge(Value),
    Strategic(Value),
    Json(json_patch::Patch),
}

/// What came of a write.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) object: Arc<Value>,
    pub(crate) is_new: bool,
}

impl Write<'_> {
    fn shape(&self) -> Shape<'_> {
        Shape::of(self.resource)
    }

    pub(crate) fn key(&self, name: &str) -> Key {
        Key::new(self.resource, self.namespace, name)
    }

    fn writer(&self, operation: Operation) -> Writer {
        Writer {
            manager: self.manager.clone(),
            operation,
            api_version: self.resource.api_version(),
            subresource: self.subresource.to_owned(),
            time: self.now.clone(),
        }
    }

    fn not_found(&self, name: &str) -> ApiError {
        ApiError::not_found(self.resource, name)
    }
}

impl State {
    /// Creates an object.
    ///
    /// # Errors
    ///
    /// 409 where it exists, 404 where its namespace does not, 400 and 422 for what it may not be.
    pub(crate) fn create(
        &mut self,
        write: &Write<'_>,
        mut object: Value,
    ) -> Result<Written, ApiError> {
        let resource = write.resource;
        self.check_identity(write, None, &mut object)?;
        let name = match object["metadata"]["name"].as_str() {
            Some(name) if !name.is_empty() => name.to_owned(),
            _ => {
                let Some(prefix) = object["metadata"]["generateName"].as_str() else {
                    let message = "name or generateName is required";
                    return Err(ApiError::new(422, "Invalid", message));
                };
                let name = format!("{prefix}{}", suffix(self.next_number()));
                object["metadata"]["name"] = json!(name);
                name
            }
        };
        let key = write.key(&name);
        if self.get(&key).is_some() {
            return Err(ApiError::already_exists(resource, &name));
        }
        if resource.has_status()
            && let Some(members) = object.as_object_mut()
        {
            members.shift_remove("status");
        }
        take_managed_fields(&mut object);
        self.finish(write, &name, None, object, |new, _| {
            let mut managers = Managers::default();
            let writer = write.writer(Operation::Update);
            managers.updated(&writer, &Value::Null, new, write.shape());
            managers
        })
    }

    /// Replaces an object, or its status.
    ///
    /// # Errors
    ///
    /// 404 where it does not exist, 409 where it is newer than what is sent, and as
    /// [`State::create`].
    pub(crate) fn replace(
        &mut self,
        write: &Write<'_>,
        name: &str,
        mut object: Value,
    ) -> Result<Written, ApiError> {
        let old = self.get(&write.key(name)).cloned();
        let old = old.ok_or_else(|| write.not_found(name))?;
        self.check_identity(write, Some(name), &mut object)?;
        self.store_update(write, name, &old, object)
    }

    /// Patches an object, or its status; what is applied is created where it does not exist.
    ///
    /// # Errors
    ///
    /// As [`State::replace`], and what is particular to the form of the patch.
    pub(crate) fn patch(
        &mut self,
        write: &Write<'_>,
        name: &str,
        patch: Patch,
    ) -> Result<Written, ApiError> {
        let old = self.get(&write.key(name)).cloned();
        if let Patch::Apply { wanted, is_forced } = patch {
            return self.apply(write, name, old.as_ref(), wanted, is_forced);
        }
        let old = old.ok_or_else(|| write.not_found(name))?;
        let mut object = Value::clone(&old.object);
        match patch {
            Patch::Apply { .. } => unreachable!("handled above"),
            Patch::Merge(patch) => merge::merge(&mut object, &patch),
            Patch::Strategic(_) if write.resource.is_custom() => {
                let message = "the body of the request was in an unknown format - accepted media types \
                               include: application/json-patch+json, application/merge-patch+json, \
                               application/apply-patch+yaml";
                return Err(ApiError::unsupported_media_type(message));
            }
            Patch::Strategic(patch) => {
                merge::merge_strategic(&mut object, &patch, write.shape());
            }
            Patch::Json(patch) => json_patch::patch(&mut object, &patch.0).map_err(|error| {
                let message = "the server rejected our request due to an error in our request";
                let mut refused = ApiError::new(422, "Invalid", message);
                refused.message.push_str(&format!(": {error}"));
                refused
            })?,
        }
        self.check_identity(write, Some(name), &mut object)?;
        self.store_update(write, name, &old, object)
    }

    fn apply(
        &mut self,
        write: &Write<'_>,
        name: &str,
        old: Option<&Stored>,
        mut wanted: Value,
        is_forced: bool,
    ) -> Result<Written, ApiError> {
        if !wanted["metadata"]["managedFields"].is_null() {
            let message = "metadata.managedFields must be nil";
            return Err(ApiError::bad_request(message));
        }
        if old.is_none() && !write.subresource.is_empty() {
            return Err(write.not_found(name));
        }
        self.check_identity(write, Some(name), &mut wanted)?;
        check_version(write, name, old, &wanted)?;
        // What an object may not say of itself is not applied.
        drop_nulls(&mut wanted);
        if let Some(members) = wanted.as_object_mut()
            && write.resource.has_status()
        {
            match write.subresource {
                "status" => members
                    .retain(|field, _| matches!(field.as_str(), "apiVersion" | "kind" | "status")),
                _ => {
                    members.shift_remove("status");
                }
            }
        }
        if let Some(metadata) = wanted["metadata"].as_object_mut() {
            for field in ["resourceVersion", "uid", "creationTimestamp", "generation"] {
                metadata.shift_remove(field);
            }
        }
        let live = match old {
            Some(old) => old.plain(),
            None => json!({
                "apiVersion": write.resource.api_version(),
                "kind": write.resource.kind,
                "metadata": {"name": name},
            }),
        };
        let mut managers = old.map(|old| old.managers.clone()).unwrap_or_default();
        let writer = write.writer(Operation::Apply);
        let merged = managers.apply(&writer, &live, &wanted, write.shape(), is_forced)?;
        self.finish(write, name, old, merged, |_, _| managers)
    }

    fn store_update(
        &mut self,
        write: &Write<'_>,
        name: &str,
        old: &Stored,
        mut object: Value,
    ) -> Result<Written, ApiError> {
        check_version(write, name, Some(old), &object)?;
        // Managed fields that come back as they went are no wish to change them.
        let managers = match take_managed_fields(&mut object) {
            None | Some(Value::Null) => old.managers.clone(),
            Some(sent) if sent == *old.metadata("managedFields") => old.managers.clone(),
            Some(sent) => Managers::from_json(&sent),
        };
        let mut new = object;
        if write.resource.has_status() {
            if write.subresource == "status" {
                let status = new["status"].take();
                new = old.plain();
                new["status"] = status;
            } else {
                new["status"] = old.object["status"].clone();
            }
            if new["status"].is_null()
                && let Some(members) = new.as_object_mut()
            {
                members.shift_remove("status");
            }
        }
        self.finish(write, name, Some(old), new, |new, before| {
            let mut managers = managers;
            let writer = write.writer(Operation::Update);
            managers.updated(&writer, before, new, write.shape());
            managers
        })
    }

    /// Checks and completes what is to be stored, and stores it unless nothing changed.
    fn finish(
        &mut self,
        write: &Write<'_>,
        name: &str,
        old: Option<&Stored>,
        mut new: Value,
        managers: impl FnOnce(&Value, &Value) -> Managers,
    ) -> Result<Written, ApiError> {
        let resource = write.resource;
        let key = write.key(name);
        if old.is_none() {
            self.check_namespace(write)?;
        }
        let before = old.map(Stored::plain).unwrap_or_default();
        new["apiVersion"] = json!(resource.api_version());
        new["kind"] = json!(resource.kind);
        set_identity(&mut new, &before, &key);
        if let Some(metadata) = new["metadata"].as_object_mut() {
            metadata.shift_remove("managedFields");
            metadata.shift_remove("resourceVersion");
            metadata.shift_remove("selfLink");
        }
        self.admit(write, old.map(|_| &before), &mut new)?;

        if old.is_none() {
            new["metadata"]["uid"] = json!(self.next_uid());
            new["metadata"]["creationTimestamp"] = json!(write.now);
            if resource.has_generation() {
                new["metadata"]["generation"] = json!(1);
            }
        } else if resource.has_generation() && admission::spec_differs(&before, &new) {
            let generation = before["metadata"]["generation"].as_u64().unwrap_or(0);
            new["metadata"]["generation"] = json!(generation + 1);
        }
        let managers = managers(&new, &before);

        if write.is_dry {
            if let Some(old) = old {
                new["metadata"]["resourceVersion"] = old.metadata("resourceVersion").clone();
            }
            new["metadata"]["managedFields"] = managers.to_json();
            return Ok(Written {
                object: Arc::new(new),
                is_new: old.is_none(),
            });
        }
        if let Some(old) = old
            && managers == old.managers
            && is_same_but_version(&before, &new)
        {
            return Ok(Written {
                object: Arc::clone(&old.object),
                is_new: false,
            });
        }
        let object = self.put(key.clone(), new, managers);
        self.after_write(write, &key);
        // What the server itself added meanwhile belongs to the answer only if it is spec.
        Ok(Written {
            object,
            is_new: old.is_none(),
        })
    }

    fn check_namespace(&self, write: &Write<'_>) -> Result<(), ApiError> {
        if !write.resource.namespaced {
            return Ok(());
        }
        let Some(namespaces) = self.registry.find("", "v1", "namespaces") else {
            return Ok(());
        };
        let namespace = self.get(&Key::new(&namespaces, "", write.namespace));
        let namespace =
            namespace.ok_or_else(|| ApiError::not_found(&namespaces, write.namespace))?;
        if !namespace.metadata("deletionTimestamp").is_null() {
            let message = format!(
                "unable to create new content in namespace {} because it is being terminated",
                write.namespace
            );
            return Err(ApiError::new(403, "Forbidden", message));
        }
        Ok(())
    }

    /// Compares what a body says of itself with the path, and completes it from there.
    fn check_identity(
        &self,
        write: &Write<'_>,
        name: Option<&str>,
        object: &mut Value,
    ) -> Result<(), ApiError> {
        let resource = write.resource;
        if !object.is_object() {
            return Err(ApiError::bad_request("the body is no object"));
        }
        if let Some(kind) = object["kind"].as_str()
            && kind != resource.kind
        {
            let message = format!(
                "{kind} in version \"{}\" cannot be handled as a {}",
                object["apiVersion"].as_str().unwrap_or_default(),
                resource.kind
            );
            return Err(ApiError::bad_request(message));
        }
        match &object["metadata"] {
            Value::Object(_) => {}
            Value::Null => object["metadata"] = json!({}),
            _ => return Err(ApiError::bad_request("metadata is no object")),
        }
        if let Some(name) = name {
            match object["metadata"]["name"].as_str() {
                Some(found) if found != name => {
                    let message = format!(
                        "the name of the object ({found}) does not match the name on the URL ({name})"
                    );
                    return Err(ApiError::bad_request(message));
                }
                _ => object["metadata"]["name"] = json!(name),
            }
        }
        if resource.namespaced {
            match object["metadata"]["namespace"].as_str() {
                Some(found) if !found.is_empty() && found != write.namespace => {
                    let message = "the namespace of the provided object does not match the namespace \
                                   sent on the request";
                    return Err(ApiError::bad_request(message));
                }
                _ => object["metadata"]["namespace"] = json!(write.namespace),
            }
        }
        Ok(())
    }
}

/// 409 where the body names another version or another object than the one there is.
fn check_version(
    write: &Write<'_>,
    name: &str,
    old: Option<&Stored>,
    object: &Value,
) -> Result<(), ApiError> {
    let Some(old) = old else {
        return Ok(());
    };
    let sent = |field: &str| {
        object["metadata"][field]
            .as_str()
            .filter(|value| !value.is_empty())
    };
    if sent("resourceVersion").is_some_and(|version| *old.metadata("resourceVersion") != version) {
        return Err(ApiError::modified(write.resource, name));
    }
    if let Some(uid) = sent("uid")
        && *old.metadata("uid") != uid
    {
        let found = old.metadata("uid").as_str().unwrap_or_default();
        let why = format!(
            "StorageError: invalid object, Code: 4, Precondition failed: UID in precondition: {uid}, \
             UID in object meta: {found}"
        );
        return Err(ApiError::conflict(write.resource, name, &why));
    }
    Ok(())
}

/// What the server alone decides about an object.
fn set_identity(new: &mut Value, before: &Value, key: &Key) {
    let Some(metadata) = new["metadata"].as_object_mut() else {
        return;
    };
    metadata.insert("name".to_owned(), json!(key.name));
    if !key.namespace.is_empty() {
        metadata.insert("namespace".to_owned(), json!(key.namespace));
    }
    for field in [
        "uid",
        "creationTimestamp",
        "generation",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    ] {
        match before["metadata"].get(field) {
            Some(value) => {
                metadata.insert(field.to_owned(), value.clone());
            }
            None => {
                metadata.shift_remove(field);
            }
        }
    }
    for field in ["labels", "annotations", "finalizers", "ownerReferences"] {
        let is_empty = match metadata.get(field) {
            Some(Value::Null) => true,
            Some(Value::Object(members)) => members.is_empty(),
            Some(Value::Array(items)) => items.is_empty(),
            _ => false,
        };
        if is_empty {
            metadata.shift_remove(field);
        }
    }
}

fn is_same_but_version(before: &Value, new: &Value) -> bool {
    let mut before = before.clone();
    if let Some(metadata) = before["metadata"].as_object_mut() {
        metadata.shift_remove("resourceVersion");
    }
    before == *new
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, value| !value.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// Five letters and digits, as Kubernetes appends them to `generateName`.
pub(crate) fn suffix(mut number: u64) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    // Neighbours should not look alike.
    number = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    let mut text = String::new();
    for _ in 0..5 {
        let at = usize::try_from(number % 27).unwrap_or(0);
        text.push(char::from(LETTERS[at]));
        number /= 27;
    }
    text
}
