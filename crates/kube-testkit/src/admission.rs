//! What is checked and completed before an object is stored, and what follows from it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::error::{ApiError, Cause};
use crate::owner::Managers;
use crate::store::{Key, State};
use crate::write::Write;
use crate::{crd, name, pod, schema, service, typed};

/// Whether anything but metadata and status is different.
pub(crate) fn spec_differs(before: &Value, new: &Value) -> bool {
    let rest = |object: &Value| -> Map<String, Value> {
        let mut members = object.as_object().cloned().unwrap_or_default();
        members.retain(|name, _| {
            !matches!(name.as_str(), "apiVersion" | "kind" | "metadata" | "status")
        });
        members
    };
    rest(before) != rest(new)
}

impl State {
    /// Completes an object and checks it, beside the one that it replaces.
    ///
    /// # Errors
    ///
    /// 422 with a cause for each field that may not be as it is.
    pub(crate) fn admit(
        &mut self,
        write: &Write<'_>,
        before: Option<&Value>,
        new: &mut Value,
    ) -> Result<(), ApiError> {
        let resource = write.resource;
        let name = new["metadata"]["name"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let mut causes = Vec::new();
        if before.is_none() {
            causes.extend(name::check(resource, &name));
        }
        causes.extend(name::check_labels(
            &new["metadata"]["labels"],
            "metadata.labels",
        ));
        let unknown = match &resource.schema {
            Some(schema) => schema.prune(new),
            None => typed::prune(resource, new)?,
        };
        if write.is_strict && !unknown.is_empty() {
            return Err(schema::strict_error(&unknown));
        }
        if let Some(schema) = &resource.schema {
            schema.complete(new);
            causes.extend(schema.check(before, new));
        }
        match resource.kind.as_str() {
            "Namespace" => complete_namespace(new, &name),
            "Secret" => {
                complete_secret(new);
                causes.extend(check_immutable(before, new, &["data", "immutable"]));
                causes.extend(check_secret_type(before, new));
            }
            "ConfigMap" => {
                causes.extend(check_immutable(
                    before,
                    new,
                    &["data", "binaryData", "immutable"],
                ));
            }
            "Service" => causes.extend(service::admit(before, new, || self.next_number())),
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" => {
                causes.extend(pod::admit_workload(&resource.kind, before, new));
            }
            "Pod" => {
                causes.extend(pod::check(&new["spec"], "spec", &[]));
                if before.is_none() {
                    new["status"] = json!({"phase": "Pending"});
                }
            }
            "PersistentVolumeClaim" => {
                causes.extend(check_claim(before, new));
                if before.is_none() {
                    new["status"] = json!({"phase": "Pending"});
                }
            }
            "CustomResourceDefinition" => causes.extend(crd::admit(before, new, &write.now)),
            _ => {}
        }
        if causes.is_empty() {
            Ok(())
        } else {
            Err(ApiError::invalid(resource, &name, &causes))
        }
    }

    /// What the rest of a cluster would do next.
    pub(crate) fn after_write(&mut self, write: &Write<'_>, key: &Key) {
        match write.resource.kind.as_str() {
            "CustomResourceDefinition" => self.register(key),
            "Namespace" => self.furnish(key, &write.now),
            _ => {}
        }
        self.simulate(key, &write.now);
        if self
            .get(key)
            .is_some_and(|stored| !stored.metadata("deletionTimestamp").is_null())
        {
            self.take_if_free(key, &write.now);
        }
    }

    /// What follows when an object is gone.
    pub(crate) fn after_removal(&mut self, key: &Key, now: &str) {
        if key.plural == "customresourcedefinitions"
            && let Some((plural, group)) = key.name.split_once('.')
        {
            let objects: Vec<Key> = self
                .list(group, plural, None)
                .map(|(key, _)| key.clone())
                .collect();
            for object in objects {
                self.terminate(&object, now);
            }
            self.registry.replace(group, plural, Vec::new());
        }
    }

    /// Each namespace has a service account from its beginning.
    fn furnish(&mut self, namespace: &Key, now: &str) {
        let Some(accounts) = self.registry.find("", "v1", "serviceaccounts") else {
            return;
        };
        let key = Key::new(&accounts, &namespace.name, "default");
        if self.get(&key).is_none() {
            let account = json!({
                "apiVersion": "v1",
                "kind": "ServiceAccount",
                "metadata": {
                    "name": "default",
                    "namespace": namespace.name,
                    "uid": self.next_uid(),
                    "creationTimestamp": now,
                },
            });
            self.put(key, account, Managers::default());
        }
    }
}

fn complete_namespace(namespace: &mut Value, name: &str) {
    namespace["metadata"]["labels"]["kubernetes.io/metadata.name"] = json!(name);
    if namespace["spec"]["finalizers"].is_null() {
        namespace["spec"]["finalizers"] = json!(["kubernetes"]);
    }
    if namespace["status"]["phase"].is_null() {
        namespace["status"]["phase"] = json!("Active");
    }
}

/// Turns `stringData` into `data`.
fn complete_secret(secret: &mut Value) {
    if let Some(Value::Object(texts)) = secret
        .as_object_mut()
        .and_then(|secret| secret.shift_remove("stringData"))
    {
        for (name, text) in texts {
            let text = text.as_str().unwrap_or_default();
            secret["data"][name] = json!(STANDARD.encode(text));
        }
    }
    if secret["type"].is_null() {
        secret["type"] = json!("Opaque");
    }
}

fn check_secret_type(before: Option<&Value>, new: &Value) -> Option<Cause> {
    let before = before?;
    (before["type"] != new["type"])
        .then(|| Cause::invalid("type", &new["type"], "field is immutable"))
}

/// An object that says `immutable: true` keeps these fields for good.
fn check_immutable(before: Option<&Value>, new: &Value, fields: &[&'static str]) -> Vec<Cause> {
    let Some(before) = before.filter(|before| before["immutable"] == true) else {
        return Vec::new();
    };
    let changed = fields.iter().filter(|&&field| before[field] != new[field]);
    changed
        .map(|&field| Cause {
            reason: "FieldValueForbidden",
            field: field.to_owned(),
            message: "Forbidden: field is immutable when `immutable` is set".to_owned(),
        })
        .collect()
}

fn check_claim(before: Option<&Value>, new: &Value) -> Option<Cause> {
    let fixed = |claim: &Value| {
        let mut spec = claim["spec"].clone();
        if let Some(spec) = spec.as_object_mut() {
            for field in [
                "volumeName",
                "volumeMode",
                "storageClassName",
                "volumeAttributesClassName",
            ] {
                spec.shift_remove(field);
            }
        }
        spec["resources"]["requests"] = Value::Null;
        spec
    };
    let before = before?;
    (fixed(before) != fixed(new)).then(|| Cause {
        reason: "FieldValueForbidden",
        field: "spec".to_owned(),
        message: "Forbidden: spec is immutable after creation except resources.requests and \
                  volumeAttributesClassName for bound claims"
            .to_owned(),
    })
}
