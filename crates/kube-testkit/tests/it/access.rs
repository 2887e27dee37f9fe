//! Roles: what somebody may do is what the cluster's own objects say.

use callboard_kube_testkit::FakeCluster;
use k8s_openapi::api::authentication::v1::TokenReview;
use k8s_openapi::api::authorization::v1::SelfSubjectAccessReview;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, ListParams, PostParams};
use serde_json::json;

const ROBOT: &str = "system:serviceaccount:default:robot";

const ROLES: &str = r"
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: one-map}
rules:
  - {apiGroups: [''], resources: [configmaps], resourceNames: [one], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: one-map}
subjects: [{kind: ServiceAccount, name: robot, namespace: default}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: one-map}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: one}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: two}}
";

#[tokio::test]
async fn a_role_allows_what_it_names_and_nothing_else() {
    let cluster = FakeCluster::start().await;
    cluster.apply(ROLES);
    let client = cluster.client_as(ROBOT).await;
    let here: Api<ConfigMap> = Api::default_namespaced(client.clone());
    let elsewhere: Api<ConfigMap> = Api::namespaced(client, "kube-system");

    assert!(here.get("one").await.is_ok());
    let refused = here.get("two").await;
    assert!(here.list(&ListParams::default()).await.is_err());
    assert!(elsewhere.get("one").await.is_err());

    let Err(kube::Error::Api(status)) = refused else {
        panic!("a refusal was expected, not {refused:?}");
    };
    assert_eq!(
        status.message,
        "configmaps \"two\" is forbidden: User \"system:serviceaccount:default:robot\" cannot get \
         resource \"configmaps\" in API group \"\" in the namespace \"default\""
    );
    let denied: Vec<String> = cluster
        .calls()
        .iter()
        .filter(|call| call.status == 403)
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        denied,
        [
            "get configmaps default/two -> 403",
            "list configmaps default/ -> 403",
            "get configmaps kube-system/one -> 403",
        ]
    );
}

#[tokio::test]
async fn reviews_tell_the_same() {
    let cluster = FakeCluster::start_with_tls().await;
    cluster.apply(ROLES);
    let admin = cluster.client().await;
    let robot = cluster.client_as(ROBOT).await;

    let tokens: Api<TokenReview> = Api::all(admin);
    let review = |token: String| -> TokenReview {
        serde_json::from_value(json!({"metadata": {}, "spec": {"token": token}})).unwrap()
    };
    let known = tokens
        .create(&PostParams::default(), &review(cluster.token_of(ROBOT)))
        .await
        .unwrap();
    let unknown = tokens
        .create(&PostParams::default(), &review("x".to_owned()))
        .await
        .unwrap();
    let access: Api<SelfSubjectAccessReview> = Api::all(robot);
    let may = async |name: &str| {
        let review = json!({"metadata": {}, "spec": {"resourceAttributes": {
            "verb": "get", "resource": "configmaps", "namespace": "default", "name": name,
        }}});
        let review = serde_json::from_value(review).unwrap();
        access
            .create(&PostParams::default(), &review)
            .await
            .unwrap()
            .status
            .unwrap()
            .allowed
    };

    let known = known.status.unwrap();
    assert_eq!(known.authenticated, Some(true));
    assert_eq!(known.user.unwrap().username.as_deref(), Some(ROBOT));
    assert_eq!(unknown.status.unwrap().authenticated, Some(false));
    assert!(may("one").await);
    assert!(!may("two").await);
}
