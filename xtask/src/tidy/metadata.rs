//! What cargo knows of the packages: manifests, licences, edges.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::command;

/// Every package that a build for Linux takes.
pub(crate) struct Metadata {
    /// The packages, our own among them.
    pub(crate) packages: Vec<Package>,
}

/// One package.
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// The SPDX expression of its manifest, if it has one.
    pub(crate) licence: Option<String>,
    /// For a package of this workspace the path of its manifest below the root.
    pub(crate) manifest: Option<String>,
    /// What its manifest asks for, on any platform.
    pub(crate) dependencies: Vec<Dependency>,
}

/// One entry of a manifest.
pub(crate) struct Dependency {
    /// The name of the package.
    pub(crate) name: String,
    /// Whether only tests, examples and benches get it.
    pub(crate) is_dev: bool,
}

impl Metadata {
    /// Asks cargo, which fetches missing packages as any build would.
    ///
    /// # Errors
    ///
    /// When a manifest is wrong or `Cargo.lock` is not up to date.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        // Packages for other systems only would be fetched for nothing; cargo-deny looks at those.
        let arguments = [
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--filter-platform",
            "x86_64-unknown-linux-gnu",
        ];
        let text = command::output(Command::new("cargo").args(arguments).current_dir(root))
            .context("cargo cannot describe the workspace")?;
        let value = serde_json::from_str(&text).context("cargo metadata prints JSON")?;
        Self::parse(&value).context("cargo metadata has another form than expected")
    }

    /// `None` when the value lacks a member that cargo always writes.
    fn parse(value: &Value) -> Option<Self> {
        let root = format!("{}/", value["workspace_root"].as_str()?);
        let packages = value["packages"]
            .as_array()?
            .iter()
            .map(|package| Package::parse(package, &root));
        Some(Self {
            packages: packages.collect::<Option<_>>()?,
        })
    }

    /// The packages of this workspace with the paths of their manifests.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&Package, &str)> {
        self.packages
            .iter()
            .filter_map(|package| Some((package, package.manifest.as_deref()?)))
    }
}

impl Package {
    fn parse(value: &Value, root: &str) -> Option<Self> {
        let manifest = value["manifest_path"].as_str()?;
        let dependencies = value["dependencies"].as_array()?.iter().map(|dependency| {
            Some(Dependency {
                name: dependency["name"].as_str()?.to_owned(),
                is_dev: dependency["kind"].as_str() == Some("dev"),
            })
        });
        Some(Self {
            name: value["name"].as_str()?.to_owned(),
            version: value["version"].as_str()?.to_owned(),
            licence: value["license"].as_str().map(str::to_owned),
            manifest: value["source"]
                .is_null()
                .then(|| manifest.strip_prefix(root).unwrap_or(manifest).to_owned()),
            dependencies: dependencies.collect::<Option<_>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_package_without_source_is_a_member() {
        let value = json!({"workspace_root": "/w", "packages": [
            {"name": "hub", "version": "0.1.0", "license": "MIT", "source": null, "manifest_path": "/w/hub/Cargo.toml",
             "dependencies": [{"name": "axum", "kind": null}, {"name": "insta", "kind": "dev"}]},
            {"name": "axum", "version": "1.0.0", "license": null, "source": "registry", "manifest_path": "/r/axum/Cargo.toml",
             "dependencies": []},
        ]});

        let metadata = Metadata::parse(&value).unwrap();

        let members: Vec<_> = metadata
            .members()
            .map(|(package, manifest)| (package.name.as_str(), manifest))
            .collect();
        assert_eq!(members, [("hub", "hub/Cargo.toml")]);
        assert!(metadata.packages[0].dependencies[1].is_dev);
    }
}
