//! The Kubernetes operator: makes what a `Backstage` custom resource asks for.
