//! The local database: StatefulSet, Service, and the Secret with its account.

use super::metadata::{adopt, map, select};
use super::pod::{Pod, env_from};
use super::{Desired, Input, Instance, Names, Object, Policy, check_form, generate};
use crate::error::InputError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Tells whether the account of the database is one that the operator makes up.
pub(crate) fn has_generated_account(instance: &Instance) -> bool {
    instance.spec.has_local_database() && account_name(instance).is_none()
}

/// Gives the Secret with the account, if the custom resource names one.
pub(crate) fn account_name(instance: &Instance) -> Option<&str> {
    let name = instance.spec.database.auth_secret_name.as_deref();
    name.filter(|name| !name.is_empty())
}

pub(crate) fn render(
    input: &Input<'_>,
    names: &Names<'_>,
    desired: &mut Desired,
) -> Result<(), InputError> {
    if has_generated_account(input.instance) {
        desired.objects.push(Object {
            value: secret(input, names)?,
            policy: Policy::CreateOnce,
        });
    }
    desired.push(service(input, names)?);
    desired.push(stateful_set(input, names)?);
    Ok(())
}

/// Makes the account, with a password that nobody chose.
fn secret(input: &Input<'_>, names: &Names<'_>) -> Result<Value, InputError> {
    let document = input.sources.mandatory("db-secret.yaml", &["Secret"])?;
    let mut secret = document.value.clone();
    let name = names.database_secret();
    let password = generate(&input.observed.randomness, &name, "POSTGRES_PASSWORD");
    adopt(&mut secret, input.instance, name);
    encode_strings(&mut secret);
    let data = map(&mut secret, "data");
    for (key, value) in [
        ("POSTGRES_HOST", names.database().as_str()),
        ("POSTGRES_PORT", "5432"),
        ("POSTGRES_USER", "postgres"),
        ("POSTGRES_PASSWORD", password.as_str()),
        ("POSTGRESQL_ADMIN_PASSWORD", password.as_str()),
    ] {
        // What the file says itself is what its author wants.
        data.entry(key)
            .or_insert_with(|| STANDARD.encode(value).into());
    }
    check_form(&document, &secret, false)?;
    Ok(secret)
}

/// Moves `stringData` into `data`, as the server would.
pub(crate) fn encode_strings(secret: &mut Value) {
    let Some(Value::Object(strings)) = secret
        .as_object_mut()
        .and_then(|it| it.remove("stringData"))
    else {
        return;
    };
    let data = map(secret, "data");
    for (key, value) in strings {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        data.insert(key, STANDARD.encode(text).into());
    }
}

fn service(input: &Input<'_>, names: &Names<'_>) -> Result<Value, InputError> {
    let document = input.sources.mandatory("db-service.yaml", &["Service"])?;
    let mut service = document.value.clone();
    adopt(&mut service, input.instance, names.database());
    let spec = map(&mut service, "spec");
    spec.insert("clusterIP".to_owned(), "None".into());
    spec.insert(
        "selector".to_owned(),
        json!({super::APP_LABEL: names.database()}),
    );
    check_form(&document, &service, false)?;
    Ok(service)
}

fn stateful_set(input: &Input<'_>, names: &Names<'_>) -> Result<Value, InputError> {
    let instance = input.instance;
    let document = input
        .sources
        .mandatory("db-statefulset.yaml", &["StatefulSet"])?;
    let mut set = document.value.clone();
    adopt(&mut set, instance, names.database());
    select(&mut set, &names.database());
    set["spec"]["serviceName"] = names.database().into();
    if instance.is_idle() {
        set["spec"]["replicas"] = 0.into();
    }
    let account = account_name(instance).map_or_else(|| names.database_secret(), str::to_owned);
    let mut pod = Pod(&mut set["spec"]["template"]);
    pod.edit(&["*".to_owned()], "spec.database", |container| {
        env_from(container, &json!({"secretRef": {"name": account}}));
        if let Some(image) = &input.images.database {
            container["image"] = image.clone().into();
        }
    })?;
    for name in &instance.spec.application.image_pull_secrets {
        pod.pull_secret(name);
    }
    check_form(&document, &set, false)?;
    Ok(set)
}
