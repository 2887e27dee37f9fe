//! What makes the operator look at a custom resource again: each change is a request for a pass.

use crate::backstage::{Backstage, GROUP, KIND};
use crate::error::Origin;
use crate::external::{ExternalKind, Following, references};
use crate::reconcile::{NAME_ANNOTATION, SYNC_LABEL};
use crate::render::{NAME_LABEL, NAME_LABEL_VALUE};
use crate::spec::Spec;
use futures_util::stream::{self, BoxStream, SelectAll};
use futures_util::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::{ConfigMap, Secret, Service};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{Api, ApiResource, DynamicObject, ResourceExt as _};
use kube::core::{GroupVersionKind, PartialObjectMeta};
use kube::runtime::reflector::{self, ObjectRef, Store};
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Client, Resource};
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// Custom resources that want a pass, one after the other, for one reason.
type Trigger = BoxStream<'static, Result<ObjectRef<Backstage>, watcher::Error>>;
/// The same for all reasons.
pub(crate) type Requests = SelectAll<Trigger>;

/// Kinds that custom resources own and that not every cluster knows: group, version, kind.
///
/// They are watched where the cluster knew them when the operator started to act; elsewhere a
/// watch would only fail.
const OPTIONAL: [(&str, &str, &str); 2] = [
    ("route.openshift.io", "v1", "Route"),
    ("monitoring.coreos.com", "v1", "ServiceMonitor"),
];

/// The pause before the cluster is asked again which kinds it knows.
const DISCOVERY_PAUSE: Duration = Duration::from_secs(1);

/// Watches everything that custom resources depend on, and keeps them themselves in the store.
///
/// Of all other objects only the metadata are asked for, so that no content of theirs is sent or
/// kept. `failure` is told when watches failed; `recovery` later every custom resource is asked
/// for, because a watch that begins anew says nothing of what went meanwhile.
pub(crate) fn requests(
    client: &Client,
    defaults: &Origin,
    following: Following,
    recovery: Duration,
    failure: &Arc<Notify>,
) -> (Store<Backstage>, Requests) {
    let (store, writer) = reflector::store();
    let own = watcher(
        Api::<Backstage>::all(client.clone()),
        watcher::Config::default(),
    )
    // Nobody reads who wrote which field, and that is as long as the fields themselves.
    .modify(|backstage| backstage.metadata.managed_fields = None)
    .reflect(writer)
    .applied_objects()
    .map_ok(|backstage| ObjectRef::from_obj(&backstage));

    let mut requests = SelectAll::new();
    requests.push(own.boxed());
    requests.push(owned::<Deployment>(client));
    requests.push(owned::<StatefulSet>(client));
    requests.push(owned::<Service>(client));
    requests.push(owned::<ConfigMap>(client));
    requests.push(owned::<Secret>(client));
    requests.push(owned_where_known(client.clone()));
    if following.is_watched {
        requests.push(named::<ConfigMap>(client, &store, ExternalKind::ConfigMap));
        requests.push(named::<Secret>(client, &store, ExternalKind::Secret));
    }
    requests.push(all_on(&store, changes_of(client, defaults)));
    requests.push(all_on(&store, recoveries(Arc::clone(failure), recovery)));
    (store, requests)
}

/// Requests for the owners of objects of a kind that every cluster knows.
fn owned<K>(client: &Client) -> Trigger
where
    K: Resource<DynamicType = ()> + Clone + Debug + Send + 'static,
    PartialObjectMeta<K>: Resource<DynamicType = ()> + DeserializeOwned,
{
    owners_of(Api::<PartialObjectMeta<K>>::all(client.clone()))
}

/// The same for [`OPTIONAL`] kinds, as soon as the cluster has said which of them it knows.
fn owned_where_known(client: Client) -> Trigger {
    stream::once(async move {
        let groups = groups(&client).await;
        let known = OPTIONAL
            .into_iter()
            .filter(|(group, ..)| groups.iter().any(|name| name == group));
        let watches = known.map(|(group, version, kind)| {
            let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
            owners_of(Api::<PartialObjectMeta<DynamicObject>>::all_with(
                client.clone(),
                &resource,
            ))
        });
        stream::select_all(watches)
    })
    .flatten()
    .boxed()
}

/// The groups of the cluster; it is asked until it answers.
async fn groups(client: &Client) -> Vec<String> {
    loop {
        match client.list_api_groups().await {
            Ok(list) => return list.groups.into_iter().map(|group| group.name).collect(),
            Err(error) => tracing::debug!(%error, "cannot ask which kinds the cluster knows"),
        }
        tokio::time::sleep(DISCOVERY_PAUSE).await;
    }
}

fn owners_of<K>(api: Api<K>) -> Trigger
where
    K: Resource + Clone + Debug + DeserializeOwned + Send + 'static,
    K::DynamicType: Clone + Debug + Eq + Hash,
{
    let ours = watcher::Config::default().labels(&format!("{NAME_LABEL}={NAME_LABEL_VALUE}"));
    watcher(api, ours)
        .touched_objects()
        .map_ok(|object| stream::iter(owners(object.meta()).map(Ok)))
        .try_flatten()
        .boxed()
}

/// The custom resources that own an object.
fn owners(metadata: &ObjectMeta) -> impl Iterator<Item = ObjectRef<Backstage>> + use<> {
    let namespace = metadata.namespace.clone().unwrap_or_default();
    let owners = metadata.owner_references.clone().unwrap_or_default();
    owners
        .into_iter()
        .filter(|owner| {
            let group = owner.api_version.split_once('/').map(|(group, _)| group);
            owner.kind == KIND && group == Some(GROUP)
        })
        .map(move |owner| ObjectRef::new(&owner.name).within(&namespace))
}

/// Requests for the custom resources that name an object with the label of those to be followed.
fn named<K>(client: &Client, store: &Store<Backstage>, kind: ExternalKind) -> Trigger
where
    K: Resource<DynamicType = ()> + Clone + Debug + Send + 'static,
    PartialObjectMeta<K>: Resource<DynamicType = ()> + DeserializeOwned,
{
    let store = store.clone();
    let api = Api::<PartialObjectMeta<K>>::all(client.clone());
    let marked = watcher::Config::default().labels(&format!("{SYNC_LABEL}=true"));
    watcher(api, marked)
        .touched_objects()
        .map_ok(move |object| stream::iter(naming(&store, kind, object.meta())).map(Ok))
        .try_flatten()
        .boxed()
}

/// Lists the custom resources that name an object, all of them and not only the one that its
/// annotation tells.
fn naming(
    store: &Store<Backstage>,
    kind: ExternalKind,
    metadata: &ObjectMeta,
) -> Vec<ObjectRef<Backstage>> {
    let annotations = metadata.annotations.as_ref();
    let told = annotations.and_then(|it| it.get(NAME_ANNOTATION));
    let names = |backstage: &Backstage| {
        Spec::parse(&backstage.spec).is_ok_and(|spec| {
            references(&spec)
                .iter()
                .any(|it| it.kind == kind && Some(&it.name) == metadata.name.as_ref())
        })
    };
    store
        .state()
        .iter()
        .filter(|backstage| backstage.namespace() == metadata.namespace)
        .filter(|backstage| told == backstage.metadata.name.as_ref() || names(backstage))
        .map(|backstage| ObjectRef::from_obj(&**backstage))
        .collect()
}

/// Requests for every custom resource, each time that something concerns all of them.
fn all_on(
    store: &Store<Backstage>,
    occasions: impl stream::Stream<Item = ()> + Send + 'static,
) -> Trigger {
    let store = store.clone();
    occasions
        .flat_map(move |()| {
            let all = store.state();
            stream::iter(
                all.into_iter()
                    .map(|backstage| Ok(ObjectRef::from_obj(&*backstage))),
            )
        })
        .boxed()
}

/// Completes an item for each change of the default configuration.
fn changes_of(client: &Client, defaults: &Origin) -> impl stream::Stream<Item = ()> + use<> {
    let api: Api<PartialObjectMeta<ConfigMap>> =
        Api::namespaced(client.clone(), &defaults.namespace);
    let only = watcher::Config::default().fields(&format!("metadata.name={}", defaults.name));
    watcher(api, only)
        .default_backoff()
        .touched_objects()
        .filter_map(|result| async move { result.ok().map(|_| ()) })
}

/// Completes an item some time after watches failed.
fn recoveries(failure: Arc<Notify>, recovery: Duration) -> impl stream::Stream<Item = ()> {
    stream::unfold(failure, move |failure| async move {
        failure.notified().await;
        tokio::time::sleep(recovery).await;
        Some(((), failure))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
    use tokio::time::Instant;

    const RECOVERY: Duration = Duration::from_secs(5);

    #[tokio::test(start_paused = true)]
    async fn everything_is_looked_at_five_seconds_after_watches_failed() {
        let failure = Arc::new(Notify::new());
        let mut looks = std::pin::pin!(recoveries(Arc::clone(&failure), RECOVERY));
        let begun = Instant::now();

        // Watches fail one after the other; one look is enough for all of them.
        for _ in 0..9 {
            failure.notify_one();
        }
        looks.next().await.unwrap();

        assert_eq!(begun.elapsed(), RECOVERY);
        let calm = tokio::time::timeout(Duration::from_secs(3600), looks.next());
        assert!(calm.await.is_err(), "nothing failed since");
    }

    #[tokio::test(start_paused = true)]
    async fn a_watch_that_fails_during_the_wait_is_looked_after_as_well() {
        let failure = Arc::new(Notify::new());
        let mut looks = std::pin::pin!(recoveries(Arc::clone(&failure), RECOVERY));
        let begun = Instant::now();

        failure.notify_one();
        let late = async {
            tokio::time::sleep(Duration::from_secs(4)).await;
            failure.notify_one();
        };
        tokio::join!(looks.next(), late);
        looks.next().await.unwrap();

        assert_eq!(begun.elapsed(), 2 * RECOVERY);
    }

    #[test]
    fn only_owners_of_our_kind_are_asked_for() {
        let owner = |api_version: &str, kind: &str, name: &str| OwnerReference {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            name: name.to_owned(),
            ..OwnerReference::default()
        };
        let metadata = ObjectMeta {
            namespace: Some("ns1".to_owned()),
            owner_references: Some(vec![
                owner("apps/v1", "Deployment", "web"),
                owner("example.com/v1", "Backstage", "foreign"),
                owner("rhdh.redhat.com/v1alpha1", "Backstage", "my-rhdh"),
            ]),
            ..ObjectMeta::default()
        };

        let found: Vec<_> = owners(&metadata).collect();

        assert_eq!(found, [ObjectRef::new("my-rhdh").within("ns1")]);
    }
}
