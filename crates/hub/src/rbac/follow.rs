//! Keeps the groups of the policy those of the catalog.

use super::load;
use crate::app::App;
use crate::database::Making;
use crate::task::Shutdown;
use callboard_policy::{GroupGraph, PolicySnapshot};

/// The groups of the catalog as it stands.
pub(super) fn groups_of(app: &App) -> GroupGraph {
    load::groups(&app.catalog().snapshot())
}

/// Publishes the groups of each new catalog until the hub stops.
pub(super) async fn follow_groups(app: App, mut making: Making, mut shutdown: Shutdown) {
    loop {
        let number = making.look();
        app.rbac().publish_groups(&app, groups_of(&app));
        making.has_made(number);
        tokio::select! {
            () = shutdown.signalled() => return,
            goes_on = making.is_outdated() => if !goes_on { return },
        }
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
