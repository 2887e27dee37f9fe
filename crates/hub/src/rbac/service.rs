//! Roles as they stand, and the policy made from them.

use super::config::{RbacConfig, refused};
use super::metric::Metrics;
use super::remote::RemotePlugins;
use super::roster::Roster;
use super::source::Sources;
use super::state::State;
use super::status::SourceStatus;
use super::store::Version;
use super::{follow, load, provider, reload, store, sync};
use crate::app::App;
use crate::finding::Finding;
use crate::hub::StartError;
use crate::permission::InForce;
use arc_swap::{ArcSwap, ArcSwapOption};
use callboard_policy::{GroupGraph, PolicyModel};
use callboard_store::{Revision, feed};
use jiff::Timestamp;
use prometheus::Registry;
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
    pub(super) groups: Mutex<GroupGraph>,
    /// What belongs to each role of the last state that a page asked about.
    roster: ArcSwapOption<Roster>,
    /// What came of each policy file.
    sources: ArcSwap<Vec<SourceStatus>>,
    metrics: Metrics,
    remote: RemotePlugins,
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
    pub(super) fn new(
        config: RbacConfig,
        remote: RemotePlugins,
        metrics: &Registry,
    ) -> Result<Rbac, StartError> {
        Ok(Rbac {
            config,
            loaded: ArcSwap::default(),
            writing: tokio::sync::Mutex::default(),
            groups: Mutex::default(),
            roster: ArcSwapOption::empty(),
            sources: ArcSwap::default(),
            remote,
            metrics: Metrics::new(metrics)?,
        })
    }

    /// What is wrong with the policy files, as they were last read.
    pub fn findings(&self) -> Arc<Vec<Finding>> {
        let sources = self.sources.load();
        let findings = sources.iter().flat_map(SourceStatus::diagnostics);
        Arc::new(findings.cloned().collect())
    }

    /// What came of each policy file that is configured.
    pub(super) fn sources(&self) -> Arc<Vec<SourceStatus>> {
        self.sources.load_full()
    }

    /// Notes what came of the policy files.
    pub(super) fn set_sources(&self, sources: Vec<SourceStatus>) {
        self.metrics.show(&sources);
        self.sources.store(Arc::new(sources));
    }

    /// Notes that the policy files are at `now` what they were before.
    pub(super) fn note_look(&self, now: Timestamp) {
        let mut sources = Vec::clone(&self.sources());
        for source in &mut sources {
            source.read_at = now;
        }
        self.set_sources(sources);
    }

    /// The metrics of policy files.
    pub(super) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// The section of the configuration.
    pub(super) fn config(&self) -> &RbacConfig {
        &self.config
    }

    /// The plugins of other backends.
    pub(super) fn remote(&self) -> &RemotePlugins {
        &self.remote
    }

    /// The roles that name `member` itself as a member, by name.
    pub(crate) fn roles_naming(&self, member: &str) -> Vec<String> {
        let state = self.state();
        let named = state.memberships.keys().filter(|one| one.member == member);
        let mut roles: Vec<_> = named.map(|one| one.role.to_string()).collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    /// What is stored, as it was last loaded.
    pub(super) fn state(&self) -> Arc<State> {
        Arc::clone(&self.loaded.load().state)
    }

    /// What belongs to each role, as it was last loaded.
    pub(super) fn roster(&self) -> Arc<Roster> {
        let state = self.state();
        if let Some(known) = self.roster.load_full()
            && Arc::ptr_eq(known.state(), &state)
        {
            return known;
        }
        let roster = Arc::new(Roster::of(state));
        self.roster.store(Some(Arc::clone(&roster)));
        roster
    }

    /// What is in force, and how new it is.
    pub(super) fn loaded(&self) -> Arc<Loaded> {
        self.loaded.load_full()
    }

    /// The policy in force, as data with the groups of the moment, and as it decides.
    pub(super) fn in_force(&self, app: &App) -> (PolicyModel, Arc<InForce>) {
        // Whoever publishes holds the lock until both are in place.
        let groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        let model = load::model(&self.config.settings, &self.state(), groups.clone());
        (model, app.permission().in_force())
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

/// Puts in force what [`start`] would, for tools beside a hub: nothing is written.
pub(super) async fn preview(app: &App) -> Result<(), StartError> {
    let (rbac, core) = (app.rbac(), app.core());
    let sources = Sources::read(&core.config, &rbac.config);
    let mut tx = core.store.begin_read().await?;
    let (revision, version) = (feed::head(&mut tx).await?, store::version(&mut tx).await?);
    let mut state = store::load(&mut tx).await?;
    let now = core.clock.now();
    sync::apply_configuration(&mut state, &rbac.config, now)
        .map_err(|error| refused(&core.config, &error))?;
    if rbac.config.admin.is_some() {
        sync::apply_files(&mut state, &sources, now);
    }
    *rbac.groups.lock().unwrap_or_else(PoisonError::into_inner) = follow::groups_of(app);
    let state = Arc::new(state);
    rbac.publish(
        app,
        Loaded {
            state,
            version,
            revision,
        },
    );
    Ok(())
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
    *rbac.groups.lock().unwrap_or_else(PoisonError::into_inner) = follow::groups_of(&app);
    provider::connect(&app).await?;
    let sources = Sources::read(&app.core().config, config);
    let sources = match sources.policies {
        Err(unreadable) => return Err(unreadable.error),
        Ok(_) => sources,
    };

    // One transaction from the first read to the last write: replicas that start together wait
    // for each other, and the second one finds nothing to do.
    let configuration = |state: &mut State, now| {
        let applied = sync::apply_configuration(state, config, now);
        applied.map_err(|error| refused(&app.core().config, &error))
    };
    reload::bring_in(&app, sources, configuration).await?;
    follow::report_cycles(&app.permission().snapshot());
    Ok(())
}
