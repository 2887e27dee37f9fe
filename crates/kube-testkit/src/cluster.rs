//! What a test holds in its hand.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};

use crate::access::User;
use crate::call::Call;
use crate::delete::Options;
use crate::error::ApiError;
use crate::fault::Fault;
use crate::listen::{self, Listening};
use crate::resource::Resource;
use crate::server::{self, Shared, lock};
use crate::store::{Key, Removal, State};
use crate::workload::{Health, Simulation};
use crate::write::{Patch, Write};

/// How long something may take that a test waits for.
const DEADLINE: Duration = Duration::from_secs(20);

/// Who the test itself is, in managed fields.
const MANAGER: &str = "test";

/// A Kubernetes API server on a loopback port, until it is dropped.
///
/// The namespaces `default` and `kube-system` exist. Resources are named as kubectl takes them:
/// `deployments`, `deploy`, `backstages.rhdh.redhat.com`. Methods that take a namespace ignore it
/// for what has none.
pub struct FakeCluster {
    shared: Arc<Shared>,
    server: Listening,
}

impl FakeCluster {
    /// Starts a server that speaks plain HTTP and takes everybody without a token for `admin`.
    ///
    /// # Panics
    ///
    /// When no port is free.
    pub async fn start() -> Self {
        Self::start_with(false).await
    }

    /// Starts a server that speaks TLS and refuses requests without a token.
    ///
    /// kubectl sends tokens over TLS only.
    ///
    /// # Panics
    ///
    /// When no port is free.
    pub async fn start_with_tls() -> Self {
        Self::start_with(true).await
    }

    async fn start_with(is_encrypted: bool) -> Self {
        let shared = Arc::new(Shared::new(is_encrypted));
        let server = listen::listen(Arc::clone(&shared), is_encrypted).await;
        let cluster = Self { shared, server };
        for name in ["default", "kube-system"] {
            cluster.apply_json(json!({
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": name},
            }));
        }
        cluster
    }

    /// The base URL, such as `http://127.0.0.1:41234`.
    pub fn url(&self) -> String {
        let scheme = match self.server.authority {
            Some(_) => "https",
            None => "http",
        };
        format!("{scheme}://{}", self.server.address)
    }

    /// The certificate in PEM that clients have to believe; `None` for plain HTTP.
    pub fn authority(&self) -> Option<&str> {
        self.server.authority.as_deref()
    }

    /// Writes a configuration with which kubectl and Helm reach the server as `admin`.
    ///
    /// # Panics
    ///
    /// When the file cannot be written.
    pub fn kubeconfig(&self, path: &Path) {
        self.write_kubeconfig(path, &User::admin());
    }

    /// Writes a configuration for a user, as [`Self::token_of`] knows them.
    ///
    /// # Panics
    ///
    /// When the file cannot be written.
    pub fn kubeconfig_as(&self, path: &Path, user: &str) {
        self.write_kubeconfig(path, &User::named(user));
    }

    fn write_kubeconfig(&self, path: &Path, user: &User) {
        // JSON is YAML, and needs no quoting rules.
        std::fs::write(path, self.kubeconfig_text(user))
            .unwrap_or_else(|error| panic!("cannot write `{}`: {error}", path.display()));
    }

    fn kubeconfig_text(&self, user: &User) -> String {
        let mut cluster = json!({"server": self.url()});
        if let Some(authority) = self.authority() {
            cluster["certificate-authority-data"] = json!(STANDARD.encode(authority));
        }
        let is_open = self.authority().is_none() && *user == User::admin();
        let credentials = if is_open {
            json!({})
        } else {
            json!({"token": lock(&self.shared.users).token_of(user)})
        };
        json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "fake", "cluster": cluster}],
            "users": [{"name": "user", "user": credentials}],
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "user"}}],
            "current-context": "fake",
        })
        .to_string()
    }

    /// A client of kube-rs that is `admin`.
    ///
    /// # Panics
    ///
    /// When kube-rs does not take the configuration.
    pub async fn client(&self) -> kube::Client {
        self.client_of(&User::admin()).await
    }

    /// A client of kube-rs that is this user, as [`Self::token_of`] knows them.
    ///
    /// # Panics
    ///
    /// When kube-rs does not take the configuration.
    pub async fn client_as(&self, user: &str) -> kube::Client {
        self.client_of(&User::named(user)).await
    }

    async fn client_of(&self, user: &User) -> kube::Client {
        let text = self.kubeconfig_text(user);
        let config = Kubeconfig::from_yaml(&text).expect("the configuration above is complete");
        let options = KubeConfigOptions::default();
        let config = kube::Config::from_custom_kubeconfig(config, &options)
            .await
            .expect("the configuration above is complete");
        kube::Client::try_from(config).expect("kube-rs takes a loopback address")
    }

    /// The token of a user, who may do what the roles bound to this name in the cluster allow.
    ///
    /// `system:serviceaccount:ns1:web` is the service account `web` of namespace `ns1`.
    pub fn token_of(&self, user: &str) -> String {
        lock(&self.shared.users).token_of(&User::named(user))
    }

    /// Binds a cluster role to a user, everywhere.
    ///
    /// # Panics
    ///
    /// As [`Self::apply`].
    pub fn bind(&self, user: &str, cluster_role: &str) {
        let name = format!("{}-{cluster_role}", user.replace(':', "-"));
        self.apply_json(json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": name},
            "subjects": [{"kind": "User", "name": user}],
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": cluster_role,
            },
        }));
    }

    /// Applies the documents of a YAML text in their order, and gives what came of each.
    ///
    /// What has no namespace where it needs one comes into `default`.
    ///
    /// # Panics
    ///
    /// When the text is no YAML, or an object is refused.
    pub fn apply(&self, yaml: &str) -> Vec<Value> {
        self.try_apply(yaml)
            .unwrap_or_else(|error| panic!("cannot apply: {error}"))
    }

    /// Applies the documents of a YAML text in their order, up to the first that is refused.
    ///
    /// # Errors
    ///
    /// The refusal, as a client would be told.
    pub fn try_apply(&self, yaml: &str) -> Result<Vec<Value>, ApiError> {
        let mut applied = Vec::new();
        for document in callboard_yaml::parse_documents(yaml) {
            let document = document.map_err(|error| ApiError::bad_request(error.to_string()))?;
            let object = document.into_json();
            if !object.is_null() {
                applied.push(self.try_apply_json(object)?);
            }
        }
        Ok(applied)
    }

    fn apply_json(&self, object: Value) -> Value {
        self.try_apply_json(object)
            .unwrap_or_else(|error| panic!("cannot apply: {error}"))
    }

    fn try_apply_json(&self, object: Value) -> Result<Value, ApiError> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (api_version, kind) = (text(&object["apiVersion"]), text(&object["kind"]));
        let resource = self.shared.lock().registry.of_kind(&api_version, &kind);
        let resource = resource.ok_or_else(|| {
            let message = format!("no matches for kind \"{kind}\" in version \"{api_version}\"");
            ApiError::new(404, "NotFound", message)
        })?;
        let namespace = match object["metadata"]["namespace"].as_str() {
            Some(namespace) => namespace.to_owned(),
            None => "default".to_owned(),
        };
        let name = text(&object["metadata"]["name"]);
        let patch = Patch::Apply {
            wanted: object,
            is_forced: true,
        };
        self.write(&resource, &namespace, "", |state, write| {
            state.patch(write, &name, patch)
        })
        .map(|written| Value::clone(&written.object))
    }

    fn write<T>(
        &self,
        resource: &Resource,
        namespace: &str,
        subresource: &str,
        work: impl FnOnce(&mut State, &Write<'_>) -> T,
    ) -> T {
        let write = Write {
            resource,
            namespace: if resource.namespaced { namespace } else { "" },
            subresource,
            manager: MANAGER.to_owned(),
            is_dry: false,
            is_strict: false,
            now: server::now(),
        };
        self.shared.with(|state| work(state, &write))
    }

    /// An object as it is now; `None` if there is none.
    ///
    /// # Panics
    ///
    /// When the resource is unknown.
    pub fn get(&self, resource: &str, namespace: &str, name: &str) -> Option<Value> {
        let key = self.key(resource, namespace, name);
        let state = self.shared.lock();
        state.get(&key).map(|stored| Value::clone(&stored.object))
    }

    /// All objects of a resource, in one namespace, or in all with `""`, in order of their names.
    ///
    /// # Panics
    ///
    /// When the resource is unknown.
    pub fn list(&self, resource: &str, namespace: &str) -> Vec<Value> {
        let resource = self.resource(resource);
        let state = self.shared.lock();
        let namespace = Some(namespace).filter(|namespace| !namespace.is_empty());
        let objects = state.list(&resource.group, &resource.plural, namespace);
        objects
            .map(|(_, stored)| Value::clone(&stored.object))
            .collect()
    }

    /// Changes an object by a merge patch, and gives what came of it.
    ///
    /// # Panics
    ///
    /// When there is no such object, or the change is refused.
    pub fn patch(&self, resource: &str, namespace: &str, name: &str, patch: Value) -> Value {
        self.patch_part(resource, "", namespace, name, patch)
    }

    /// Changes the status of an object by a merge patch such as `{"status": {…}}`.
    ///
    /// # Panics
    ///
    /// As [`Self::patch`].
    pub fn patch_status(&self, resource: &str, namespace: &str, name: &str, patch: Value) -> Value {
        self.patch_part(resource, "status", namespace, name, patch)
    }

    fn patch_part(
        &self,
        resource: &str,
        subresource: &str,
        namespace: &str,
        name: &str,
        patch: Value,
    ) -> Value {
        let resource = self.resource(resource);
        let written = self.write(&resource, namespace, subresource, |state, write| {
            state.patch(write, name, Patch::Merge(patch))
        });
        match written {
            Ok(written) => Value::clone(&written.object),
            Err(error) => panic!("cannot patch: {error}"),
        }
    }

    /// Deletes an object and, in the background, what it owns.
    ///
    /// # Panics
    ///
    /// When there is no such object.
    pub fn delete(&self, resource: &str, namespace: &str, name: &str) {
        let resource = self.resource(resource);
        let options = Options::parse(&Value::Null, None);
        self.write(&resource, namespace, "", |state, write| {
            state.delete(write, name, &options)
        })
        .unwrap_or_else(|error| panic!("cannot delete: {error}"));
    }

    /// Waits until `test` gives something, looking again after each change and each request.
    ///
    /// # Panics
    ///
    /// When that takes more than twenty seconds; the message holds `what` and the last requests.
    pub async fn until<T>(&self, what: &str, mut test: impl FnMut(&Self) -> Option<T>) -> T {
        let mut changed = self.shared.changed.subscribe();
        let mut answered = self.shared.answered.subscribe();
        let wait = async {
            loop {
                changed.mark_unchanged();
                answered.mark_unchanged();
                if let Some(result) = test(self) {
                    return result;
                }
                // The senders live as long as the cluster that is borrowed here.
                tokio::select! {
                    _ = changed.changed() => {}
                    _ = answered.changed() => {}
                }
            }
        };
        match tokio::time::timeout(DEADLINE, wait).await {
            Ok(result) => result,
            Err(_) => {
                let calls = self.calls();
                let last = &calls[calls.len().saturating_sub(30)..];
                let last: Vec<String> = last.iter().map(ToString::to_string).collect();
                panic!(
                    "waited in vain for {what}; the last requests:\n{}",
                    last.join("\n")
                );
            }
        }
    }

    /// Waits until an object is there and passes `test`, and gives it.
    ///
    /// # Panics
    ///
    /// As [`Self::until`].
    pub async fn wait_for(
        &self,
        resource: &str,
        namespace: &str,
        name: &str,
        test: impl Fn(&Value) -> bool,
    ) -> Value {
        let what = format!("{resource} {namespace}/{name}");
        self.until(&what, |cluster| {
            cluster
                .get(resource, namespace, name)
                .filter(|object| test(object))
        })
        .await
    }

    /// Waits until there is no such object.
    ///
    /// # Panics
    ///
    /// As [`Self::until`].
    pub async fn wait_until_gone(&self, resource: &str, namespace: &str, name: &str) {
        let what = format!("the end of {resource} {namespace}/{name}");
        self.until(&what, |cluster| {
            cluster
                .get(resource, namespace, name)
                .is_none()
                .then_some(())
        })
        .await;
    }

    /// The requests about objects so far, in order of their answers; those of the test are not among them.
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.shared.calls).clone()
    }

    /// Forgets the requests so far.
    pub fn clear_calls(&self) {
        lock(&self.shared.calls).clear();
    }

    /// All objects that are gone, in order.
    pub fn removals(&self) -> Vec<Removal> {
        self.shared.lock().removals.clone()
    }

    /// Lets something go wrong from now on; several faults add up.
    pub fn inject(&self, fault: Fault) {
        lock(&self.shared.faults).push(fault);
    }

    /// Lets nothing go wrong any more.
    pub fn clear_faults(&self) {
        lock(&self.shared.faults).clear();
    }

    /// Ends all watches, as a server does that restarts.
    pub fn disconnect_watches(&self) {
        self.shared.disconnected.send_modify(|count| *count += 1);
    }

    /// Forgets what happened so far: watches get `410 Gone` and have to list anew.
    pub fn forget_history(&self) {
        self.shared.with(State::compact);
    }

    /// Says when workloads that are written from now on become ready; at once, if nobody says.
    pub fn simulate(&self, simulation: Simulation) {
        self.shared.with(|state| state.simulation = simulation);
    }

    /// Makes a workload, pod, job or claim ready.
    ///
    /// # Panics
    ///
    /// When the resource is unknown.
    pub fn make_ready(&self, resource: &str, namespace: &str, name: &str) {
        self.make(resource, namespace, name, &Health::Ready);
    }

    /// Makes a workload, pod or job fail with this message.
    ///
    /// # Panics
    ///
    /// When the resource is unknown.
    pub fn make_fail(&self, resource: &str, namespace: &str, name: &str, message: &str) {
        self.make(
            resource,
            namespace,
            name,
            &Health::Failed(message.to_owned()),
        );
    }

    fn make(&self, resource: &str, namespace: &str, name: &str, health: &Health) {
        let key = self.key(resource, namespace, name);
        let now = server::now();
        self.shared.with(|state| state.make(&key, health, &now));
    }

    /// Says what a container has printed.
    pub fn set_log(&self, namespace: &str, pod: &str, container: &str, text: &str) {
        let source = (namespace.to_owned(), pod.to_owned(), container.to_owned());
        self.shared.lock().logs.insert(source, text.to_owned());
    }

    fn resource(&self, name: &str) -> Arc<Resource> {
        let state = self.shared.lock();
        let resource = state.registry.by_name(name);
        resource.unwrap_or_else(|| panic!("unknown resource `{name}`"))
    }

    fn key(&self, resource: &str, namespace: &str, name: &str) -> Key {
        Key::new(&self.resource(resource), namespace, name)
    }
}

impl Drop for FakeCluster {
    fn drop(&mut self) {
        self.server.task.abort();
        self.disconnect_watches();
    }
}
