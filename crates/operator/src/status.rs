//! What the operator says of a custom resource: the condition `Deployed`.

use crate::backstage::{BackstageStatus, Condition};
use jiff::Timestamp;
use serde_json::Value;

/// The type of the condition.
pub const DEPLOYED: &str = "Deployed";

/// Why the condition is as it is; the words are upstream's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Every replica runs and is ready.
    Deployed,
    /// Something is wrong, and the message says what.
    DeployFailed,
    /// Replicas are being started or replaced.
    DeployInProgress,
    /// The custom resource wants no replicas for the time being.
    Idled,
}

impl Reason {
    /// The word for the condition.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deployed => "Deployed",
            Self::DeployFailed => "DeployFailed",
            Self::DeployInProgress => "DeployInProgress",
            Self::Idled => "Idled",
        }
    }
}

/// How far a custom resource is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Why.
    pub reason: Reason,
    /// Why, for people.
    pub message: String,
}

impl Verdict {
    /// Makes a verdict.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
        }
    }

    /// Reads from a Deployment or StatefulSet, as the server gave it, how far it is.
    pub fn of_workload(workload: &Value, is_idle: bool) -> Self {
        if is_idle {
            let message = "Stopped by the annotation rhdh.redhat.com/idle";
            return Self::new(Reason::Idled, message);
        }
        if let Some(message) = replica_failure(workload) {
            return Self::new(Reason::DeployFailed, message);
        }
        let number = |pointer| workload.pointer(pointer).and_then(Value::as_i64);
        let wanted = number("/spec/replicas").unwrap_or(1);
        let ready = number("/status/readyReplicas").unwrap_or(0);
        let updated = number("/status/updatedReplicas").unwrap_or(ready);
        let generation = number("/metadata/generation");
        let is_seen = number("/status/observedGeneration") >= generation;
        if is_seen && ready == wanted && updated == wanted {
            return Self::new(Reason::Deployed, "");
        }
        let message = format!("{ready} of {wanted} replicas are ready, {updated} up to date");
        Self::new(Reason::DeployInProgress, message)
    }
}

fn replica_failure(workload: &Value) -> Option<String> {
    let conditions = workload.pointer("/status/conditions")?.as_array()?;
    let failure = conditions
        .iter()
        .find(|it| it["type"] == "ReplicaFailure" && it["status"] == "True")?;
    Some(failure["message"].as_str().unwrap_or_default().to_owned())
}

/// Gives the status with the verdict in it; `None` if it says so already.
///
/// Conditions of other types stay. The time is that at which the condition became true or
/// false, so it stays while only the reason changes.
pub fn updated(
    current: Option<&BackstageStatus>,
    verdict: &Verdict,
    generation: Option<i64>,
    now: Timestamp,
) -> Option<BackstageStatus> {
    let mut status = current.cloned().unwrap_or_default();
    let at = status.conditions.iter().position(|it| it.kind == DEPLOYED);
    let previous = at.map(|at| &status.conditions[at]);
    let truth = match verdict.reason {
        Reason::Deployed => "True",
        Reason::DeployFailed | Reason::DeployInProgress | Reason::Idled => "False",
    };
    let since = previous
        .filter(|previous| previous.status == truth)
        .map_or_else(
            || seconds(now),
            |previous| previous.last_transition_time.clone(),
        );
    let condition = Condition {
        kind: DEPLOYED.to_owned(),
        status: truth.to_owned(),
        reason: verdict.reason.as_str().to_owned(),
        message: verdict.message.clone(),
        last_transition_time: since,
        observed_generation: generation,
    };
    if previous == Some(&condition) {
        return None;
    }
    match at {
        Some(at) => status.conditions[at] = condition,
        None => status.conditions.push(condition),
    }
    Some(status)
}

fn seconds(now: Timestamp) -> String {
    now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_workload_is_deployed_when_every_replica_is_new_and_ready() {
        let verdict = |workload| Verdict::of_workload(&workload, false).reason;

        assert_eq!(
            verdict(json!({"spec": {"replicas": 2}, "status": {"readyReplicas": 2}})),
            Reason::Deployed
        );
        assert_eq!(
            verdict(
                json!({"spec": {"replicas": 2}, "status": {"readyReplicas": 2, "updatedReplicas": 1}})
            ),
            Reason::DeployInProgress
        );
        assert_eq!(verdict(json!({"spec": {}})), Reason::DeployInProgress);
        assert_eq!(
            verdict(json!({
                "metadata": {"generation": 3},
                "spec": {"replicas": 1},
                "status": {"observedGeneration": 2, "readyReplicas": 1},
            })),
            Reason::DeployInProgress
        );
    }

    #[test]
    fn what_keeps_replicas_from_starting_is_told() {
        let workload = json!({"status": {"conditions": [
            {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota"},
        ]}});

        assert_eq!(
            Verdict::of_workload(&workload, false),
            Verdict::new(Reason::DeployFailed, "exceeded quota")
        );
    }

    #[test]
    fn a_condition_that_says_so_already_is_not_written_again() {
        let now = Timestamp::UNIX_EPOCH;
        let failed = Verdict::new(Reason::DeployFailed, "no");
        let first = updated(None, &failed, Some(1), now).unwrap();

        let later = now + jiff::SignedDuration::from_secs(60);
        assert_eq!(updated(Some(&first), &failed, Some(1), later), None);

        let starting = Verdict::new(Reason::DeployInProgress, "soon");
        let second = updated(Some(&first), &starting, Some(1), later).unwrap();
        assert_eq!(
            second.conditions[0].last_transition_time,
            "1970-01-01T00:00:00Z"
        );

        let done = Verdict::new(Reason::Deployed, "");
        let third = updated(Some(&second), &done, Some(1), later).unwrap();
        assert_eq!(
            third.conditions[0].last_transition_time,
            "1970-01-01T00:01:00Z"
        );
    }
}
