//! One instance, followed and changed from the command line.

use super::Guide;
use crate::stage::hash;
use serde_json::json;

#[tokio::test]
async fn the_instance_of_the_guide_says_that_it_is_deployed() {
    let guide = Guide::begin().await;

    let table = guide.shell("kubectl get backstages").await;
    let rest = guide
        .shell(
            "
            path='{range .status.conditions[*]}{.type}={.status} {.reason}{end}'
            kubectl get backstage my-rhdh -o jsonpath=\"$path\"; echo
            kubectl get backstages.v1alpha1.rhdh.redhat.com my-rhdh -o jsonpath={.apiVersion} 2>&1
            echo
            for it in deployment/backstage-my-rhdh statefulset/backstage-psql-my-rhdh; do
                kubectl get $it -o jsonpath={.spec.template.spec.imagePullSecrets[*].name}; echo
            done",
        )
        .await;

    let rows: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(rows[0], ["NAME", "DEPLOYED", "REASON", "AGE"]);
    assert_eq!(rows[1][..3], ["my-rhdh", "True", "Deployed"]);
    insta::assert_snapshot!(rest, @r"
    Deployed=True Deployed
    Warning: rhdh.redhat.com/v1alpha1 Backstage is deprecated; use rhdh.redhat.com/v1alpha5
    rhdh.redhat.com/v1alpha1
    rhdh-pull-secret
    rhdh-pull-secret
    ");
}

#[tokio::test]
async fn the_ingress_of_the_guide_finds_its_service_by_the_name_of_a_port() {
    let guide = Guide::begin().await;

    let port = guide
        .shell(
            r#"
            kubectl apply -f ingress.yaml > /dev/null
            backend={.spec.rules[0].http.paths[0].backend.service
            service=$(kubectl get ingress my-rhdh -o jsonpath=$backend.name})
            name=$(kubectl get ingress my-rhdh -o jsonpath=$backend.port.name})
            kubectl get service "$service" -o jsonpath="{.spec.ports[?(@.name=='$name')].port}""#,
        )
        .await;

    assert_eq!(port, "80");
}

#[tokio::test]
async fn a_deployment_that_is_deleted_by_its_label_comes_back() {
    let guide = Guide::begin().await;
    let before = guide.deployment();

    let deleted = guide
        .shell("kubectl delete deployment -l app.kubernetes.io/instance=my-rhdh")
        .await;

    assert!(
        deleted.starts_with("deployment.apps \"backstage-my-rhdh\" deleted"),
        "{deleted}"
    );
    let after = guide
        .deployment_with(|it| it["metadata"]["uid"] != before["metadata"]["uid"])
        .await;
    assert_eq!(after["spec"], before["spec"]);
    guide
        .shell("kubectl rollout status deployment/backstage-my-rhdh --timeout=20s")
        .await;
}

#[tokio::test]
async fn a_config_map_or_secret_that_is_applied_again_rolls_the_pods() {
    let guide = Guide::begin().await;
    let pods = "kubectl get pods -l rhdh.redhat.com/app=backstage-my-rhdh -o name";
    let first = hash(&guide.deployment());
    let first_pods = guide.shell(pods).await;

    guide
        .shell(
            "sed -i 's/Lantern Theatres/Lantern/' app-config-rhdh.yaml
             kubectl apply -f app-config-rhdh.yaml",
        )
        .await;
    let second = guide.deployment_with(|it| hash(it) != first).await;
    let second_pods = guide.shell(pods).await;

    guide
        .shell(
            "sed -i 's/xxx/yyy/' secrets-rhdh.yaml
             kubectl apply -f secrets-rhdh.yaml",
        )
        .await;
    guide.deployment_with(|it| hash(it) != hash(&second)).await;
    let third_pods = guide.shell(pods).await;
    guide
        .shell(
            "kubectl rollout status deployment/backstage-my-rhdh --timeout=20s
             kubectl wait --for=condition=Deployed backstage/my-rhdh --timeout=20s",
        )
        .await;

    assert_eq!(first_pods.lines().count(), 1, "{first_pods}");
    assert_eq!(third_pods.lines().count(), 1, "{third_pods}");
    assert_ne!(first_pods, second_pods);
    assert_ne!(second_pods, third_pods);
}

#[tokio::test]
async fn a_variable_of_the_custom_resource_reaches_the_hub() {
    let guide = Guide::begin().await;

    guide
        .shell(
            r#"
            cat >> my-rhdh.yaml <<'EOF'
      envs:
        - name: LOG_LEVEL
          value: debug
EOF
            kubectl apply -f my-rhdh.yaml
            level='{.spec.template.spec.containers[0].env[?(@.name=="LOG_LEVEL")].value}'
            kubectl wait --for=jsonpath="$level"=debug deployment/backstage-my-rhdh --timeout=20s"#,
        )
        .await;

    let after = guide.deployment();
    let env = &after["spec"]["template"]["spec"]["containers"][0]["env"];
    let port = json!({"name": "APP_CONFIG_backend_listen_port", "value": "7007"});
    assert!(env.as_array().unwrap().contains(&port), "{env}");
}

#[tokio::test]
async fn what_keeps_an_instance_from_being_deployed_is_read_with_kubectl() {
    let guide = Guide::begin().await;

    let message = guide
        .shell(
            r#"
            kubectl patch backstage my-rhdh --type=merge > /dev/null \
                -p '{"spec": {"application": {"extraEnvs": {"secrets": [{"name": "missing"}]}}}}'
            condition='.status.conditions[?(@.type=="Deployed")]'
            kubectl wait --for=jsonpath="{$condition.reason}"=DeployFailed backstage/my-rhdh \
                --timeout=20s > /dev/null
            kubectl get backstage my-rhdh -o jsonpath="{$condition.message}""#,
        )
        .await;

    assert_eq!(
        message,
        "failed to get external config from Secret `missing`, which `spec.application.extraEnvs.secrets[0].name` names: it does not exist in namespace `ns1`; create it, or take the name out"
    );
}

#[tokio::test]
async fn a_rule_of_the_schema_is_told_by_the_server() {
    let guide = Guide::begin().await;

    let patch = json!({"spec": {"application": {"extraEnvs": {"secrets": [
        {"name": "secrets-rhdh", "containers": ["*", "other"]},
    ]}}}});
    let refused = guide
        .kubectl
        .attempt(
            &[
                "patch",
                "backstage",
                "my-rhdh",
                "--type=merge",
                "-p",
                &patch.to_string(),
            ],
            None,
        )
        .await;

    assert!(!refused.is_success);
    let rule = "spec.application.extraEnvs.secrets[0].containers: Invalid value: [\"*\",\"other\"]: '*' stands alone: it means all containers";
    assert!(refused.stderr.contains(rule), "{}", refused.stderr);
}

#[tokio::test]
async fn a_person_who_applies_a_field_of_the_operator_is_told_whose_it_is() {
    let guide = Guide::begin().await;
    let mine = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: backstage-my-rhdh, namespace: ns1}
spec: {replicas: 3}
";
    let apply = ["apply", "--server-side", "-f", "-"];

    let refused = guide.kubectl.attempt(&apply, Some(mine)).await;
    let forced = [&apply[..], &["--force-conflicts"]].concat();
    guide.kubectl.run_with(&forced, mine).await;

    assert!(
        refused
            .stderr
            .contains("conflict with \"backstage-controller\" using apps/v1: .spec.replicas"),
        "{}",
        refused.stderr
    );
    // Who forces it has it until the operator looks, which is at once.
    guide
        .deployment_with(|it| it["spec"]["replicas"] == 1)
        .await;
}
