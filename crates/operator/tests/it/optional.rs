//! Kinds that not every cluster knows: Routes and ServiceMonitors.

use crate::stage::{BACKSTAGES, GUIDE, NS, deployed, operator, stage};
use serde_json::json;

/// The definitions of both kinds, as far as they matter here.
const DEFINITIONS: &str = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: routes.route.openshift.io}
spec:
  group: route.openshift.io
  names: {kind: Route, plural: routes}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: servicemonitors.monitoring.coreos.com}
spec:
  group: monitoring.coreos.com
  names: {kind: ServiceMonitor, plural: servicemonitors}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
";

const ROUTES: &str = "routes.route.openshift.io";
const MONITORS: &str = "servicemonitors.monitoring.coreos.com";

fn guide_with_everything() -> String {
    let spec = "    route: {enabled: false}\n";
    assert!(GUIDE.contains(spec));
    format!(
        "{}  monitoring: {{enabled: true}}\n",
        GUIDE
            .replace(spec, "    route: {host: hub.example.com}\n")
            .replace("v1alpha1", "v1alpha4")
    )
}

#[tokio::test]
async fn a_route_and_a_monitor_that_are_deleted_come_back() {
    let cluster = stage().await;
    cluster.apply(DEFINITIONS);
    let _operator = operator(&cluster).await;
    cluster.apply(&guide_with_everything());
    deployed(&cluster, "my-rhdh").await;

    for (resource, name) in [(ROUTES, "backstage-my-rhdh"), (MONITORS, "metrics-my-rhdh")] {
        let before = cluster.wait_for(resource, NS, name, |_| true).await;
        cluster.delete(resource, NS, name);

        let after = cluster
            .wait_for(resource, NS, name, |it| {
                it["metadata"]["uid"] != before["metadata"]["uid"]
            })
            .await;
        assert_eq!(after["spec"], before["spec"]);
    }
}

#[tokio::test]
async fn a_route_and_a_monitor_that_are_no_longer_wanted_go() {
    let cluster = stage().await;
    cluster.apply(DEFINITIONS);
    let _operator = operator(&cluster).await;
    cluster.apply(&guide_with_everything());
    deployed(&cluster, "my-rhdh").await;
    cluster
        .wait_for(ROUTES, NS, "backstage-my-rhdh", |_| true)
        .await;

    let spec =
        json!({"application": {"route": {"enabled": false}}, "monitoring": {"enabled": false}});
    cluster.patch(BACKSTAGES, NS, "my-rhdh", json!({"spec": spec}));

    cluster
        .wait_until_gone(ROUTES, NS, "backstage-my-rhdh")
        .await;
    cluster
        .wait_until_gone(MONITORS, NS, "metrics-my-rhdh")
        .await;
}
