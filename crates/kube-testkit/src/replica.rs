//! The pods of workloads: as many as are wanted, and new ones when the template is another.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::{Value, json};

use crate::owner::Managers;
use crate::store::{Key, State};
use crate::workload::Health;
use crate::write::suffix;

/// The label of a pod with the hash of the template that it was made from.
const TEMPLATE: &str = "pod-template-hash";

impl State {
    /// Makes and takes away pods until a workload has those that it wants, all of them doing so.
    pub(crate) fn replicate(&mut self, key: &Key, health: &Health, now: &str) {
        let (Some(stored), Some(pods)) = (self.get(key), self.registry.find("", "v1", "pods"))
        else {
            return;
        };
        let workload = stored.plain();
        let hash = suffix(hash_of(&workload["spec"]["template"]));
        let wanted = match key.plural.as_str() {
            "daemonsets" => 1,
            _ => workload["spec"]["replicas"].as_u64().unwrap_or(1),
        };
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
        let mut kept = Vec::new();
        for pod in self.pods_of(key, &workload["metadata"]["uid"]) {
            let is_current = self
                .get(&pod)
                .is_some_and(|stored| stored.metadata("labels")[TEMPLATE] == *hash);
            if is_current && kept.len() < wanted {
                kept.push(pod);
            } else {
                self.terminate(&pod, now);
            }
        }
        for at in kept.len()..wanted {
            let name = match key.plural.as_str() {
                "statefulsets" => format!("{}-{at}", key.name),
                "deployments" => format!("{}-{hash}-{}", key.name, suffix(self.next_number())),
                _ => format!("{}-{}", key.name, suffix(self.next_number())),
            };
            let pod = Key::new(&pods, &key.namespace, &name);
            let object = self.pod(&workload, &pod, &hash, now);
            self.put(pod.clone(), object, Managers::default());
            kept.push(pod);
        }
        for pod in kept {
            self.make(&pod, health, now);
        }
    }

    fn pod(&mut self, workload: &Value, key: &Key, hash: &str, now: &str) -> Value {
        let template = &workload["spec"]["template"];
        let mut metadata = match &template["metadata"] {
            Value::Object(_) => template["metadata"].clone(),
            _ => json!({}),
        };
        metadata["name"] = json!(key.name);
        metadata["namespace"] = json!(key.namespace);
        metadata["uid"] = json!(self.next_uid());
        metadata["creationTimestamp"] = json!(now);
        metadata["labels"][TEMPLATE] = json!(hash);
        metadata["ownerReferences"] = json!([{
            "apiVersion": workload["apiVersion"],
            "kind": workload["kind"],
            "name": workload["metadata"]["name"],
            "uid": workload["metadata"]["uid"],
            "controller": true,
            "blockOwnerDeletion": true,
        }]);
        json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": metadata,
            "spec": template["spec"],
            "status": {"phase": "Pending"},
        })
    }

    fn pods_of(&self, workload: &Key, uid: &Value) -> Vec<Key> {
        self.list("", "pods", Some(&workload.namespace))
            .filter(|(_, pod)| pod.metadata("ownerReferences")[0]["uid"] == *uid)
            .map(|(key, _)| key.clone())
            .collect()
    }
}

/// The same for the same template, in every run.
fn hash_of(template: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    template.to_string().hash(&mut hasher);
    hasher.finish()
}
