//! Of two operators one acts, and the other takes over.

use crate::stage::{GUIDE, NS, deployed, options, stage, start, timing};
use callboard_kube_testkit::{FakeCluster, Fault};
use callboard_operator::Options;
use callboard_operator::leader::{LEASE, Timing};
use std::time::Duration;

fn candidate(identity: &str) -> Options {
    Options {
        election: Some(timing()),
        identity: identity.to_owned(),
        ..options()
    }
}

async fn held_by(cluster: &FakeCluster, holder: &str) {
    cluster
        .wait_for("leases", "rhdh-operator", LEASE, |it| {
            it["spec"]["holderIdentity"] == holder
        })
        .await;
}

#[tokio::test]
async fn the_second_operator_takes_over_at_once_when_the_first_stops() {
    let cluster = stage().await;
    // Who waits until the Lease runs out waits longer than the test.
    let patient = |identity| Options {
        election: Some(Timing {
            lease: Duration::from_secs(60),
            deadline: Duration::from_secs(30),
            ..timing()
        }),
        ..candidate(identity)
    };
    let first = start(&cluster, patient("first")).await;
    held_by(&cluster, "first").await;
    let _second = start(&cluster, patient("second")).await;
    cluster.apply(GUIDE);
    deployed(&cluster, "my-rhdh").await;

    first.stop().await;

    held_by(&cluster, "second").await;
    cluster.delete("deployments", NS, "backstage-my-rhdh");
    cluster
        .wait_for("deployments", NS, "backstage-my-rhdh", |_| true)
        .await;
    let lease = cluster.get("leases", "rhdh-operator", LEASE).unwrap();
    assert_eq!(lease["spec"]["leaseTransitions"], 1);
}

#[tokio::test]
async fn the_second_operator_takes_over_when_the_first_dies() {
    let cluster = stage().await;
    let first = start(&cluster, candidate("first")).await;
    held_by(&cluster, "first").await;
    let _second = start(&cluster, candidate("second")).await;

    first.kill().await;

    held_by(&cluster, "second").await;
}

#[tokio::test]
async fn an_operator_that_cannot_renew_the_lease_ends() {
    let cluster = stage().await;
    let only = start(&cluster, candidate("only")).await;
    held_by(&cluster, "only").await;

    cluster.inject(Fault::status(500, "InternalError").resource("leases"));

    only.ended().await;
}
