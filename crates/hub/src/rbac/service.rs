//! Roles as they stand, and the policy made from them.

use super::check;
use super::config::{RbacConfig, refused};
use super::remote::RemotePlugins;
use super::source::Sources;
use super::state::State;
use super::{follow, load, store, sync};
use crate::app::App;
use crate::finding::Finding;
use crate::hub::StartError;
use arc_swap::ArcSwap;
use callboard_policy::GroupGraph;
use callboard_store::{Revision, feed};
use std::sync::{Arc, Mutex, PoisonError};

/// The word for roles in the change feed.
const TOPIC: &str = "rbac";

/// Roles and where they come from.
pub struct Rbac {
    config: RbacConfig,
    /// What is in force, swapped as a whole.
    loaded: ArcSwap<Loaded>,
    /// The groups that the policy in force was compiled with; its lock makes publishing one at a time.
    groups: Mutex<GroupGraph>,
    findings: ArcSwap<Vec<Finding>>,
    remote: RemotePlugins,
}

#[derive(Default)]
struct Loaded {
    state: Arc<State>,
    revision: Revision,
}

impl Rbac {
    pub(super) fn new(config: RbacConfig, remote: RemotePlugins) -> Rbac {
        Rbac {
            config,
            loaded: ArcSwap::default(),
            groups: Mutex::default(),
            findings: ArcSwap::default(),
            remote,
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

    /// The plugins of other backends.
    pub(super) fn remote(&self) -> &RemotePlugins {
        &self.remote
    }

    /// What is stored, as it was last loaded.
    pub(super) fn state(&self) -> Arc<State> {
        Arc::clone(&self.loaded.load().state)
    }

    /// Puts a state in force: for requests and for decisions alike.
    fn publish(&self, app: &App, state: State, revision: Revision) {
        let groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        let model = load::model(&self.config.settings, &state, groups.clone());
        let snapshot = model.compile(number(revision));
        self.loaded.store(Arc::new(Loaded {
            state: Arc::new(state),
            revision,
        }));
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

/// Brings what is stored in line with configuration and files, and puts it in force.
pub(super) async fn start(app: App) -> Result<(), StartError> {
    let rbac = app.rbac();
    let config = &rbac.config;
    for warning in config.warnings(&app.core().config) {
        tracing::warn!(plugin = "permission", "{warning}");
    }
    let sources = Sources::read(&app.core().config, config)?;

    // One transaction from the first read to the last write: replicas that start together wait
    // for each other, and the second one finds nothing to do.
    let mut tx = app.core().store.begin().await?;
    let stored = store::load(&mut tx).await?;
    let mut state = stored.clone();
    let mut findings = sync::bring_in_line(&mut state, config, &sources, app.core().clock.now())
        .map_err(|error| refused(&app.core().config, &error))?;
    let revision = if state == stored {
        feed::head(&mut tx).await?
    } else {
        store::save(&mut tx, &stored, &state).await?;
        feed::record(&mut tx, TOPIC, "start").await?
    };
    tx.commit().await?;

    findings.extend(check::unknown_names(&sources, app.plugin_permissions()));
    for finding in &findings {
        finding.log("permission");
    }
    findings.extend(check::faulty_conditions(&sources, app.plugin_permissions()));
    rbac.findings.store(Arc::new(findings));
    *rbac.groups.lock().unwrap_or_else(PoisonError::into_inner) = follow::groups_of(&app);
    rbac.publish(&app, state, revision);
    follow::report_cycles(&app.permission().snapshot());
    Ok(())
}
