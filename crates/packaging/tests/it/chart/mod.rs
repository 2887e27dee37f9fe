//! The chart, rendered with every file of `charts/callboard/ci`.

mod guide;
mod refusal;
mod rule;
mod snapshot;
mod typed;

use callboard_packaging::chart::FOLDER;
use callboard_packaging::helm::{Case, Helm, Rendered};
use callboard_packaging::workspace_root;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

/// A file of values and what comes of it.
pub(crate) struct Rendering {
    pub(crate) name: String,
    pub(crate) values: Value,
    /// Objects by the file of their template.
    pub(crate) templates: BTreeMap<String, Vec<Value>>,
    pub(crate) notes: String,
}

impl Rendering {
    pub(crate) fn objects(&self) -> impl Iterator<Item = &Value> {
        self.templates.values().flatten()
    }

    /// The only object of this kind whose name ends so.
    pub(crate) fn object(&self, kind: &str, ending: &str) -> &Value {
        self.objects()
            .find(|object| {
                let name = object["metadata"]["name"].as_str().unwrap_or_default();
                object["kind"] == kind && name.ends_with(ending)
            })
            .unwrap_or_else(|| panic!("{}: there is no {kind} *{ending}", self.name))
    }

    /// The specification of the hub's pod.
    pub(crate) fn pod(&self) -> &Value {
        &self.object("Deployment", "")["spec"]["template"]["spec"]
    }

    pub(crate) fn container(&self) -> &Value {
        &self.pod()["containers"][0]
    }
}

/// The chart.
pub(crate) fn folder() -> PathBuf {
    workspace_root().join(FOLDER)
}

/// Every rendering, made once.
pub(crate) fn all() -> &'static [Rendering] {
    static ALL: OnceLock<Vec<Rendering>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut files: Vec<PathBuf> = fs::read_dir(folder().join("ci"))
            .expect("the chart has cases")
            .map(|entry| entry.expect("the folder can be listed").path())
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "yaml")
            })
            .collect();
        files.sort();
        let cases: Vec<(String, Value)> = files
            .iter()
            .map(|file| {
                let name = file.file_stem().expect("a file has a name");
                let text = fs::read_to_string(file).expect("a case can be read");
                let values = callboard_yaml::parse(&text).expect("a case is YAML");
                (name.to_string_lossy().into_owned(), values.into_json())
            })
            .collect();
        let asked: Vec<Case> = cases
            .iter()
            .map(|(_, values)| Case::of(values.clone()))
            .collect();
        let rendered = engine()
            .render(&folder(), &asked)
            .expect("the engine renders");
        cases
            .into_iter()
            .zip(rendered)
            .map(|((name, values), rendered)| match rendered {
                Rendered::Refusal(why) => panic!("{name}: {why}"),
                Rendered::Manifests { objects, notes } => Rendering {
                    name,
                    values,
                    templates: objects,
                    notes,
                },
            })
            .collect()
    })
}

pub(crate) fn case(name: &str) -> &'static Rendering {
    all()
        .iter()
        .find(|rendering| rendering.name == name)
        .unwrap_or_else(|| panic!("there is no case `{name}`"))
}

pub(crate) fn engine() -> Helm {
    Helm::find().expect("the Helm engine is installed")
}

/// The list, or nothing where there is none.
pub(crate) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// One text member of each entry of a list.
pub(crate) fn each<'a>(entries: &'a Value, member: &'a str) -> Vec<&'a str> {
    list(entries)
        .map(|entry| entry[member].as_str().unwrap_or_default())
        .collect()
}
