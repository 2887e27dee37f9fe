//! The volumes of a pod, as folders.

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

/// The folder that a kubelet swaps to change all files of a volume at once.
const CURRENT: &str = "..data";
const FIRST: &str = "..first";

/// Makes the folder of a volume below `folder`.
pub(super) fn make(volume: &Value, objects: &[Value], folder: &Path) -> Result<()> {
    let name = volume["name"].as_str().context("a volume has a name")?;
    let place = folder.join(name);
    fs::create_dir_all(&place)?;
    let sources = match &volume["projected"]["sources"] {
        Value::Array(sources) => sources.clone(),
        _ => vec![volume.clone()],
    };
    let mut files = Vec::new();
    for source in &sources {
        if let Some(found) = files_of(source, objects)? {
            files.extend(found);
        } else if ["emptyDir", "ephemeral", "persistentVolumeClaim"]
            .iter()
            .any(|kind| volume[*kind].is_object())
        {
            fs::set_permissions(&place, fs::Permissions::from_mode(0o777))?;
        } else {
            bail!("the volume `{name}` is of an unknown kind: {volume}");
        }
    }
    if files.is_empty() {
        return Ok(());
    }
    fs::create_dir_all(place.join(FIRST))?;
    symlink(FIRST, place.join(CURRENT))?;
    for (file, content) in files {
        fs::write(place.join(FIRST).join(&file), content)?;
        symlink(Path::new(CURRENT).join(&file), place.join(&file))?;
    }
    Ok(())
}

type Files = Vec<(String, Vec<u8>)>;

/// The files that a ConfigMap or a Secret brings; `None` for another source.
fn files_of(source: &Value, objects: &[Value]) -> Result<Option<Files>> {
    let (kind, reference, name) = if source["configMap"].is_object() {
        ("ConfigMap", &source["configMap"], "name")
    } else if source["secret"].is_object() {
        let secret = &source["secret"];
        let name = if secret["secretName"].is_string() {
            "secretName"
        } else {
            "name"
        };
        ("Secret", secret, name)
    } else {
        return Ok(None);
    };
    let name = reference[name].as_str().context("a reference has a name")?;
    let object = match find(objects, kind, name) {
        Ok(object) => object,
        Err(_) if reference["optional"] == true => return Ok(Some(Vec::new())),
        Err(error) => return Err(error),
    };
    let data = data_of(object)?;
    let Some(items) = reference["items"].as_array() else {
        return Ok(Some(data));
    };
    let mut files = Vec::new();
    for item in items {
        let (_, content) = data
            .iter()
            .find(|(key, _)| item["key"] == key.as_str())
            .with_context(|| format!("{kind} `{name}` has no key {}", item["key"]))?;
        let path = item["path"].as_str().context("an item has a path")?;
        files.push((path.to_owned(), content.clone()));
    }
    Ok(Some(files))
}

/// The object of this kind and name.
pub(super) fn find<'a>(objects: &'a [Value], kind: &str, name: &str) -> Result<&'a Value> {
    objects
        .iter()
        .find(|object| object["kind"] == kind && object["metadata"]["name"] == name)
        .with_context(|| format!("there is no {kind} `{name}`"))
}

/// What a ConfigMap or a Secret holds.
pub(super) fn data_of(object: &Value) -> Result<Files> {
    let is_secret = object["kind"] == "Secret";
    let plain = if is_secret { "stringData" } else { "data" };
    let mut all = Vec::new();
    for (key, value) in object[plain].as_object().into_iter().flatten() {
        let text = value.as_str().context("data are texts")?;
        all.push((key.clone(), text.as_bytes().to_vec()));
    }
    let encoded = if is_secret { "data" } else { "binaryData" };
    for (key, value) in object[encoded].as_object().into_iter().flatten() {
        let text = value.as_str().context("data are texts")?;
        all.push((key.clone(), STANDARD.decode(text)?));
    }
    Ok(all)
}
