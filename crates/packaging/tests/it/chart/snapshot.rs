//! What comes out, as it was reviewed.
//!
//! `default` is whole; the file of another case has the objects that it adds or changes, and
//! the names of those that it takes away.

use super::{Rendering, all, case, folder};
use serde_json::{Value, json};

#[test]
fn the_manifests_are_those_that_were_reviewed() {
    let standard = case("default");
    for rendering in all() {
        let text = if rendering.name == standard.name {
            described(rendering.objects().map(stable))
        } else {
            difference(standard, rendering)
        };
        let place = folder().join("ci/rendered");
        insta::with_settings!({
            snapshot_path => place,
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!(rendering.name.as_str(), text);
        });
    }
}

fn difference(standard: &Rendering, rendering: &Rendering) -> String {
    let before: Vec<Value> = standard.objects().map(stable).collect();
    let after: Vec<Value> = rendering.objects().map(stable).collect();
    let gone: Vec<String> = before
        .iter()
        .filter(|old| !after.iter().any(|new| identity(new) == identity(old)))
        .map(|old| format!("# without {}\n", identity(old)))
        .collect();
    let new = after.into_iter().filter(|new| !before.contains(new));
    format!("{}{}", gone.concat(), described(new))
}

fn described(objects: impl Iterator<Item = Value>) -> String {
    let texts: Vec<String> = objects
        .map(|object| callboard_yaml::to_string(&object))
        .collect();
    texts.join("---\n")
}

fn identity(object: &Value) -> String {
    format!(
        "{} {}",
        object["kind"].as_str().unwrap_or_default(),
        object["metadata"]["name"].as_str().unwrap_or_default()
    )
}

/// The object without what differs from one rendering to the next.
fn stable(object: &Value) -> Value {
    let mut object = object.clone();
    if object["kind"] == "Secret" {
        for (_, value) in object["data"].as_object_mut().into_iter().flatten() {
            // 24 random letters; what somebody gave in the cases is of another length.
            if value.as_str().is_some_and(|text| text.len() == 32) {
                *value = json!("random");
            }
        }
    }
    object
}
