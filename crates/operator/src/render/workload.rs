//! The Deployment of the hub, with the files and variables that its pods have.

use super::config::Config;
use super::metadata::{adopt, map, select};
use super::pod::{HUB, PLUGINS, Pod, config_argument, env, env_from, mount};
use super::{APP_LABEL, HASH_ANNOTATION, Input, Names, Stale, check_form, database, plugins};
use crate::error::InputError;
use crate::external::{ContentHash, references};
use crate::merge::{ListOrder, merge};
use crate::source::Document;
use crate::spec::WorkloadKind;
use serde_json::{Value, json};

mod addition;

pub(crate) use addition::{Addition, DEFAULT_FOLDER, join};

/// The annotation of a custom resource that says where new items of patched lists stand.
const LIST_ORDER: &str = "rhdh.redhat.com/deployment-patch-list-merge-mode";

/// Makes the Deployment or StatefulSet; `hash` has what the default configuration gives.
pub(crate) fn render(
    input: &Input<'_>,
    names: &Names<'_>,
    config: &Config,
    has_plugins: bool,
    hash: ContentHash,
) -> Result<Value, InputError> {
    let document = input
        .sources
        .mandatory("deployment.yaml", &["Deployment", "StatefulSet"])?;
    let mut workload = document.value.clone();
    fields_of_application(input, &document, &mut workload)?;
    let patched = patch(input, &mut workload)?;

    adopt(&mut workload, input.instance, names.hub());
    select(&mut workload, &names.hub());
    as_kind(input, names, &mut workload);
    if input.instance.is_idle() {
        workload["spec"]["replicas"] = 0.into();
    }
    let mut pod = Pod(&mut workload["spec"]["template"]);
    for name in &input.instance.spec.application.image_pull_secrets {
        pod.pull_secret(name);
    }
    require_hub(&document, &pod)?;
    for addition in &config.additions {
        addition.apply(&mut pod)?;
    }
    account(input, names, &mut pod)?;
    for addition in addition::of_spec(input)? {
        addition.apply(&mut pod)?;
    }
    if has_plugins {
        mount_plugins(input, names, &mut pod)?;
    }
    pod.annotate(HASH_ANNOTATION, with_externals(input, hash));
    check_form(&document, &workload, patched)?;
    Ok(workload)
}

/// Makes the Service of the hub.
pub(crate) fn service(
    input: &Input<'_>,
    names: &Names<'_>,
    document: &Document,
) -> Result<Value, InputError> {
    let mut service = document.value.clone();
    adopt(&mut service, input.instance, names.hub());
    map(&mut service, "spec").insert("selector".to_owned(), json!({APP_LABEL: names.hub()}));
    check_form(document, &service, false)?;
    Ok(service)
}

/// The workload of the other kind, left from before the custom resource changed.
pub(crate) fn other_kind(workload: &Value, names: &Names<'_>) -> Stale {
    Stale {
        api_version: "apps/v1",
        kind: match workload["kind"].as_str() {
            Some("StatefulSet") => "Deployment",
            _ => "StatefulSet",
        },
        name: names.hub(),
    }
}

/// Replicas and image, where the custom resource or the operator's environment says.
fn fields_of_application(
    input: &Input<'_>,
    document: &Document,
    workload: &mut Value,
) -> Result<(), InputError> {
    let application = &input.instance.spec.application;
    if let Some(replicas) = application.replicas {
        map(workload, "spec").insert("replicas".to_owned(), replicas.into());
    }
    let is_default = document.origin == input.sources.defaults.origin;
    let own = application.image.as_ref().filter(|image| !image.is_empty());
    let operators = input.images.hub.as_ref().filter(|_| is_default);
    let Some(image) = own.or(operators) else {
        return Ok(());
    };
    map(workload, "spec");
    let mut pod = Pod(&mut workload["spec"]["template"]);
    let ours: Vec<String> = [HUB, PLUGINS]
        .into_iter()
        .map(str::to_owned)
        .filter(|name| pod.containers().contains(name))
        .collect();
    if ours.is_empty() {
        return Ok(());
    }
    pod.edit(&ours, "spec.application.image", |container| {
        container["image"] = image.as_str().into();
    })
}

/// Merges the custom resource's patch into the workload, and tells whether there was one.
fn patch(input: &Input<'_>, workload: &mut Value) -> Result<bool, InputError> {
    let Some(patch) = &input.instance.spec.deployment.patch else {
        return Ok(false);
    };
    if !patch.is_object() {
        return Err(InputError::field(
            "spec.deployment.patch",
            "a patch is a mapping",
        ));
    }
    let order = match input
        .instance
        .annotations
        .get(LIST_ORDER)
        .map(String::as_str)
    {
        None | Some("append") => ListOrder::Append,
        Some("prepend") => ListOrder::Prepend,
        Some(other) => {
            return Err(InputError::field(
                format!("metadata.annotations[{LIST_ORDER}]"),
                format!("`{other}` is neither `append` nor `prepend`"),
            ));
        }
    };
    merge(workload, patch, order);
    Ok(true)
}

/// Makes the workload one of the kind that is wanted.
fn as_kind(input: &Input<'_>, names: &Names<'_>, workload: &mut Value) {
    let wanted = match input.instance.spec.deployment.kind {
        Some(kind) => kind,
        None if workload["kind"] == "StatefulSet" => WorkloadKind::StatefulSet,
        None => WorkloadKind::Deployment,
    };
    let spec = map(workload, "spec");
    match wanted {
        WorkloadKind::Deployment => {
            for key in [
                "serviceName",
                "updateStrategy",
                "podManagementPolicy",
                "volumeClaimTemplates",
            ] {
                spec.remove(key);
            }
            workload["kind"] = "Deployment".into();
        }
        WorkloadKind::StatefulSet => {
            for key in ["strategy", "progressDeadlineSeconds"] {
                spec.remove(key);
            }
            spec.entry("serviceName")
                .or_insert_with(|| names.hub().into());
            workload["kind"] = "StatefulSet".into();
        }
    }
}

fn require_hub(document: &Document, pod: &Pod<'_>) -> Result<(), InputError> {
    if pod.containers().iter().any(|name| name == HUB) {
        return Ok(());
    }
    Err(InputError::File {
        file: document.file.clone(),
        origin: document.origin.clone(),
        line: 1,
        column: 1,
        message: format!("there must be a container named `{HUB}`"),
    })
}

/// Gives the hub the account of the database.
fn account(input: &Input<'_>, names: &Names<'_>, pod: &mut Pod<'_>) -> Result<(), InputError> {
    let name = match database::account_name(input.instance) {
        Some(name) => name.to_owned(),
        None if database::has_generated_account(input.instance) => names.database_secret(),
        None => return Ok(()),
    };
    pod.edit(&[], "spec.database.authSecretName", |container| {
        env_from(container, &json!({"secretRef": {"name": name}}));
    })
}

/// Gives the init container its list of plugins.
fn mount_plugins(
    input: &Input<'_>,
    names: &Names<'_>,
    pod: &mut Pod<'_>,
) -> Result<(), InputError> {
    if !pod.containers().iter().any(|name| name == PLUGINS) {
        return match &input
            .instance
            .spec
            .application
            .dynamic_plugins_config_map_name
        {
            None => Ok(()),
            Some(_) => Err(InputError::field(
                "spec.application.dynamicPluginsConfigMapName",
                format!("the Deployment has no init container `{PLUGINS}` that could read it"),
            )),
        };
    }
    let source = json!({"configMap": {"name": names.plugins(), "defaultMode": 420}});
    let volume = pod.volume("dynamic-plugins", "configmap", &source);
    pod.edit(&[PLUGINS.to_owned()], "dynamic-plugins.yaml", |container| {
        let folder = container["workingDir"].as_str().unwrap_or(DEFAULT_FOLDER);
        let path = join(folder, plugins::FILE);
        mount(
            container,
            &json!({"name": volume, "mountPath": path, "subPath": plugins::FILE, "readOnly": true}),
        );
    })
}

/// Adds what the custom resource names to the hash of what the pods read, if that is followed.
fn with_externals(input: &Input<'_>, mut hash: ContentHash) -> String {
    if !input.following.replaces_pods() {
        return hash.finish();
    }
    let mut seen = Vec::new();
    for reference in references(&input.instance.spec) {
        let key = (reference.kind, reference.name);
        if !reference.rolls_out || seen.contains(&key) {
            continue;
        }
        if let Some(content) = input.observed.externals.get(&key) {
            hash.add(key.0.name(), &key.1, content);
        }
        seen.push(key);
    }
    hash.finish()
}
