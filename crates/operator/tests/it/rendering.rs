//! What custom resources become, whole; and that it is what Kubernetes' own types have.

use callboard_operator::error::{InputError, Origin};
use callboard_operator::external::{Content, ExternalKind, Following};
use callboard_operator::render::{Desired, Images, Input, Instance, Observed, render};
use callboard_operator::source::{FileSet, Platform, SHIPPED, Sources};
use callboard_operator::spec::Spec;
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::{ConfigMap, Secret, Service};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;

/// A custom resource and its surroundings, with telling defaults.
struct Scene {
    instance: Instance,
    sources: Sources,
    observed: Observed,
    images: Images,
    following: Following,
}

impl Scene {
    fn new(spec: &str) -> Self {
        let spec = callboard_yaml::parse(spec).unwrap().into_json();
        Self {
            instance: Instance {
                name: "my-rhdh".to_owned(),
                namespace: "ns1".to_owned(),
                uid: "0000-1".to_owned(),
                annotations: BTreeMap::new(),
                spec: Spec::parse(&spec).unwrap(),
            },
            sources: Sources {
                defaults: FileSet {
                    origin: Origin {
                        namespace: "rhdh-operator".to_owned(),
                        name: "backstage-default-config".to_owned(),
                    },
                    files: SHIPPED
                        .iter()
                        .map(|(name, content)| ((*name).to_owned(), (*content).to_owned()))
                        .collect(),
                },
                raw_backstage: None,
                raw_database: None,
                platform: Platform::Kubernetes,
            },
            observed: Observed::default(),
            images: Images::default(),
            following: Following::default(),
        }
    }

    fn config_map(self, name: &str, entries: &[(&str, &str)]) -> Self {
        self.external(ExternalKind::ConfigMap, name, entries)
    }

    fn secret(self, name: &str, entries: &[(&str, &str)]) -> Self {
        self.external(ExternalKind::Secret, name, entries)
    }

    fn external(mut self, kind: ExternalKind, name: &str, entries: &[(&str, &str)]) -> Self {
        let entries = entries
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec()));
        self.observed
            .externals
            .insert((kind, name.to_owned()), Content(entries.collect()));
        self
    }

    fn file(mut self, name: &str, content: &str) -> Self {
        self.sources
            .defaults
            .files
            .insert(name.to_owned(), content.to_owned());
        self
    }

    fn on_openshift(mut self) -> Self {
        self.sources.platform = Platform::OpenShift;
        self.observed.ingress_domain = Some("apps.example.com".to_owned());
        self
    }

    fn render(&self) -> Result<Desired, InputError> {
        render(&Input {
            instance: &self.instance,
            sources: &self.sources,
            observed: &self.observed,
            images: &self.images,
            following: self.following,
        })
    }

    fn objects(&self) -> Vec<Value> {
        let objects: Vec<Value> = self
            .render()
            .unwrap()
            .objects
            .into_iter()
            .map(|it| it.value)
            .collect();
        objects.iter().for_each(survives_its_type);
        objects
    }

    fn text(&self) -> String {
        let texts: Vec<String> = self
            .objects()
            .iter()
            .map(callboard_yaml::to_string)
            .collect();
        texts.join("---\n")
    }

    fn object(&self, kind: &str, name: &str) -> Value {
        let objects = self.objects();
        let found = objects
            .into_iter()
            .find(|it| it["kind"] == kind && it["metadata"]["name"] == name);
        found.unwrap_or_else(|| panic!("there is no {kind} {name}"))
    }

    fn pod(&self) -> Value {
        self.object("Deployment", "backstage-my-rhdh")["spec"]["template"].clone()
    }

    fn error(&self) -> String {
        self.render().unwrap_err().to_string()
    }
}

/// Reads an object as its Kubernetes type and writes it: a field of a wrong name would be lost.
fn survives_its_type(object: &Value) {
    fn through<T: DeserializeOwned + Serialize>(object: &Value) {
        let typed: T = serde_json::from_value(object.clone()).unwrap();
        let written: Value = serde_json::to_value(typed).unwrap();
        similar(&written, object, "");
    }
    match object["kind"].as_str().unwrap() {
        "Deployment" => through::<Deployment>(object),
        "StatefulSet" => through::<StatefulSet>(object),
        "Service" => through::<Service>(object),
        "ConfigMap" => through::<ConfigMap>(object),
        "Secret" => through::<Secret>(object),
        _ => {}
    }
}

/// Everything that `object` has, `written` has too; kind and version are not part of a type.
fn similar(written: &Value, object: &Value, path: &str) {
    match (written, object) {
        (Value::Object(written), Value::Object(object)) => {
            for (key, value) in object {
                let path = format!("{path}/{key}");
                let found = written.get(key).unwrap_or_else(|| panic!("{path} is lost"));
                similar(found, value, &path);
            }
        }
        (Value::Array(written), Value::Array(object)) => {
            assert_eq!(written.len(), object.len(), "{path}");
            for (at, (written, object)) in written.iter().zip(object).enumerate() {
                similar(written, object, &format!("{path}/{at}"));
            }
        }
        (written, object) => assert_eq!(written, object, "{path}"),
    }
}

const GUIDE: &str = "
application:
  imagePullSecrets: [rhdh-pull-secret]
  route: {enabled: false}
  appConfig: {configMaps: [{name: app-config-rhdh}]}
  extraEnvs: {secrets: [{name: secrets-rhdh}]}
";

fn guide() -> Scene {
    Scene::new(GUIDE)
        .config_map(
            "app-config-rhdh",
            &[("app-config-rhdh.yaml", "app: {title: Lantern}")],
        )
        .secret("secrets-rhdh", &[("BACKEND_SECRET", "xxx")])
}

#[test]
fn the_instance_of_the_guide() {
    insta::assert_snapshot!(guide().text());
}

#[test]
fn an_instance_with_everything_on_openshift() {
    let scene = Scene::new(
        "
application:
  replicas: 2
  image: example.com/hub:2
  dynamicPluginsConfigMapName: plugins
  appConfig:
    mountPath: /my/config
    configMaps: [{name: one, key: a.yaml}, {name: two, mountPath: sub}]
  extraFiles:
    configMaps: [{name: rbac-policies}, {name: same, mountPath: /folder, containers: ['*']}]
    secrets: [{name: same, key: token, containers: [install-dynamic-plugins]}]
    pvcs: [{name: docs}]
  extraEnvs:
    configMaps: [{name: env}]
    secrets: [{name: one-key, key: KEY}]
    envs: [{name: LOG_LEVEL, value: debug}]
  route: {subdomain: hub, tls: {externalCertificateSecretName: cert}}
database: {authSecretName: account}
monitoring: {enabled: true}
deployment:
  patch: {spec: {template: {spec: {serviceAccountName: irsa, containers: [{name: sidecar, image: s}]}}}}
",
    )
    .config_map("plugins", &[("dynamic-plugins.yaml", "plugins: [{package: ./x, disabled: false}]")])
    .config_map("one", &[("a.yaml", "{}"), ("b.yaml", "{}")])
    .config_map("two", &[("c.yaml", "{}")])
    .config_map("rbac-policies", &[("rbac-policies.csv", ""), ("rbac-conditional-policies.yaml", "")])
    .config_map("same", &[("x", "y")])
    .secret("same", &[("token", "t")])
    .config_map("env", &[("A", "1")])
    .secret("one-key", &[("KEY", "k")])
    .secret("account", &[("POSTGRES_HOST", "db")])
    .on_openshift();
    let mut scene = scene;
    scene.observed.has_service_monitors = true;

    insta::assert_snapshot!(scene.text());
}

#[test]
fn files_of_policies_are_mounted_one_by_one() {
    let scene = Scene::new("application: {extraFiles: {mountPath: /opt/app-root/src, configMaps: [{name: rbac-policies}]}}")
        .config_map("rbac-policies", &[("rbac-policies.csv", "p, x")]);

    let mounts = scene.pod()["spec"]["containers"][0]["volumeMounts"].clone();

    assert!(mounts.as_array().unwrap().contains(&serde_json::json!({
        "name": "rbac-policies",
        "mountPath": "/opt/app-root/src/rbac-policies.csv",
        "subPath": "rbac-policies.csv",
        "readOnly": true,
    })));
}

#[test]
fn annotations_of_the_default_pod_reach_the_pod() {
    let (_, shipped) = SHIPPED
        .iter()
        .find(|(name, _)| *name == "deployment.yaml")
        .unwrap();
    let scene = guide().file(
        "deployment.yaml",
        &shipped.replace(
            "      annotations:\n",
            "      annotations:\n        prometheus.io/scrape: 'true'\n        prometheus.io/port: '7007'\n",
        ),
    );

    let annotations = scene.pod()["metadata"]["annotations"].clone();

    assert_eq!(annotations["prometheus.io/scrape"], "true");
    assert_eq!(annotations["prometheus.io/port"], "7007");
}

#[test]
fn the_groups_of_volumes_are_the_files_own_or_else_the_platforms() {
    let group = |scene: &Scene| scene.pod()["spec"]["securityContext"]["fsGroup"].clone();
    let (_, shipped) = SHIPPED
        .iter()
        .find(|(name, _)| *name == "deployment.yaml")
        .unwrap();
    let own = shipped.replace(
        "      automountServiceAccountToken: false\n",
        "      securityContext: {fsGroup: 3000}\n      automountServiceAccountToken: false\n",
    );

    assert_eq!(group(&guide()), 1001);
    assert_eq!(group(&guide().file("deployment.yaml", &own)), 3000);
    assert_eq!(group(&guide().on_openshift()), Value::Null);
}

#[test]
fn images_of_the_environment_replace_those_of_the_defaults_but_not_the_users() {
    let mut scene = guide();
    scene.images = Images {
        hub: Some("mirror/hub:1".to_owned()),
        database: Some("mirror/db:1".to_owned()),
    };

    assert_eq!(
        scene.pod()["spec"]["containers"][0]["image"],
        "mirror/hub:1"
    );
    let database = scene.object("StatefulSet", "backstage-psql-my-rhdh");
    assert_eq!(
        database["spec"]["template"]["spec"]["containers"][0]["image"],
        "mirror/db:1"
    );

    scene.instance.spec.application.image = Some("own:2".to_owned());
    assert_eq!(scene.pod()["spec"]["containers"][0]["image"], "own:2");
}

#[test]
fn a_file_of_the_raw_configuration_replaces_the_default_one_as_a_whole() {
    let mut scene = guide();
    scene.sources.raw_backstage = Some(FileSet {
        origin: Origin {
            namespace: "ns1".to_owned(),
            name: "raw".to_owned(),
        },
        files: BTreeMap::from([(
            "service.yaml".to_owned(),
            "{apiVersion: v1, kind: Service, metadata: {name: x}, spec: {ports: [{name: only, port: 1}]}}".to_owned(),
        )]),
    });

    let service = scene.object("Service", "backstage-my-rhdh");

    assert_eq!(
        service["spec"]["ports"],
        serde_json::json!([{"name": "only", "port": 1}])
    );
    assert_eq!(service["spec"]["type"], Value::Null);
}

#[test]
fn the_default_file_is_read_whatever_the_user_mounts_on_the_working_directory() {
    let scene = Scene::new(
        "application: {extraFiles: {configMaps: [{name: mine, mountPath: /opt/app-root/src}]}}",
    )
    .config_map("mine", &[("a.yaml", "x")]);

    let pod = scene.pod();
    let mounts = pod["spec"]["containers"][0]["volumeMounts"]
        .as_array()
        .unwrap();
    let below = |mount: &&Value| {
        let path = mount["mountPath"].as_str().unwrap();
        path.starts_with("/opt/app-root/src/")
    };

    assert_eq!(mounts.iter().find(below), None);
    assert!(
        mounts
            .iter()
            .any(|mount| { mount["mountPath"] == "/opt/callboard/config/default.app-config.yaml" })
    );
}

#[test]
fn what_pods_read_by_default_is_part_of_their_hash() {
    let hash = |scene: &Scene| {
        scene.pod()["metadata"]["annotations"]["rhdh.redhat.com/ext-config-hash"].clone()
    };
    let (_, shipped) = SHIPPED
        .iter()
        .find(|(name, _)| *name == "app-config.yaml")
        .unwrap();

    let changed = guide().file(
        "app-config.yaml",
        &shipped.replace("production", "development"),
    );

    assert_eq!(hash(&guide()), hash(&guide()));
    assert_ne!(hash(&guide()), hash(&changed));
}

#[test]
fn what_is_not_followed_is_no_part_of_the_hash() {
    let hash = |is_marked, is_watched, secret: &str| {
        let mut scene = guide().secret("secrets-rhdh", &[("BACKEND_SECRET", secret)]);
        scene.following = Following {
            is_marked,
            is_watched,
        };
        scene.pod()["metadata"]["annotations"]["rhdh.redhat.com/ext-config-hash"].clone()
    };

    assert_ne!(hash(true, true, "x"), hash(true, true, "y"));
    assert_eq!(hash(false, true, "x"), hash(false, true, "y"));
    assert_eq!(hash(true, false, "x"), hash(true, false, "y"));
}

#[test]
fn everything_that_is_wrong_says_what_where_and_how_to_mend_it() {
    let of_spec = |spec: &str| Scene::new(spec).error();
    let errors = [
        guide().file("deployment.yaml", "kind: Deployment\n  x: 1").error(),
        guide().file("service.yaml", "kind: Ingress").error(),
        guide().file("deployment.yaml", "kind: Deployment\nspec: {replicas: many}").error(),
        guide().file("deployment.yaml", "{kind: Deployment, spec: {replicas: many, template: {spec: {containers: [{name: backstage-backend}]}}}}").error(),
        of_spec("flavours: [{name: lightspeed}]"),
        of_spec("monitoring: {enabled: true}"),
        of_spec("application: {extraFiles: {secrets: [{name: s}]}}"),
        of_spec("application: {extraEnvs: {envs: [{name: A, value: b, containers: [other]}]}}"),
        of_spec("deployment: {patch: {spec: {template: {spec: {containers: [{name: backstage-backend, ports: 7}]}}}}}"),
        Scene::new("application: {appConfig: {configMaps: [{name: c, key: k}]}}").config_map("c", &[("a", "")]).error(),
        Scene::new("application: {dynamicPluginsConfigMapName: p}").config_map("p", &[("a", "")]).error(),
        Scene::new("application: {dynamicPluginsConfigMapName: p}").config_map("p", &[("dynamic-plugins.yaml", "a: [")]).error(),
    ];

    insta::assert_snapshot!(errors.join("\n"));
}

#[test]
fn several_replicas_need_a_database_that_they_can_share() {
    let spec = |replicas| {
        format!(
            "{{application: {{replicas: {replicas}, appConfig: {{configMaps: [{{name: c}}]}}}}}}"
        )
    };
    let with = |replicas, client: &str| {
        let text = format!("backend: {{database: {{client: {client}}}}}");
        Scene::new(&spec(replicas))
            .config_map("c", &[("a.yaml", &text)])
            .render()
    };

    assert!(with(2, "pg").is_ok());
    assert!(with(1, "better-sqlite3").is_ok());
    assert_eq!(
        with(2, "better-sqlite3").unwrap_err().to_string(),
        "`spec.application.replicas`: 2 replicas need PostgreSQL, but `backend.database.client` is `better-sqlite3`; ask for one replica, or take `pg`"
    );
}

#[test]
fn a_default_file_may_say_that_the_hub_is_a_stateful_set() {
    let (_, shipped) = SHIPPED
        .iter()
        .find(|(name, _)| *name == "deployment.yaml")
        .unwrap();
    let scene = guide().file(
        "deployment.yaml",
        &shipped.replace("kind: Deployment", "kind: StatefulSet"),
    );

    let set = scene.object("StatefulSet", "backstage-my-rhdh");
    assert_eq!(set["spec"]["serviceName"], "backstage-my-rhdh");
    assert_eq!(set["spec"]["strategy"], Value::Null);
    let stale = scene.render().unwrap().stale;
    assert!(stale.iter().all(|it| it.kind != "StatefulSet"), "{stale:?}");
}

#[test]
fn nothing_stale_holds_data() {
    for scene in [guide(), guide().on_openshift()] {
        for stale in scene.render().unwrap().stale {
            assert!(["Route", "ServiceMonitor", "StatefulSet", "Deployment"].contains(&stale.kind));
            assert!(!stale.name.contains("psql"), "{stale:?}");
        }
    }
}
