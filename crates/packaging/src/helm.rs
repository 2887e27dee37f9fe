//! The real Helm engine, which a Python package brings along, without a cluster.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What is done with the engine, in the engine's language.
const SCRIPT: &str = include_str!("engine.py");

/// Names the Python that has the engine, where it is not the one below.
const VARIABLE: &str = "CALLBOARD_HELM_PYTHON";

/// Where `cargo xtask test` installs it, relative to the root of the workspace.
const PYTHON: &str = "target/tools/kube/bin/python";

/// The engine.
#[derive(Debug, Clone)]
pub struct Helm {
    python: PathBuf,
}

/// One rendering of the chart.
#[derive(Debug, Clone)]
pub struct Case {
    /// The name of the release.
    pub release: String,
    /// Its namespace.
    pub namespace: String,
    /// What goes before the values of the chart.
    pub values: Value,
}

impl Case {
    /// The release `rhdh` in the namespace `hub`.
    pub fn of(values: Value) -> Case {
        Case {
            release: "rhdh".to_owned(),
            namespace: "hub".to_owned(),
            values,
        }
    }
}

/// What came of one rendering.
#[derive(Debug, Clone)]
pub enum Rendered {
    /// Objects by the file of their template, in order; and what the notes say.
    Manifests {
        /// The objects of each template.
        objects: BTreeMap<String, Vec<Value>>,
        /// What somebody reads after the installation.
        notes: String,
    },
    /// Why the chart refuses the values.
    Refusal(String),
}

impl Helm {
    /// The engine that is installed in this workspace.
    ///
    /// # Errors
    ///
    /// When it is not; the message names the command that installs it.
    #[expect(
        clippy::disallowed_methods,
        reason = "a test has no configuration; the task that runs it says where the engine is"
    )]
    pub fn find() -> Result<Helm> {
        let python = std::env::var_os(VARIABLE)
            .map_or_else(|| crate::workspace_root().join(PYTHON), PathBuf::from);
        ensure!(
            python.exists(),
            "`{}` is missing: run `cargo xtask test` once, which installs it, or set {VARIABLE}",
            python.display()
        );
        Ok(Helm { python })
    }

    /// Renders the chart in `chart` for each case.
    ///
    /// # Errors
    ///
    /// When the engine fails, or a manifest is not YAML.
    pub fn render(&self, chart: &Path, cases: &[Case]) -> Result<Vec<Rendered>> {
        let cases: Vec<Value> = cases
            .iter()
            .map(|case| json!({"release": case.release, "namespace": case.namespace, "values": case.values}))
            .collect();
        let answer = self.ask(&json!({"do": "render", "chart": chart, "cases": cases}))?;
        let answers = answer.as_array().context("the engine gives a list")?;
        answers.iter().map(rendered).collect()
    }

    /// What the linter has to say of each set of values, at the severity of an error or a warning.
    ///
    /// # Errors
    ///
    /// When the engine fails.
    pub fn lint(&self, chart: &Path, values: &[Value], version: &str) -> Result<Vec<String>> {
        let ask = json!({"do": "lint", "chart": chart, "values": values, "kubeVersion": version});
        let answer = self.ask(&ask)?;
        let messages = answer
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|report| report["messages"].as_array())
            .flatten()
            // Below a warning is what only shows: that a picture is recommended.
            .filter(|message| message["severity"].as_i64() > Some(1))
            .map(Value::to_string)
            .collect();
        Ok(messages)
    }

    /// Fetches a chart from a repository as `helm repo add` and `helm pull` do, into `folder`.
    ///
    /// # Errors
    ///
    /// When there is none, or its digest is not the one of the index.
    pub fn pull(
        &self,
        repository: &str,
        name: &str,
        version: &str,
        folder: &Path,
    ) -> Result<Value> {
        self.ask(&json!({
            "do": "pull", "repository": repository, "name": name, "version": version,
            "folder": folder,
        }))
    }

    /// Writes `index.yaml` for the archives in `folder`, as `helm repo index` does.
    ///
    /// # Errors
    ///
    /// When an archive is no chart, or the folder cannot be written.
    pub fn index(&self, folder: &Path) -> Result<()> {
        self.ask(&json!({"do": "index", "folder": folder}))?;
        Ok(())
    }

    fn ask(&self, question: &Value) -> Result<Value> {
        let mut engine = Command::new(&self.python)
            .args(["-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start `{}`", self.python.display()))?;
        // The engine reads all of it before it writes, so neither side waits for the other.
        let mut input = engine.stdin.take().context("standard input is a pipe")?;
        input.write_all(question.to_string().as_bytes())?;
        drop(input);
        let output = engine.wait_with_output()?;
        ensure!(
            output.status.success(),
            "the Helm engine failed\n{}",
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
        serde_json::from_slice(&output.stdout).context("the Helm engine gives JSON")
    }
}

fn rendered(answer: &Value) -> Result<Rendered> {
    if let Some(refusal) = answer["refusal"].as_str() {
        return Ok(Rendered::Refusal(refusal.to_owned()));
    }
    let mut objects = BTreeMap::new();
    let mut notes = String::new();
    for (path, text) in answer["manifests"].as_object().into_iter().flatten() {
        let text = text.as_str().context("a manifest is text")?;
        let name = path.split_once('/').map_or(path.as_str(), |(_, name)| name);
        if name.ends_with("NOTES.txt") {
            text.clone_into(&mut notes);
            continue;
        }
        let documents = callboard_yaml::parse_documents(text)
            .into_iter()
            .map(|document| Ok(document?.into_json()))
            .collect::<Result<Vec<Value>>>()
            .with_context(|| format!("{name} is not YAML:\n{text}"))?;
        if !documents.is_empty() {
            objects.insert(name.trim_start_matches("templates/").to_owned(), documents);
        }
    }
    Ok(Rendered::Manifests { objects, notes })
}
