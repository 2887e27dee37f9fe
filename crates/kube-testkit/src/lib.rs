//! A Kubernetes API server for tests, in the process of the test.
//!
//! It speaks HTTP on a free loopback port and remembers objects as a real server does, so that
//! kubectl, Helm and kube-rs work against it without knowing. Nothing runs on it: workloads become
//! ready because [`Simulation`] says so.
//!
//! ```no_run
//! # async fn example() {
//! use callboard_kube_testkit::{FakeCluster, Fault, Verb};
//!
//! let cluster = FakeCluster::start().await;
//! cluster.kubeconfig("kubeconfig.yaml".as_ref());            // for kubectl and Helm
//! let client = cluster.client().await;                        // for kube-rs
//! cluster.apply("{apiVersion: v1, kind: Namespace, metadata: {name: ns1}}");
//! cluster.inject(Fault::status(503, "ServiceUnavailable").verb(Verb::Patch).times(2));
//!
//! cluster.wait_for("deployments", "ns1", "web", |web| web["status"]["readyReplicas"] == 1).await;
//! assert!(cluster.calls().iter().all(|call| !call.verb.is_deletion()));
//! # }
//! ```
//!
//! # What it does
//!
//! Discovery, all verbs, the four forms of patches, server-side apply with owners and conflicts,
//! watches with replay and bookmarks, selectors, pages of lists, tables, finalizers, owners and
//! their dependents, namespaces, custom resource definitions with several versions, their columns
//! and warnings, access rules read from the cluster's own roles once a request carries the token of
//! a user, reviews, scale, logs, and the pods of workloads as far as they can be listed.
//!
//! # What it does not do
//!
//! No webhooks, no quota, no scheduling, no networking, no controllers beyond [`Simulation`] and
//! the collection of what owners leave behind. Fields of built-in kinds are not defaulted beyond
//! what clients rely on.

mod access;
mod admission;
mod answer;
mod call;
mod cluster;
mod crd;
mod delete;
mod discovery;
mod error;
mod fault;
mod field;
mod json_path;
mod listen;
mod log;
mod merge;
mod name;
mod object;
mod owner;
mod pod;
mod program;
mod protobuf;
mod replica;
mod request;
mod resource;
mod rule;
mod scale;
mod schema;
mod selector;
mod server;
mod service;
mod shape;
mod store;
mod table;
mod typed;
mod watch;
mod workload;
mod write;

pub use call::{Call, Verb};
pub use cluster::FakeCluster;
pub use error::ApiError;
pub use fault::Fault;
pub use program::{Helm, Kubectl, Output};
pub use store::Removal;
pub use workload::Simulation;
