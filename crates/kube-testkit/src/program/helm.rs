//! The real engine of Helm against a cluster.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Output, find, run};
use crate::FakeCluster;

/// One action of the engine, told in JSON.
const DRIVER: &str = include_str!("helm.py");

/// The engine of Helm for one namespace of a cluster.
#[derive(Debug)]
pub struct Helm {
    python: PathBuf,
    folder: TempDir,
    namespace: String,
}

impl Helm {
    /// The engine as `admin` of a cluster.
    ///
    /// # Panics
    ///
    /// When it is not installed; the message says how it is.
    pub fn of(cluster: &FakeCluster, namespace: &str) -> Self {
        let folder = TempDir::new().expect("a temporary folder can be made");
        cluster.kubeconfig(&folder.path().join("kubeconfig"));
        Self {
            python: find("CALLBOARD_HELM_PYTHON", "python"),
            folder,
            namespace: namespace.to_owned(),
        }
    }

    /// Installs a chart folder or archive as a release, and gives its summary.
    ///
    /// # Panics
    ///
    /// When the engine refuses.
    pub async fn install(&self, chart: &Path, release: &str, values: &Value) -> Value {
        self.act("install", &json!([chart, release, values]), &json!({}))
            .await
    }

    /// Upgrades a release, and gives its summary.
    ///
    /// # Panics
    ///
    /// When the engine refuses.
    pub async fn upgrade(&self, chart: &Path, release: &str, values: &Value) -> Value {
        self.act("upgrade", &json!([chart, release, values]), &json!({}))
            .await
    }

    /// Rolls a release back to a revision.
    ///
    /// # Panics
    ///
    /// When the engine refuses.
    pub async fn rollback(&self, release: &str, revision: u32) {
        self.act("rollback", &json!([release]), &json!({"version": revision}))
            .await;
    }

    /// Uninstalls a release.
    ///
    /// # Panics
    ///
    /// When the engine refuses.
    pub async fn uninstall(&self, release: &str) {
        self.act("uninstall", &json!([release]), &json!({})).await;
    }

    /// The releases of the namespace.
    ///
    /// # Panics
    ///
    /// When the engine refuses.
    pub async fn list(&self) -> Value {
        self.act("list", &json!([]), &json!({})).await
    }

    /// The revisions of a release, oldest first.
    ///
    /// # Panics
    ///
    /// When the engine refuses.
    pub async fn history(&self, release: &str) -> Value {
        self.act("history", &json!([release]), &json!({})).await
    }

    /// Runs the tests of a release, and gives what the engine says of them.
    ///
    /// # Panics
    ///
    /// When the engine refuses, or a test fails.
    pub async fn test(&self, release: &str) -> Value {
        self.act("test", &json!([release]), &json!({})).await
    }

    /// Does an action of the engine's `Config` by its name, and gives its result.
    ///
    /// # Panics
    ///
    /// When the engine refuses.
    pub async fn act(&self, action: &str, arguments: &Value, options: &Value) -> Value {
        let output = self.attempt(action, arguments, options).await;
        assert!(
            output.is_success,
            "the engine of Helm refused to {action}: {}",
            output.stderr
        );
        serde_json::from_str(&output.stdout).expect("the driver prints JSON")
    }

    /// As [`Self::act`], however it ends.
    pub async fn attempt(&self, action: &str, arguments: &Value, options: &Value) -> Output {
        let asked = json!({
            "action": action,
            "arguments": arguments,
            "options": options,
            "kubeconfig": self.folder.path().join("kubeconfig"),
            "namespace": self.namespace,
        });
        let mut command = Command::new(&self.python);
        command
            .args(["-c", DRIVER])
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path());
        run(command, Some(asked.to_string())).await
    }

    /// Renders a chart without a cluster: the manifest of each template by its path.
    ///
    /// # Panics
    ///
    /// When the chart does not render.
    pub async fn render(chart: &Path, release: &str, values: &Value) -> Value {
        let options = json!({"name": release});
        Self::offline(&json!({
            "action": "render",
            "chart": chart,
            "values": values,
            "options": options,
        }))
        .await
    }

    /// What the engine's linter finds in a chart.
    ///
    /// # Panics
    ///
    /// When the linter cannot run.
    pub async fn lint(chart: &Path, values: &Value) -> Value {
        let options = json!({"strict": true});
        Self::offline(&json!({
            "action": "lint",
            "chart": chart,
            "values": values,
            "options": options,
        }))
        .await
    }

    /// A values file as the engine reads it.
    ///
    /// # Panics
    ///
    /// When it is no YAML.
    pub async fn values(yaml: &str) -> Value {
        Self::offline(&json!({"action": "values", "text": yaml})).await
    }

    async fn offline(asked: &Value) -> Value {
        let mut command = Command::new(find("CALLBOARD_HELM_PYTHON", "python"));
        command.args(["-c", DRIVER]);
        let output = run(command, Some(asked.to_string())).await;
        assert!(
            output.is_success,
            "the engine of Helm refused: {}",
            output.stderr
        );
        serde_json::from_str(&output.stdout).expect("the driver prints JSON")
    }
}
