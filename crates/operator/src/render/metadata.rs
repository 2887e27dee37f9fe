//! Labels, owner and namespace of every object.

use super::Instance;
use crate::backstage::{GROUP, KIND, STORED_VERSION};
use serde_json::{Map, Value, json};

/// The label that says of which application an object is part.
pub const NAME_LABEL: &str = "app.kubernetes.io/name";
/// Its value.
pub const NAME_LABEL_VALUE: &str = "backstage";
/// The label that says of which custom resource an object is part.
pub const INSTANCE_LABEL: &str = "app.kubernetes.io/instance";
/// The label by which a Service or Deployment finds its pods.
pub const APP_LABEL: &str = "rhdh.redhat.com/app";

/// Makes `object` one of the instance's: its name, namespace, labels and owner.
///
/// Its own labels and annotations stay.
pub(crate) fn adopt(object: &mut Value, instance: &Instance, name: String) {
    adopt_without_owner(object, instance, name);
    object["metadata"]["ownerReferences"] = json!([{
        "apiVersion": format!("{GROUP}/{STORED_VERSION}"),
        "kind": KIND,
        "name": instance.name,
        "uid": instance.uid,
        "controller": true,
        "blockOwnerDeletion": true,
    }]);
}

/// As [`adopt`], for what must stay when the custom resource is deleted.
pub(crate) fn adopt_without_owner(object: &mut Value, instance: &Instance, name: String) {
    let metadata = map(object, "metadata");
    metadata.insert("name".to_owned(), name.into());
    metadata.insert("namespace".to_owned(), instance.namespace.clone().into());
    metadata.remove("ownerReferences");
    let labels = map(&mut object["metadata"], "labels");
    labels.insert(NAME_LABEL.to_owned(), NAME_LABEL_VALUE.into());
    labels.insert(INSTANCE_LABEL.to_owned(), instance.name.clone().into());
}

/// Lets a Deployment or StatefulSet find its pods by [`APP_LABEL`].
pub(crate) fn select(workload: &mut Value, app: &str) {
    workload["spec"]["selector"] = json!({"matchLabels": {APP_LABEL: app}});
    let template = map(&mut workload["spec"], "template");
    let metadata = template.entry("metadata").or_insert_with(|| json!({}));
    map(metadata, "labels").insert(APP_LABEL.to_owned(), app.into());
}

/// Gives the map at `key`, which is made when there is none.
pub(crate) fn map<'a>(value: &'a mut Value, key: &str) -> &'a mut Map<String, Value> {
    if !value.is_object() {
        *value = json!({});
    }
    let entry = &mut value[key];
    if !entry.is_object() {
        *entry = json!({});
    }
    // INVARIANT: made a map on the line above.
    entry.as_object_mut().expect("a map")
}

/// Gives the list at `key`, which is made when there is none.
pub(crate) fn list<'a>(value: &'a mut Value, key: &str) -> &'a mut Vec<Value> {
    if !value.is_object() {
        *value = json!({});
    }
    let entry = &mut value[key];
    if !entry.is_array() {
        *entry = json!([]);
    }
    // INVARIANT: made a list on the line above.
    entry.as_array_mut().expect("a list")
}
