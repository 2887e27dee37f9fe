//! The Kubernetes operator: makes what a `Backstage` custom resource asks for.

mod backstage;
mod error;
mod external;
mod merge;
mod reconcile;
mod render;
mod source;
mod spec;
mod status;
