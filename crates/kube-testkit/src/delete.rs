//! Deleting objects: finalizers, dependents, namespaces.

use serde_json::{Value, json};

use crate::error::ApiError;
use crate::store::{Key, State, Stored};
use crate::write::Write;

/// The finalizer of an object whose dependents go first.
const FOREGROUND: &str = "foregroundDeletion";

/// What becomes of the objects that an object owns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Propagation {
    Background,
    Foreground,
    Orphan,
}

/// `DeleteOptions`, as far as they matter here.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) propagation: Propagation,
    pub(crate) uid: Option<String>,
    pub(crate) resource_version: Option<String>,
}

/// What came of a deletion.
#[derive(Debug)]
pub(crate) enum Deleted {
    /// The object is gone; this is its last state.
    Gone(Value),
    /// It waits for its finalizers.
    Waits(Value),
}

impl Options {
    /// Reads options from a JSON body, or from the parameter `propagationPolicy`.
    pub(crate) fn parse(body: &Value, policy: Option<&str>) -> Self {
        let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
        let policy = body["propagationPolicy"].as_str().or(policy);
        Self {
            propagation: match policy {
                Some("Orphan") => Propagation::Orphan,
                Some("Foreground") => Propagation::Foreground,
                _ => Propagation::Background,
            },
            uid: text(&body["preconditions"]["uid"]),
            resource_version: text(&body["preconditions"]["resourceVersion"]),
        }
    }
}

impl State {
    /// Deletes an object, or marks it as going while finalizers hold it.
    ///
    /// # Errors
    ///
    /// 404 where it does not exist, 409 where it is not the one that the options name.
    pub(crate) fn delete(
        &mut self,
        write: &Write<'_>,
        name: &str,
        options: &Options,
    ) -> Result<Deleted, ApiError> {
        let key = write.key(name);
        let stored = self
            .get(&key)
            .ok_or_else(|| ApiError::not_found(write.resource, name))?;
        let differs = |wanted: &Option<String>, field: &str| {
            wanted
                .as_ref()
                .is_some_and(|wanted| *stored.metadata(field) != *wanted)
        };
        if differs(&options.uid, "uid") || differs(&options.resource_version, "resourceVersion") {
            let why =
                "the UID or the resource version in the precondition is not the one in the object";
            return Err(ApiError::conflict(write.resource, name, why));
        }
        let last = Value::clone(&stored.object);
        let uid = stored.metadata("uid").clone();
        if write.is_dry {
            return Ok(Deleted::Gone(last));
        }
        if options.propagation == Propagation::Orphan {
            self.orphan(&uid);
        }
        if options.propagation == Propagation::Foreground {
            self.add_finalizer(&key, FOREGROUND);
        }
        self.asked_to_go.insert(key.clone());
        self.terminate(&key, &write.now);
        match self.get(&key) {
            Some(stored) => Ok(Deleted::Waits(Value::clone(&stored.object))),
            None => Ok(Deleted::Gone(last)),
        }
    }

    /// Marks an object as going, and takes it away if nothing holds it.
    pub(crate) fn terminate(&mut self, key: &Key, now: &str) {
        let Some(stored) = self.get(key) else {
            return;
        };
        let uid = stored.metadata("uid").clone();
        let is_namespace = key.group.is_empty() && key.plural == "namespaces";
        if stored.metadata("deletionTimestamp").is_null() && (is_held(stored) || is_namespace) {
            let mut object = stored.plain();
            let managers = stored.managers.clone();
            object["metadata"]["deletionTimestamp"] = json!(now);
            object["metadata"]["deletionGracePeriodSeconds"] = json!(0);
            if is_namespace {
                object["status"]["phase"] = json!("Terminating");
            }
            self.put(key.clone(), object, managers);
        }
        if is_namespace {
            let content: Vec<Key> = self
                .all()
                .map(|(key, _)| key.clone())
                .filter(|content| content.namespace == key.name)
                .collect();
            for content in content {
                self.terminate(&content, now);
            }
        }
        if self
            .get(key)
            .is_some_and(|stored| has_finalizer(stored, FOREGROUND))
        {
            for dependent in self.dependents(&uid) {
                self.terminate(&dependent, now);
            }
        }
        self.take_if_free(key, now);
    }

    /// Takes an object away that is going and that nothing holds any more.
    pub(crate) fn take_if_free(&mut self, key: &Key, now: &str) {
        let Some(stored) = self.get(key) else {
            return;
        };
        let uid = stored.metadata("uid").clone();
        let has_dependents = !self.dependents(&uid).is_empty();
        let held_by = |name: &Value| name != FOREGROUND || has_dependents;
        let finalizers = stored.metadata("finalizers").as_array();
        let is_namespace = key.group.is_empty() && key.plural == "namespaces";
        let is_held = finalizers.is_some_and(|names| names.iter().any(held_by))
            || (is_namespace && self.all().any(|(content, _)| content.namespace == key.name));
        if is_held {
            return;
        }
        let owners: Vec<Value> = owner_uids(stored).cloned().collect();
        self.take(key);
        self.after_removal(key, now);

        for dependent in self.dependents(&uid) {
            self.release(&dependent, &uid, now);
        }
        // An owner or a namespace may have waited for this one.
        let waiting: Vec<Key> = self
            .all()
            .filter(|(_, stored)| !stored.metadata("deletionTimestamp").is_null())
            .filter(|(waiting, stored)| {
                owners.contains(stored.metadata("uid"))
                    || (waiting.plural == "namespaces" && waiting.name == key.namespace)
            })
            .map(|(key, _)| key.clone())
            .collect();
        for waiting in waiting {
            self.take_if_free(&waiting, now);
        }
    }

    /// Collects an object whose owner is gone, unless another one still owns it.
    fn release(&mut self, key: &Key, uid: &Value, now: &str) {
        let Some(stored) = self.get(key) else {
            return;
        };
        let others: Vec<Value> = owner_uids(stored)
            .filter(|owner| *owner != uid)
            .cloned()
            .collect();
        let is_owned = self
            .all()
            .any(|(_, stored)| others.contains(stored.metadata("uid")));
        if is_owned {
            self.drop_owner(key, uid);
        } else {
            self.terminate(key, now);
        }
    }

    fn orphan(&mut self, uid: &Value) {
        for dependent in self.dependents(uid) {
            self.drop_owner(&dependent, uid);
        }
    }

    fn drop_owner(&mut self, key: &Key, uid: &Value) {
        let Some(stored) = self.get(key) else {
            return;
        };
        let managers = stored.managers.clone();
        let mut object = stored.plain();
        let owners = &mut object["metadata"]["ownerReferences"];
        if let Some(owners) = owners.as_array_mut() {
            owners.retain(|owner| owner["uid"] != *uid);
        }
        let has_none = owners.as_array().is_none_or(Vec::is_empty);
        if has_none && let Some(metadata) = object["metadata"].as_object_mut() {
            metadata.shift_remove("ownerReferences");
        }
        self.put(key.clone(), object, managers);
    }

    fn add_finalizer(&mut self, key: &Key, name: &str) {
        let Some(stored) = self.get(key) else {
            return;
        };
        let managers = stored.managers.clone();
        let mut object = stored.plain();
        let finalizers = &mut object["metadata"]["finalizers"];
        match finalizers.as_array_mut() {
            Some(names) => names.push(json!(name)),
            None => *finalizers = json!([name]),
        }
        self.put(key.clone(), object, managers);
    }

    fn dependents(&self, uid: &Value) -> Vec<Key> {
        self.all()
            .filter(|(_, stored)| owner_uids(stored).any(|owner| owner == uid))
            .map(|(key, _)| key.clone())
            .collect()
    }
}

fn owner_uids(stored: &Stored) -> impl Iterator<Item = &Value> {
    let owners = stored.metadata("ownerReferences").as_array();
    owners.into_iter().flatten().map(|owner| &owner["uid"])
}

fn is_held(stored: &Stored) -> bool {
    let finalizers = stored.metadata("finalizers").as_array();
    finalizers.is_some_and(|finalizers| !finalizers.is_empty())
}

fn has_finalizer(stored: &Stored, name: &str) -> bool {
    let finalizers = stored.metadata("finalizers").as_array();
    finalizers.is_some_and(|finalizers| finalizers.iter().any(|found| found == name))
}
