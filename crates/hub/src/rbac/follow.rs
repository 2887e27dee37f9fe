//! Keeps the groups of the policy those of the catalog.

use super::load;
use crate::app::App;
use crate::task::Shutdown;
use callboard_policy::{GroupGraph, PolicySnapshot};

/// The groups of the catalog as it stands.
pub(super) fn groups_of(app: &App) -> GroupGraph {
    load::groups(&app.catalog().snapshot())
}

/// Publishes the groups of each new catalog until the hub stops.
pub(super) async fn follow_groups(app: App, mut shutdown: Shutdown) {
    let mut changes = app.catalog().subscribe();
    // The catalog may have changed between the start of this feature and this subscription.
    changes.mark_changed();
    loop {
        tokio::select! {
            () = shutdown.signalled() => return,
            changed = changes.changed() => if changed.is_err() { return },
        }
        app.rbac().publish_groups(&app, groups_of(&app));
    }
}

/// Logs the cycles that take all roles from somebody.
pub(super) fn report_cycles(snapshot: &PolicySnapshot) {
    for cycle in snapshot.group_cycles() {
        let cycle = cycle.join(" -> ");
        tracing::warn!(
            plugin = "permission",
            cycle,
            "groups form a cycle; whoever is below it has no roles at all"
        );
    }
}
