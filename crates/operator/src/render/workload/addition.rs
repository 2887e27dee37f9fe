//! One file or variable more in the pod, whoever asked for it.

use super::{Pod, config_argument, env, env_from, mount};
use crate::error::InputError;
use crate::external::{Content, ExternalKind};
use crate::render::Input;
use crate::spec::{EnvSource, FileSource};
use serde_json::{Value, json};

/// Where files are unless a custom resource says otherwise.
pub(crate) const DEFAULT_FOLDER: &str = "/opt/app-root/src";

/// One file or variable more in the pod.
///
/// Where there are `containers`, they are as in the custom resource, and `field` is who asked.
pub(crate) enum Addition {
    /// A file or folder.
    Mount {
        containers: Vec<String>,
        field: String,
        /// The object, after which the volume is named.
        volume: String,
        kind: &'static str,
        source: Value,
        path: String,
        /// The one file of the volume that is wanted.
        key: Option<String>,
        read_only: bool,
    },
    /// A file that the hub reads as configuration, after those before it.
    Config(String),
    /// All keys of an object as variables.
    EnvFrom {
        containers: Vec<String>,
        field: String,
        source: Value,
    },
    /// One variable.
    Env {
        containers: Vec<String>,
        field: String,
        env: Value,
    },
}

impl Addition {
    pub(crate) fn apply(&self, pod: &mut Pod<'_>) -> Result<(), InputError> {
        match self {
            Self::Mount {
                containers,
                field,
                volume,
                kind,
                source,
                path,
                key,
                read_only,
            } => {
                let name = pod.volume(volume, kind, source);
                let mut wanted = json!({"name": name, "mountPath": path});
                if let Some(key) = key {
                    wanted["subPath"] = key.as_str().into();
                }
                if *read_only {
                    wanted["readOnly"] = true.into();
                }
                pod.edit(containers, field, |container| mount(container, &wanted))
            }
            Self::Config(path) => pod.edit(&[], "appConfig", |container| {
                config_argument(container, path);
            }),
            Self::EnvFrom {
                containers,
                field,
                source,
            } => pod.edit(containers, field, |container| env_from(container, source)),
            Self::Env {
                containers,
                field,
                env: variable,
            } => pod.edit(containers, field, |container| env(container, variable)),
        }
    }
}

/// Lists what the custom resource itself adds: variables first, then files.
pub(crate) fn of_spec(input: &Input<'_>) -> Result<Vec<Addition>, InputError> {
    let mut list = List {
        input,
        additions: Vec::new(),
    };
    list.variables();
    let application = &input.instance.spec.application;
    let folder = join(
        DEFAULT_FOLDER,
        application
            .app_config
            .mount_path
            .as_deref()
            .unwrap_or_default(),
    );
    for (at, source) in application.app_config.config_maps.iter().enumerate() {
        let field = format!("spec.application.appConfig.configMaps[{at}]");
        list.files(ExternalKind::ConfigMap, source, &folder, &field, true)?;
    }
    let files = &application.extra_files;
    let folder = join(
        DEFAULT_FOLDER,
        files.mount_path.as_deref().unwrap_or_default(),
    );
    for (at, source) in files.config_maps.iter().enumerate() {
        let field = format!("spec.application.extraFiles.configMaps[{at}]");
        list.files(ExternalKind::ConfigMap, source, &folder, &field, false)?;
    }
    for (at, source) in files.secrets.iter().enumerate() {
        let field = format!("spec.application.extraFiles.secrets[{at}]");
        if source.key.is_none() && source.mount_path.is_none() {
            let message = "a Secret needs `key` or `mountPath`; say which key is wanted, or where the folder is";
            return Err(InputError::field(field, message));
        }
        list.files(ExternalKind::Secret, source, &folder, &field, false)?;
    }
    for (at, source) in files.pvcs.iter().enumerate() {
        list.additions.push(Addition::Mount {
            containers: source.containers.clone(),
            field: format!("spec.application.extraFiles.pvcs[{at}]"),
            volume: source.name.clone(),
            kind: "pvc",
            source: json!({"persistentVolumeClaim": {"claimName": source.name}}),
            path: join(&folder, source.mount_path.as_ref().unwrap_or(&source.name)),
            key: source.key.clone(),
            read_only: false,
        });
    }
    Ok(list.additions)
}

/// Joins a folder and what is below it; an absolute `path` stands for itself.
pub(crate) fn join(folder: &str, path: &str) -> String {
    let whole = match path {
        "" => folder.to_owned(),
        path if path.starts_with('/') => path.to_owned(),
        path => format!("{}/{path}", folder.trim_end_matches('/')),
    };
    match whole.trim_end_matches('/') {
        "" => "/".to_owned(),
        trimmed => trimmed.to_owned(),
    }
}

struct List<'a> {
    input: &'a Input<'a>,
    additions: Vec<Addition>,
}

impl List<'_> {
    fn variables(&mut self) {
        let envs = &self.input.instance.spec.application.extra_envs;
        for (kind, sources, field) in [
            (ExternalKind::ConfigMap, &envs.config_maps, "configMaps"),
            (ExternalKind::Secret, &envs.secrets, "secrets"),
        ] {
            for (at, source) in sources.iter().enumerate() {
                let field = format!("spec.application.extraEnvs.{field}[{at}]");
                self.additions.push(variable(kind, source, field));
            }
        }
        for (at, env) in envs.envs.iter().enumerate() {
            self.additions.push(Addition::Env {
                containers: env.containers.clone(),
                field: format!("spec.application.extraEnvs.envs[{at}]"),
                env: json!({"name": env.name, "value": env.value}),
            });
        }
    }

    /// Adds the files of one object; with `is_config` the hub reads each as configuration.
    fn files(
        &mut self,
        kind: ExternalKind,
        source: &FileSource,
        folder: &str,
        field: &str,
        is_config: bool,
    ) -> Result<(), InputError> {
        let content = self.content(kind, source, field)?;
        let own = join(folder, source.mount_path.as_deref().unwrap_or_default());
        let keys: Vec<&String> = match &source.key {
            Some(key) => vec![key],
            None => content.0.keys().collect(),
        };
        let is_folder = source.mount_path.is_some() && source.key.is_none();
        if is_folder {
            self.mount(kind, source, field, own.clone(), None);
        }
        for key in keys {
            let path = join(&own, key);
            if !is_folder {
                self.mount(kind, source, field, path.clone(), Some(key.clone()));
            }
            if is_config {
                self.additions.push(Addition::Config(path));
            }
        }
        Ok(())
    }

    fn content(
        &self,
        kind: ExternalKind,
        source: &FileSource,
        field: &str,
    ) -> Result<Content, InputError> {
        let found = self
            .input
            .observed
            .externals
            .get(&(kind, source.name.clone()));
        let content = found.cloned().unwrap_or_default();
        match &source.key {
            Some(key) if !content.0.contains_key(key) => {
                let there: Vec<&str> = content.0.keys().map(String::as_str).collect();
                Err(InputError::field(
                    format!("{field}.key"),
                    format!(
                        "{} `{}` has no key `{key}`; it has `{}`",
                        kind.name(),
                        source.name,
                        there.join("`, `")
                    ),
                ))
            }
            _ => Ok(content),
        }
    }

    fn mount(
        &mut self,
        kind: ExternalKind,
        source: &FileSource,
        field: &str,
        path: String,
        key: Option<String>,
    ) {
        let name = &source.name;
        let (kind, volume) = match kind {
            ExternalKind::ConfigMap => (
                "configmap",
                json!({"configMap": {"name": name, "defaultMode": 420}}),
            ),
            ExternalKind::Secret => (
                "secret",
                json!({"secret": {"secretName": name, "defaultMode": 420}}),
            ),
        };
        self.additions.push(Addition::Mount {
            containers: source.containers.clone(),
            field: field.to_owned(),
            volume: name.clone(),
            kind,
            source: volume,
            path,
            key,
            read_only: true,
        });
    }
}

fn variable(kind: ExternalKind, source: &EnvSource, field: String) -> Addition {
    let containers = source.containers.clone();
    let (all, one) = match kind {
        ExternalKind::ConfigMap => ("configMapRef", "configMapKeyRef"),
        ExternalKind::Secret => ("secretRef", "secretKeyRef"),
    };
    match &source.key {
        None => Addition::EnvFrom {
            containers,
            field,
            source: json!({all: {"name": source.name}}),
        },
        Some(key) => Addition::Env {
            containers,
            field,
            env: json!({"name": key, "valueFrom": {one: {"name": source.name, "key": key}}}),
        },
    }
}
