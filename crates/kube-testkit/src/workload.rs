//! What controllers of a cluster would do: make workloads ready, bind claims, run pods.

use serde_json::{Value, json};

use crate::owner::{Managers, Operation, Writer};
use crate::resource::Resource;
use crate::shape::Shape;
use crate::store::{Key, State};

/// When workloads become ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Simulation {
    /// As soon as they are written.
    AtOnce,
    /// When the test says so.
    OnRequest,
}

/// How a workload is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Health {
    Ready,
    Progressing,
    /// Its pods cannot be made, for this reason.
    Failed(String),
}

impl State {
    /// Does what would follow from the write of the object at `key`.
    pub(crate) fn simulate(&mut self, key: &Key, now: &str) {
        let health = match self.simulation {
            Simulation::AtOnce => Health::Ready,
            Simulation::OnRequest => Health::Progressing,
        };
        let is_new_to_it = self.get(key).is_some_and(|stored| {
            let observed = &stored.object["status"]["observedGeneration"];
            *observed != stored.object["metadata"]["generation"]
        });
        match (key.group.as_str(), key.plural.as_str()) {
            ("apps", "deployments" | "statefulsets" | "daemonsets" | "replicasets")
                if is_new_to_it =>
            {
                self.make(key, &health, now);
            }
            ("batch", "jobs") | ("", "pods" | "persistentvolumeclaims")
                if self.simulation == Simulation::AtOnce =>
            {
                self.make(key, &health, now);
            }
            _ => {}
        }
    }

    /// Gives the workload at `key` the status of one that is doing so.
    pub(crate) fn make(&mut self, key: &Key, health: &Health, now: &str) {
        let Some(stored) = self.get(key) else {
            return;
        };
        let object = stored.plain();
        let status = match key.plural.as_str() {
            "persistentvolumeclaims" => json!({
                "phase": "Bound",
                "accessModes": object["spec"]["accessModes"],
                "capacity": object["spec"]["resources"]["requests"],
            }),
            "pods" => pod(&object, health, now),
            "jobs" => job(&object, health, now),
            _ => workload(&key.plural, &object, health, now),
        };
        self.set_status(key, status, now);
        if key.plural == "statefulsets" {
            self.claim(key, &object, now);
        }
        if key.group == "apps" {
            self.replicate(key, health, now);
        }
    }

    fn set_status(&mut self, key: &Key, status: Value, now: &str) {
        let Some(stored) = self.get(key) else {
            return;
        };
        let before = stored.plain();
        if before["status"] == status {
            return;
        }
        let mut managers = stored.managers.clone();
        let mut object = before.clone();
        object["status"] = status;
        let kind = object["kind"].as_str().unwrap_or_default().to_owned();
        let shape = Shape::BuiltIn {
            kind: &kind,
            field: "",
        };
        let writer = Writer {
            manager: "kube-controller-manager".to_owned(),
            operation: Operation::Update,
            api_version: object["apiVersion"].as_str().unwrap_or_default().to_owned(),
            subresource: "status".to_owned(),
            time: now.to_owned(),
        };
        managers.updated(&writer, &before, &object, shape);
        self.put(key.clone(), object, managers);
    }

    /// Makes the claims of a StatefulSet, which stay when it goes.
    fn claim(&mut self, key: &Key, set: &Value, now: &str) {
        let Some(claims) = self.registry.find("", "v1", "persistentvolumeclaims") else {
            return;
        };
        let claims: &Resource = &claims;
        let replicas = set["spec"]["replicas"].as_u64().unwrap_or(1);
        let templates = set["spec"]["volumeClaimTemplates"]
            .as_array()
            .into_iter()
            .flatten();
        for template in templates {
            let prefix = template["metadata"]["name"].as_str().unwrap_or_default();
            for number in 0..replicas {
                let name = format!("{prefix}-{}-{number}", key.name);
                let claim_key = Key::new(claims, &key.namespace, &name);
                if self.get(&claim_key).is_some() {
                    continue;
                }
                let claim = json!({
                    "apiVersion": "v1",
                    "kind": "PersistentVolumeClaim",
                    "metadata": {
                        "name": name,
                        "namespace": key.namespace,
                        "uid": self.next_uid(),
                        "creationTimestamp": now,
                        "labels": set["spec"]["selector"]["matchLabels"],
                    },
                    "spec": template["spec"],
                    "status": {"phase": "Pending"},
                });
                self.put(claim_key.clone(), claim, Managers::default());
                self.simulate(&claim_key, now);
            }
        }
    }
}

fn workload(plural: &str, object: &Value, health: &Health, now: &str) -> Value {
    let wanted = match plural {
        "daemonsets" => 1,
        _ => object["spec"]["replicas"].as_u64().unwrap_or(1),
    };
    let ready = match health {
        Health::Ready => wanted,
        Health::Progressing | Health::Failed(_) => 0,
    };
    let generation = &object["metadata"]["generation"];
    let mut status = match plural {
        "daemonsets" => json!({
            "observedGeneration": generation,
            "currentNumberScheduled": wanted,
            "desiredNumberScheduled": wanted,
            "numberAvailable": ready,
            "numberMisscheduled": 0,
            "numberReady": ready,
            "updatedNumberScheduled": wanted,
        }),
        "replicasets" => json!({
            "observedGeneration": generation,
            "replicas": wanted,
        }),
        _ => json!({
            "observedGeneration": generation,
            "replicas": wanted,
            "updatedReplicas": wanted,
        }),
    };
    // Kubernetes leaves out what is zero.
    if ready > 0 && plural != "daemonsets" {
        status["readyReplicas"] = json!(ready);
        status["availableReplicas"] = json!(ready);
    }
    match plural {
        "deployments" => {
            if ready < wanted {
                status["unavailableReplicas"] = json!(wanted - ready);
            }
            status["conditions"] = deployment_conditions(object, health, now);
        }
        "statefulsets" => {
            // One revision is as good as another, as long as both are the same.
            let revision = format!(
                "{}-{}",
                object["metadata"]["name"].as_str().unwrap_or_default(),
                crate::write::suffix(generation.as_u64().unwrap_or(0))
            );
            status["currentRevision"] = json!(revision);
            status["updateRevision"] = json!(revision);
            status["currentReplicas"] = json!(wanted);
            if ready == 0 {
                status["availableReplicas"] = json!(0);
            }
        }
        _ => {}
    }
    status
}

fn deployment_conditions(object: &Value, health: &Health, now: &str) -> Value {
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let condition = |kind: &str, status: &str, reason: &str, message: &str| {
        json!({
            "type": kind,
            "status": status,
            "reason": reason,
            "message": message,
            "lastUpdateTime": now,
            "lastTransitionTime": now,
        })
    };
    let available = |status: &str| match status {
        "True" => condition(
            "Available",
            "True",
            "MinimumReplicasAvailable",
            "Deployment has minimum availability.",
        ),
        _ => condition(
            "Available",
            "False",
            "MinimumReplicasUnavailable",
            "Deployment does not have minimum availability.",
        ),
    };
    match health {
        Health::Ready => json!([
            available("True"),
            condition(
                "Progressing",
                "True",
                "NewReplicaSetAvailable",
                &format!("ReplicaSet \"{name}-1\" has successfully progressed."),
            ),
        ]),
        Health::Progressing => json!([
            available("False"),
            condition(
                "Progressing",
                "True",
                "ReplicaSetUpdated",
                &format!("ReplicaSet \"{name}-1\" is progressing."),
            ),
        ]),
        Health::Failed(message) => json!([
            available("False"),
            condition("ReplicaFailure", "True", "FailedCreate", message),
        ]),
    }
}

fn pod(object: &Value, health: &Health, now: &str) -> Value {
    let ends = matches!(
        object["spec"]["restartPolicy"].as_str(),
        Some("Never" | "OnFailure")
    );
    let (phase, is_ready) = match (health, ends) {
        (Health::Ready, true) => ("Succeeded", false),
        (Health::Ready, false) => ("Running", true),
        (Health::Progressing, _) => ("Pending", false),
        (Health::Failed(_), _) => ("Failed", false),
    };
    let ready = if is_ready { "True" } else { "False" };
    let kinds = ["Initialized", "Ready", "ContainersReady", "PodScheduled"];
    let conditions =
        kinds.map(|kind| json!({"type": kind, "status": ready, "lastTransitionTime": now}));
    let containers = object["spec"]["containers"]
        .as_array()
        .into_iter()
        .flatten();
    let containers: Vec<Value> = containers
        .map(|container| {
            json!({
                "name": container["name"],
                "image": container["image"],
                "ready": is_ready,
                "restartCount": 0,
            })
        })
        .collect();
    json!({
        "phase": phase,
        "startTime": now,
        "conditions": conditions,
        "containerStatuses": containers,
    })
}

fn job(object: &Value, health: &Health, now: &str) -> Value {
    // A job that has ended stays as it is.
    if !object["status"]["completionTime"].is_null() {
        return object["status"].clone();
    }
    let condition = |kind: &str| {
        json!([{
            "type": kind,
            "status": "True",
            "lastProbeTime": now,
            "lastTransitionTime": now,
        }])
    };
    match health {
        Health::Ready => json!({
            "startTime": now,
            "completionTime": now,
            "succeeded": 1,
            "conditions": condition("Complete"),
        }),
        Health::Progressing => json!({"startTime": now, "active": 1}),
        Health::Failed(_) => {
            json!({"startTime": now, "failed": 1, "conditions": condition("Failed")})
        }
    }
}
