//! Files and variables of the default configuration: their objects, and how the hub has them.

use super::database::encode_strings;
use super::metadata::{adopt, adopt_without_owner, map};
use super::workload::{Addition, DEFAULT_FOLDER, join};
use super::{Input, Names, Object, Policy, check_form, generate, route, text};
use crate::error::InputError;
use crate::source::{Document, Sources};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Where the hub reads configuration of ours, as with the chart: whatever a user mounts on
/// [`DEFAULT_FOLDER`] covers nothing of it.
const CONFIG_FOLDER: &str = "/opt/callboard/config";
/// The annotation with the folder of a file.
const MOUNT_PATH: &str = "rhdh.redhat.com/mount-path";
/// The annotation with the one key that is wanted, or `*` for each as a file of its own.
const SUB_PATH: &str = "rhdh.redhat.com/sub-path";
/// The annotation with the containers, separated by commas.
const CONTAINERS: &str = "rhdh.redhat.com/containers";
/// The annotation that names the keys of a Secret that are made up once and kept.
const GENERATED: &str = "rhdh.redhat.com/generated-keys";

/// What the default configuration gives besides the workload itself.
pub(crate) struct Config {
    pub(crate) objects: Vec<Object>,
    pub(crate) additions: Vec<Addition>,
}

/// The files of the default configuration of which there may be many objects: name, kind, stem.
const FILES: [(&str, &str, &str); 5] = [
    ("secret-envs.yaml", "Secret", "envs"),
    ("configmap-envs.yaml", "ConfigMap", "envs"),
    ("app-config.yaml", "ConfigMap", "appconfig"),
    ("configmap-files.yaml", "ConfigMap", "files"),
    ("secret-files.yaml", "Secret", "files"),
];

pub(crate) fn render(input: &Input<'_>, names: &Names<'_>) -> Result<Config, InputError> {
    let mut config = Config {
        objects: Vec::new(),
        additions: Vec::new(),
    };
    for (file, kind, stem) in FILES {
        let documents = input.sources.documents(file, &[kind])?;
        for (at, document) in documents.iter().enumerate() {
            let name = names.nth(stem, at, text(&document.value, "/metadata/name"));
            let object = object(input, document, name, at)?;
            config.additions.extend(match file {
                "secret-envs.yaml" | "configmap-envs.yaml" => vec![variables(&object)],
                "app-config.yaml" => app_config(&object),
                _ => files(&object),
            });
            config.push(object);
        }
    }
    for document in input
        .sources
        .documents("pvcs.yaml", &["PersistentVolumeClaim"])?
    {
        let own_name = text(&document.value, "/metadata/name").to_owned();
        let mut claim = document.value.clone();
        // Without an owner, so that what it holds outlives the custom resource.
        adopt_without_owner(&mut claim, input.instance, names.volume_claim(&own_name));
        check_form(&document, &claim, false)?;
        config.additions.push(volume(&claim, &own_name));
        config.push(claim);
    }
    Ok(config)
}

/// Names the Secrets of variables and files that have generated keys.
pub(crate) fn generated_secrets(
    sources: &Sources,
    names: &Names<'_>,
) -> Result<Vec<String>, InputError> {
    let mut found = Vec::new();
    for (file, kind, stem) in FILES.into_iter().filter(|(_, kind, _)| *kind == "Secret") {
        for (at, document) in sources.documents(file, &[kind])?.iter().enumerate() {
            if generated_keys(&document.value).next().is_some() {
                found.push(names.nth(stem, at, text(&document.value, "/metadata/name")));
            }
        }
    }
    Ok(found)
}

impl Config {
    fn push(&mut self, value: Value) {
        self.objects.push(Object {
            value,
            policy: Policy::Apply,
        });
    }
}

fn object(
    input: &Input<'_>,
    document: &Document,
    name: String,
    at: usize,
) -> Result<Value, InputError> {
    let mut object = document.value.clone();
    if document.file == "app-config.yaml" && at == 0 {
        route::set_base_urls(input, document, &mut object)?;
    }
    encode_strings(&mut object);
    keep_or_generate(input, &mut object, &name);
    adopt(&mut object, input.instance, name);
    check_form(document, &object, false)?;
    Ok(object)
}

/// Gives a Secret its generated keys: those that it has already, new ones otherwise.
fn keep_or_generate(input: &Input<'_>, object: &mut Value, name: &str) {
    let keys: Vec<String> = generated_keys(object).map(str::to_owned).collect();
    for key in keys {
        let existing = input
            .observed
            .secrets
            .get(name)
            .and_then(|it| it.0.get(&key));
        let value = match existing {
            Some(value) => STANDARD.encode(value),
            None => STANDARD.encode(generate(&input.observed.randomness, name, &key)),
        };
        map(object, "data").insert(key, value.into());
    }
}

fn generated_keys(object: &Value) -> impl Iterator<Item = &str> {
    annotation(object, GENERATED)
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|key| !key.is_empty())
}

fn annotation<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object["metadata"]["annotations"][name].as_str()
}

fn containers(object: &Value) -> Vec<String> {
    annotation(object, CONTAINERS)
        .unwrap_or_default()
        .split(',')
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

/// All keys of `object` as variables.
fn variables(object: &Value) -> Addition {
    let source = match text(object, "/kind") {
        "Secret" => "secretRef",
        _ => "configMapRef",
    };
    Addition::EnvFrom {
        containers: containers(object),
        field: CONTAINERS.to_owned(),
        source: json!({source: {"name": object["metadata"]["name"]}}),
    }
}

/// The files of `object`, each read by the hub as configuration.
fn app_config(object: &Value) -> Vec<Addition> {
    keys(object)
        .flat_map(|key| {
            let path = join(CONFIG_FOLDER, &key);
            [
                file(object, path.clone(), Some(key), Vec::new()),
                Addition::Config(path),
            ]
        })
        .collect()
}

/// The files of `object` where its annotations say.
fn files(object: &Value) -> Vec<Addition> {
    let folder = join(
        DEFAULT_FOLDER,
        annotation(object, MOUNT_PATH).unwrap_or_default(),
    );
    let has_folder = annotation(object, MOUNT_PATH).is_some();
    match annotation(object, SUB_PATH) {
        Some("") => vec![file(object, folder, None, containers(object))],
        None if has_folder => vec![file(object, folder, None, containers(object))],
        None | Some("*") => keys(object)
            .map(|key| file(object, join(&folder, &key), Some(key), containers(object)))
            .collect(),
        Some(key) => {
            let path = join(&folder, key);
            vec![file(object, path, Some(key.to_owned()), containers(object))]
        }
    }
}

fn file(object: &Value, path: String, key: Option<String>, containers: Vec<String>) -> Addition {
    let name = text(object, "/metadata/name");
    let (kind, source) = match text(object, "/kind") {
        "Secret" => (
            "secret",
            json!({"secret": {"secretName": name, "defaultMode": 420}}),
        ),
        _ => (
            "configmap",
            json!({"configMap": {"name": name, "defaultMode": 420}}),
        ),
    };
    Addition::Mount {
        containers,
        field: CONTAINERS.to_owned(),
        volume: name.to_owned(),
        kind,
        source,
        path,
        key,
        read_only: true,
    }
}

fn volume(claim: &Value, own_name: &str) -> Addition {
    let name = text(claim, "/metadata/name");
    let folder = annotation(claim, MOUNT_PATH).unwrap_or(own_name);
    Addition::Mount {
        containers: containers(claim),
        field: CONTAINERS.to_owned(),
        volume: name.to_owned(),
        kind: "pvc",
        source: json!({"persistentVolumeClaim": {"claimName": name}}),
        path: join(DEFAULT_FOLDER, folder),
        key: annotation(claim, SUB_PATH)
            .filter(|it| !it.is_empty())
            .map(str::to_owned),
        read_only: false,
    }
}

/// The keys of a ConfigMap or Secret, in order.
fn keys(object: &Value) -> impl Iterator<Item = String> {
    let mut keys: Vec<String> = ["data", "binaryData"]
        .iter()
        .filter_map(|map| object[map].as_object())
        .flat_map(|map| map.keys().cloned())
        .collect();
    keys.sort();
    keys.into_iter()
}
