//! Objects that a custom resource names but does not own, and the hash of their content.

use crate::spec::{FileSource, Spec};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The kind of an object that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExternalKind {
    /// Not secret.
    ConfigMap,
    /// Secret.
    Secret,
}

impl ExternalKind {
    /// The kind as Kubernetes calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
        }
    }
}

/// Which of the objects that custom resources name are followed, so that a change of one
/// replaces the pods that read it.
///
/// # Source
///
/// Mirrors two variables of upstream's operator, both of which are `true` unless given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Following {
    /// Whether such objects are labelled as to be followed, `EXT_CONF_SYNC_backstage`.
    pub is_marked: bool,
    /// Whether what is labelled so is watched, `WATCH_EXT_CONF_backstage`.
    pub is_watched: bool,
}

impl Default for Following {
    fn default() -> Self {
        Self {
            is_marked: true,
            is_watched: true,
        }
    }
}

impl Following {
    /// Tells whether a change of such an object replaces pods.
    pub fn replaces_pods(self) -> bool {
        self.is_marked && self.is_watched
    }
}

/// The name of an object in a custom resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The kind of the object.
    pub kind: ExternalKind,
    /// Its name.
    pub name: String,
    /// The field that names it, such as `spec.application.appConfig.configMaps[0].name`.
    pub field: String,
    /// Whether pods must be replaced for its content to arrive: all but whole folders, which
    /// Kubernetes keeps up to date, and files of the default configuration.
    pub rolls_out: bool,
}

/// What an object held when it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Content(pub BTreeMap<String, Vec<u8>>);

impl Content {
    /// Gives the text of `key`; `None` if it is absent or not UTF-8.
    pub fn text(&self, key: &str) -> Option<&str> {
        std::str::from_utf8(self.0.get(key)?).ok()
    }
}

/// Lists every object that `spec` names and that must be read.
pub fn references(spec: &Spec) -> Vec<Reference> {
    let application = &spec.application;
    let mut list = List::default();
    let raw = &spec.raw_runtime_config;
    list.one(
        ExternalKind::ConfigMap,
        raw.backstage_config.as_deref(),
        "spec.rawRuntimeConfig.backstageConfig",
        false,
    );
    list.one(
        ExternalKind::ConfigMap,
        raw.local_db_config.as_deref(),
        "spec.rawRuntimeConfig.localDbConfig",
        false,
    );
    list.files(
        ExternalKind::ConfigMap,
        &application.app_config.config_maps,
        "spec.application.appConfig.configMaps",
    );
    list.files(
        ExternalKind::ConfigMap,
        &application.extra_files.config_maps,
        "spec.application.extraFiles.configMaps",
    );
    list.files(
        ExternalKind::Secret,
        &application.extra_files.secrets,
        "spec.application.extraFiles.secrets",
    );
    for (kind, sources, field) in [
        (
            ExternalKind::ConfigMap,
            &application.extra_envs.config_maps,
            "configMaps",
        ),
        (
            ExternalKind::Secret,
            &application.extra_envs.secrets,
            "secrets",
        ),
    ] {
        for (at, source) in sources.iter().enumerate() {
            let field = format!("spec.application.extraEnvs.{field}[{at}].name");
            list.one(kind, Some(&source.name), &field, true);
        }
    }
    let plugins = application.dynamic_plugins_config_map_name.as_deref();
    list.one(
        ExternalKind::ConfigMap,
        plugins,
        "spec.application.dynamicPluginsConfigMapName",
        true,
    );
    let account = spec.database.auth_secret_name.as_deref();
    list.one(
        ExternalKind::Secret,
        account,
        "spec.database.authSecretName",
        true,
    );
    list.0
}

/// The references found so far.
#[derive(Default)]
struct List(Vec<Reference>);

impl List {
    fn one(&mut self, kind: ExternalKind, name: Option<&str>, field: &str, rolls_out: bool) {
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            self.0.push(Reference {
                kind,
                name: name.to_owned(),
                field: field.to_owned(),
                rolls_out,
            });
        }
    }

    fn files(&mut self, kind: ExternalKind, sources: &[FileSource], field: &str) {
        for (at, source) in sources.iter().enumerate() {
            let is_folder = source.mount_path.is_some() && source.key.is_none();
            let field = format!("{field}[{at}].name");
            self.one(kind, Some(&source.name), &field, !is_folder);
        }
    }
}

/// Gathers content into one hash, which changes when any of it does.
#[derive(Default)]
pub struct ContentHash(Sha256);

impl ContentHash {
    /// Adds one object; callers add objects in an order that is always the same.
    pub fn add(&mut self, kind: &str, name: &str, content: &Content) {
        self.part(kind.as_bytes());
        self.part(name.as_bytes());
        for (key, value) in &content.0 {
            self.part(key.as_bytes());
            self.part(value);
        }
        self.part(&[]);
    }

    /// Gives the hash in hexadecimal digits.
    pub fn finish(self) -> String {
        let mut text = String::with_capacity(64);
        for byte in self.0.finalize() {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    /// Adds bytes with their length before them, so that no two inputs look alike.
    fn part(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_named_object_is_listed_with_its_field() {
        let spec = Spec::parse(&json!({
            "rawRuntimeConfig": {"backstageConfig": "raw"},
            "application": {
                "appConfig": {"configMaps": [{"name": "a"}, {"name": "b"}]},
                "extraFiles": {"secrets": [{"name": "folder", "mountPath": "/x"}, {"name": "file", "key": "k"}]},
                "extraEnvs": {"secrets": [{"name": "env"}]},
            },
            "database": {"authSecretName": "account"},
        }))
        .unwrap();

        let found: Vec<String> = references(&spec)
            .into_iter()
            .map(|it| {
                format!(
                    "{} {} {} {}",
                    it.kind.name(),
                    it.name,
                    it.rolls_out,
                    it.field
                )
            })
            .collect();

        insta::assert_snapshot!(found.join("\n"), @r"
        ConfigMap raw false spec.rawRuntimeConfig.backstageConfig
        ConfigMap a true spec.application.appConfig.configMaps[0].name
        ConfigMap b true spec.application.appConfig.configMaps[1].name
        Secret folder false spec.application.extraFiles.secrets[0].name
        Secret file true spec.application.extraFiles.secrets[1].name
        Secret env true spec.application.extraEnvs.secrets[0].name
        Secret account true spec.database.authSecretName
        ");
    }

    #[test]
    fn moving_a_byte_from_key_to_value_changes_the_hash() {
        let hash = |key: &str, value: &str| {
            let mut hash = ContentHash::default();
            hash.add(
                "Secret",
                "s",
                &Content(BTreeMap::from([(
                    key.to_owned(),
                    value.as_bytes().to_vec(),
                )])),
            );
            hash.finish()
        };

        assert_eq!(hash("a", "b"), hash("a", "b"));
        assert_ne!(hash("ab", ""), hash("a", "b"));
        assert_ne!(hash("a", "b"), hash("a", "c"));
    }
}
