//! The objects, their versions, and what happened to them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::log::Logs;
use crate::owner::Managers;
use crate::resource::{Registry, Resource};
use crate::workload::Simulation;

/// How many events are remembered for watches that come back.
const HISTORY: usize = 20_000;

/// Where an object is; the namespace of what has none is empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) group: String,
    pub(crate) plural: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl Key {
    pub(crate) fn new(resource: &Resource, namespace: &str, name: &str) -> Self {
        let namespace = if resource.namespaced { namespace } else { "" };
        Self {
            group: resource.group.clone(),
            plural: resource.plural.clone(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }
    }
}

/// An object as it is now.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    /// With `metadata.managedFields`.
    pub(crate) object: Arc<Value>,
    pub(crate) managers: Managers,
}

impl Stored {
    pub(crate) fn metadata(&self, field: &str) -> &Value {
        &self.object["metadata"][field]
    }

    /// The object without `managedFields`, which are kept in parsed form.
    pub(crate) fn plain(&self) -> Value {
        let mut object = Value::clone(&self.object);
        take_managed_fields(&mut object);
        object
    }
}

pub(crate) fn take_managed_fields(object: &mut Value) -> Option<Value> {
    object["metadata"]
        .as_object_mut()?
        .shift_remove("managedFields")
}

/// One change.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) version: u64,
    pub(crate) key: Key,
    /// As it was before; `None` for what was created.
    pub(crate) before: Option<Arc<Value>>,
    /// As it is after the change; of what is gone, its last state with the version of its going.
    pub(crate) after: Arc<Value>,
    pub(crate) is_gone: bool,
}

/// Whether it is one of the pods that a workload makes and takes away as it needs them.
fn is_replica(key: &Key, object: &Value) -> bool {
    let owner = &object["metadata"]["ownerReferences"][0];
    key.group.is_empty() && key.plural == "pods" && owner["apiVersion"] == "apps/v1"
}

/// An object that is gone, and why; pods that workloads take away themselves are not told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// Such as `persistentvolumeclaims` or `deployments.apps`.
    pub resource: String,
    /// Empty for what has no namespace.
    pub namespace: String,
    /// The name that it had.
    pub name: String,
    /// Whether a client asked for it; otherwise it went with its owner or its namespace.
    pub was_requested: bool,
}

/// Everything that the server remembers.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) registry: Registry,
    pub(crate) simulation: Simulation,
    pub(crate) removals: Vec<Removal>,
    pub(crate) logs: Logs,
    /// Objects that clients asked to be deleted and that are not gone yet.
    pub(crate) asked_to_go: BTreeSet<Key>,
    objects: BTreeMap<Key, Stored>,
    history: VecDeque<Event>,
    version: u64,
    oldest: u64,
    uids: u64,
}

impl State {
    pub(crate) fn new() -> Self {
        Self {
            registry: Registry::new(),
            simulation: Simulation::AtOnce,
            removals: Vec::new(),
            logs: Logs::new(),
            asked_to_go: BTreeSet::new(),
            objects: BTreeMap::new(),
            history: VecDeque::new(),
            version: 100,
            oldest: 100,
            uids: 0,
        }
    }

    /// The version of the last change.
    pub(crate) const fn version(&self) -> u64 {
        self.version
    }

    /// The version after which all events are still known.
    pub(crate) const fn oldest(&self) -> u64 {
        self.oldest
    }

    /// Forgets all events: who comes back with an older version has to start anew.
    pub(crate) fn compact(&mut self) {
        // A version of its own, so that even who has seen everything is too late.
        self.version += 1;
        self.oldest = self.version;
        self.history.clear();
    }

    pub(crate) fn get(&self, key: &Key) -> Option<&Stored> {
        self.objects.get(key)
    }

    /// Objects of a resource in one namespace, or in all, in order of namespace and name.
    pub(crate) fn list<'a>(
        &'a self,
        group: &'a str,
        plural: &'a str,
        namespace: Option<&'a str>,
    ) -> impl Iterator<Item = (&'a Key, &'a Stored)> {
        let first = Key {
            group: group.to_owned(),
            plural: plural.to_owned(),
            namespace: namespace.unwrap_or_default().to_owned(),
            name: String::new(),
        };
        self.objects.range(first..).take_while(move |(key, _)| {
            key.group == group
                && key.plural == plural
                && namespace.is_none_or(|namespace| key.namespace == namespace)
        })
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (&Key, &Stored)> {
        self.objects.iter()
    }

    /// Events later than `version`.
    pub(crate) fn events_after(&self, version: u64) -> impl Iterator<Item = &Event> {
        let start = self
            .history
            .partition_point(|event| event.version <= version);
        self.history.range(start..)
    }

    /// A fresh UID: counted, so that a test that runs again sees the same.
    pub(crate) fn next_uid(&mut self) -> String {
        self.uids += 1;
        let number = u128::from(self.uids);
        uuid::Builder::from_random_bytes((number << 64 | 0xca11_b0a2 << 96 | number).to_be_bytes())
            .into_uuid()
            .to_string()
    }

    /// A number that was not given before.
    pub(crate) fn next_number(&mut self) -> u64 {
        self.uids += 1;
        self.uids
    }

    /// Stores an object under the next version and tells of it.
    pub(crate) fn put(&mut self, key: Key, mut object: Value, managers: Managers) -> Arc<Value> {
        self.version += 1;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        object["metadata"]["managedFields"] = managers.to_json();
        let object = Arc::new(object);
        let stored = Stored {
            object: Arc::clone(&object),
            managers,
        };
        let before = self.objects.insert(key.clone(), stored);
        self.tell(Event {
            version: self.version,
            key,
            before: before.map(|stored| stored.object),
            after: Arc::clone(&object),
            is_gone: false,
        });
        object
    }

    /// Takes an object away and tells of it; the version of its going is that of its last state.
    pub(crate) fn take(&mut self, key: &Key) -> Option<Arc<Value>> {
        let stored = self.objects.remove(key)?;
        self.version += 1;
        let mut last = Value::clone(&stored.object);
        last["metadata"]["resourceVersion"] = json!(self.version.to_string());
        let last = Arc::new(last);
        self.tell(Event {
            version: self.version,
            key: key.clone(),
            before: Some(stored.object),
            after: Arc::clone(&last),
            is_gone: true,
        });
        let was_requested = self.asked_to_go.remove(key);
        if was_requested || !is_replica(key, &last) {
            self.removals.push(Removal {
                resource: crate::resource::qualified(&key.group, &key.plural),
                namespace: key.namespace.clone(),
                name: key.name.clone(),
                was_requested,
            });
        }
        Some(last)
    }

    fn tell(&mut self, event: Event) {
        self.history.push_back(event);
        if self.history.len() > HISTORY
            && let Some(forgotten) = self.history.pop_front()
        {
            self.oldest = forgotten.version;
        }
    }
}
