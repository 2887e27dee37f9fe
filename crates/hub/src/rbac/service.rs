//! Roles as they stand, and the policy made from them.

use super::check;
use super::config::{RbacConfig, refused};
use super::source::Sources;
use super::state::State;
use super::store::Version;
use super::{follow, load, provider, store, sync};
use crate::app::App;
use crate::finding::Finding;
use crate::hub::StartError;
use arc_swap::ArcSwap;
use callboard_policy::GroupGraph;
use callboard_store::{Revision, feed};
use std::sync::{Arc, Mutex, PoisonError};

/// The word for roles in the change feed.
pub(super) const TOPIC: &str = "rbac";

/// Roles and where they come from.
pub struct Rbac {
    config: RbacConfig,
    /// What is in force, swapped as a whole.
    loaded: ArcSwap<Loaded>,
    /// Held by whoever changes what is in force: from the first look at it to the new one.
    pub(super) writing: tokio::sync::Mutex<()>,
    /// The groups that the policy in force was compiled with; its lock makes publishing one at a time.
    groups: Mutex<GroupGraph>,
    findings: ArcSwap<Vec<Finding>>,
}

/// A state, and how new it is.
#[derive(Debug, Clone, Default)]
pub(super) struct Loaded {
    /// What is stored.
    pub(super) state: Arc<State>,
    /// The last write of roles that it has.
    pub(super) version: Version,
    /// The newest line of the change feed when it was read or written.
    pub(super) revision: Revision,
}

impl Rbac {
    pub(super) fn new(config: RbacConfig) -> Rbac {
        Rbac {
            config,
            loaded: ArcSwap::default(),
            writing: tokio::sync::Mutex::default(),
            groups: Mutex::default(),
            findings: ArcSwap::default(),
        }
    }

    /// What is wrong with the policy files, as they were last read.
    pub fn findings(&self) -> Arc<Vec<Finding>> {
        self.findings.load_full()
    }

    /// The section of the configuration.
    pub(super) fn config(&self) -> &RbacConfig {
        &self.config
    }

    /// What is stored, as it was last loaded.
    pub(super) fn state(&self) -> Arc<State> {
        Arc::clone(&self.loaded.load().state)
    }

    /// What is in force, and how new it is.
    pub(super) fn loaded(&self) -> Arc<Loaded> {
        self.loaded.load_full()
    }

    /// Puts a state in force: for requests and for decisions alike.
    pub(super) fn publish(&self, app: &App, loaded: Loaded) {
        let groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        let model = load::model(&self.config.settings, &loaded.state, groups.clone());
        let snapshot = model.compile(number(loaded.revision));
        report_retired(&self.state(), &loaded.state);
        self.loaded.store(Arc::new(loaded));
        app.permission().publish(app, snapshot, &model.conditions);
    }

    /// Puts other groups in force, unless they are those that already are.
    pub(super) fn publish_groups(&self, app: &App, new: GroupGraph) {
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        if *groups == new {
            return;
        }
        let loaded = self.loaded.load();
        let model = load::model(&self.config.settings, &loaded.state, new.clone());
        let snapshot = app
            .permission()
            .snapshot()
            .with_groups(&model, number(loaded.revision));
        follow::report_cycles(&snapshot);
        app.permission().publish_groups(snapshot);
        *groups = new;
    }
}

fn number(revision: Revision) -> u64 {
    u64::try_from(revision.number()).unwrap_or_default()
}

/// Logs the policies on `policy-entity` with `create` that were not there before.
///
/// Those of the policy file are reported with the file.
fn report_retired(old: &State, new: &State) {
    let retired = new.policies.iter().filter(|(policy, record)| {
        policy.is_retired() && record.origin.file.is_none() && !old.policies.contains_key(*policy)
    });
    for (policy, _) in retired {
        tracing::warn!(
            plugin = "permission",
            role = policy.subject.as_str(),
            "a policy on `policy-entity` with `create` is shown as `policy.entity.create`; write it so",
        );
    }
}

/// Brings what is stored in line with configuration and files, and puts it in force.
pub(super) async fn start(app: App) -> Result<(), StartError> {
    let rbac = app.rbac();
    let config = &rbac.config;
    for warning in config.warnings(&app.core().config) {
        tracing::warn!(plugin = "permission", "{warning}");
    }
    provider::connect(&app).await?;
    let sources = Sources::read(&app.core().config, config)?;

    // One transaction from the first read to the last write: replicas that start together wait
    // for each other, and the second one finds nothing to do.
    let mut tx = app.core().store.begin().await?;
    let version = store::begin_write(&mut tx).await?;
    let stored = store::load(&mut tx).await?;
    let mut state = stored.clone();
    let mut findings = sync::bring_in_line(&mut state, config, &sources, app.core().clock.now())
        .map_err(|error| refused(&app.core().config, &error))?;
    let loaded = if state == stored {
        // Nothing was written, and the transaction goes.
        let revision = feed::head(&mut tx).await?;
        let state = Arc::new(state);
        Loaded {
            state,
            version: version.before(),
            revision,
        }
    } else {
        store::save(&mut tx, &stored, &state).await?;
        let revision = feed::record(&mut tx, TOPIC, "start").await?;
        tx.commit().await?;
        let state = Arc::new(state);
        Loaded {
            state,
            version,
            revision,
        }
    };

    findings.extend(check::unknown_names(&sources, app.plugin_permissions()));
    for finding in &findings {
        finding.log("permission");
    }
    findings.extend(check::faulty_conditions(&sources, app.plugin_permissions()));
    rbac.findings.store(Arc::new(findings));
    *rbac.groups.lock().unwrap_or_else(PoisonError::into_inner) = follow::groups_of(&app);
    rbac.publish(&app, loaded);
    follow::report_cycles(&app.permission().snapshot());
    Ok(())
}
