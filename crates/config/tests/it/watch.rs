//! Changes of files are noticed, however they are made.

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

use callboard_config::{Config, watch};

use crate::fixture::Folder;

/// Waits for what must come, but not for ever.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(10), future)
        .await
        .expect("a change in time")
}

#[tokio::test]
async fn a_broken_file_is_reported_and_the_mended_one_read() {
    let folder = Folder::with([
        ("app-config.yaml", "a: {$include: inc.yaml}\n"),
        ("inc.yaml", "b: 1\n"),
    ]);
    let options = folder.options(&[]);
    let config = Config::load(&options).unwrap();
    let mut watch = watch::config(options, &config).unwrap();

    folder.write("inc.yaml", "b: [\n");
    let broken = soon(watch.next()).await;
    folder.write("inc.yaml", "b: 22\n");
    let mended = soon(watch.next()).await;

    assert!(broken.is_err());
    assert_eq!(mended.unwrap().number("a.b").unwrap(), 22.0);
}

#[tokio::test]
async fn a_local_file_that_appears_is_read() {
    let folder = Folder::with([("app-config.yaml", "a: 1\n")]);
    let options = folder.options(&[]);
    let config = Config::load(&options).unwrap();
    let watch = watch::config(options, &config).unwrap();
    let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
    let task = tokio::spawn(watch.send_to(sender));

    folder.write("app-config.local.yaml", "a: 2\n");
    let config = soon(receiver.recv()).await.unwrap().unwrap();

    assert_eq!(config.number("a").unwrap(), 2.0);
    drop(receiver);
    soon(task).await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_that_leads_elsewhere_is_a_change() {
    use std::os::unix::fs::symlink;

    // As Kubernetes mounts a ConfigMap.
    let folder = Folder::with([("..one/a.yaml", "a: 1\n"), ("..two/a.yaml", "a: 2\n")]);
    symlink("..one", folder.path("..data")).unwrap();
    symlink("..data/a.yaml", folder.path("a.yaml")).unwrap();
    let options = folder.options(&["a.yaml"]);
    let config = Config::load(&options).unwrap();
    let mut watch = watch::config(options, &config).unwrap();

    symlink("..two", folder.path("..tmp")).unwrap();
    std::fs::rename(folder.path("..tmp"), folder.path("..data")).unwrap();
    let config = soon(watch.next()).await.unwrap();

    assert_eq!(config.number("a").unwrap(), 2.0);
}

#[tokio::test]
async fn changes_that_come_together_are_told_together() {
    let folder = Folder::with([("a", "1"), ("b", "1"), ("other", "1")]);
    let mut watch = watch::paths([folder.path("a"), folder.path("b")]).unwrap();

    folder.write("other", "22");
    folder.write("a", "22");
    folder.write("b", "22");
    let changed = soon(watch.changed()).await;

    assert_eq!(
        changed,
        BTreeSet::from([folder.path("a"), folder.path("b")])
    );
}

#[tokio::test]
async fn a_folder_changes_when_a_file_comes() {
    let folder = Folder::with([("catalog/a.yaml", "a")]);
    let mut watch = watch::paths([folder.path("catalog")]).unwrap();

    folder.write("catalog/b.yaml", "b");
    let changed = soon(watch.changed()).await;

    assert_eq!(changed, BTreeSet::from([folder.path("catalog")]));
}
