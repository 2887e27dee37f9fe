//! The packed chart: fetched by Helm from a server on the loopback interface.

use crate::chart::{case, engine, folder};
use callboard_kube_testkit::{FakeCluster, Helm};
use callboard_packaging::chart::{self, FOLDER};
use callboard_packaging::helm::Case;
use callboard_packaging::workspace_root;
use serde_json::json;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;
use tempfile::TempDir;

/// Serves the files of a folder until the test ends, and gives the address.
fn serve(folder: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
    let address = listener.local_addr().expect("a listener has an address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client who goes away early is no fault of the chart.
            let _answered = answer(stream, &folder);
        }
    });
    format!("http://{address}")
}

fn answer(mut stream: TcpStream, folder: &Path) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let path = request.split(' ').nth(1).unwrap_or_default();
    let (status, body) = match fs::read(folder.join(path.trim_start_matches('/'))) {
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(&body)
}

fn pack(folder: &Path) -> PathBuf {
    chart::pack(&workspace_root(), folder, "1.2.3").expect("the chart can be packed")
}

#[test]
fn helm_fetches_the_chart_from_its_repository() {
    let (site, fetched) = (
        TempDir::new().expect("a temporary folder can be made"),
        TempDir::new().expect("a temporary folder can be made"),
    );
    pack(site.path());

    let answer = engine()
        .pull(
            &serve(site.path().to_path_buf()),
            "callboard",
            "1.2.3",
            fetched.path(),
        )
        .expect("Helm fetches it");

    assert_eq!(answer["version"], "1.2.3");
    let entry = &answer["index"]["entries"]["callboard"][0];
    assert_eq!(entry["appVersion"], "1.2.3");
    assert_eq!(entry["urls"], json!(["callboard-1.2.3.tgz"]));
}

#[tokio::test]
async fn helm_installs_the_chart_from_its_repository() {
    let site = TempDir::new().expect("a temporary folder can be made");
    pack(site.path());
    let address = serve(site.path().to_path_buf());
    let cluster = FakeCluster::start().await;
    let helm = Helm::of(&cluster, "default");

    let release = helm
        .act(
            "install",
            &json!(["callboard", "rhdh", case("guide-install").values]),
            &json!({"chart_repo_url": address, "chart_version": "1.2.3"}),
        )
        .await;

    assert_eq!(release["status"], "deployed", "{release}");
    let hub = cluster
        .get("deployments.apps", "default", "rhdh-developer-hub")
        .expect("the hub is deployed");
    assert_eq!(
        hub["spec"]["template"]["spec"]["containers"][0]["image"],
        "quay.io/callboard/callboard:1.2.3"
    );
}

#[test]
fn the_index_is_the_one_that_helm_would_write() {
    let site = TempDir::new().expect("a temporary folder can be made");
    pack(site.path());
    let index = || {
        let text = fs::read_to_string(site.path().join("index.yaml")).expect("there is an index");
        let mut index = callboard_yaml::parse(&text)
            .expect("the index is YAML")
            .into_json();
        // Helm says when it was asked, which is another time each time.
        index["generated"].take();
        index["entries"]["callboard"][0]["created"].take();
        index
    };
    let ours = index();

    engine().index(site.path()).expect("Helm writes an index");

    assert_eq!(ours, index());
}

#[test]
fn the_packed_chart_renders_as_the_folder_does() {
    let site = TempDir::new().expect("a temporary folder can be made");
    let archive = chart::pack(&workspace_root(), site.path(), "0.1.0").expect("it can be packed");
    let values = json!({
        "global": {
            "host": "hub.example.com",
            "auth": {"backend": {"value": "given"}},
            "postgresql": {"auth": {"existingSecret": "given"}},
        },
    });

    let of_folder = engine().render(&folder(), &[Case::of(values.clone())]);
    let of_archive = engine().render(&archive, &[Case::of(values)]);

    assert_eq!(
        format!("{:?}", of_folder.expect("the folder renders")),
        format!("{:?}", of_archive.expect("the archive renders"))
    );
}

#[test]
fn the_same_chart_is_the_same_archive() {
    let (one, two) = (
        TempDir::new().expect("a temporary folder can be made"),
        TempDir::new().expect("a temporary folder can be made"),
    );

    let bytes = [pack(one.path()), pack(two.path())].map(|path| fs::read(path).ok());

    assert!(bytes[0].is_some());
    assert_eq!(bytes[0], bytes[1]);
}

#[test]
fn the_readme_says_what_the_values_say() {
    let chart = workspace_root().join(FOLDER);
    let values = fs::read_to_string(chart.join("values.yaml")).expect("the chart has values");

    let readme = chart::readme(&values).expect("every value is described");

    assert_eq!(
        fs::read_to_string(chart.join("README.md")).unwrap_or_default(),
        readme,
        "`cargo xtask chart` writes it anew"
    );
}
