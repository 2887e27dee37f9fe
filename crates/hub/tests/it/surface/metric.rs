//! Tests of `/metrics` on both ports.

use crate::support::Log;
use axum::body::Body;
use axum::http::Method;
use callboard_testkit::TestHub;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How long a test waits for what must happen.
const DEADLINE: Duration = Duration::from_secs(20);

/// What is scraped, without the help lines.
async fn series(hub: &TestHub) -> Vec<String> {
    let text = hub.anonymous().get("/metrics").await.text();
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn both_generations_of_names_are_served_in_the_text_format() {
    let hub = TestHub::start().await;
    hub.service().get("/api/catalog/entities").await;

    let answer = hub.anonymous().get("/metrics").await;
    let series = series(&hub).await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4");
    let expected = [
        "process_cpu_user_seconds_total ",
        "process_cpu_system_seconds_total ",
        "process_cpu_seconds_total ",
        "process_start_time_seconds ",
        "process_resident_memory_bytes ",
        "process_virtual_memory_bytes ",
        "process_heap_bytes ",
        "process_open_fds ",
        "process_max_fds ",
        "up 1",
        "target_info{service_name=\"callboard\"",
        "catalog_registered_locations_count ",
        "catalog_relations_count ",
        "http_request_duration_seconds_count{method=\"GET\",path=\"/api/catalog\",status_code=\"200\"} 1",
        "http_request_duration_seconds_bucket{method=\"GET\",path=\"/api/catalog\",status_code=\"200\",le=\"1.5\"} 1",
        "http_server_duration_count{http_flavor=\"1.1\",http_method=\"GET\",http_scheme=\"http\",http_status_code=\"200\",\
         net_host_name=\"localhost\",net_host_port=\"0\"} 2",
    ];
    for start in expected {
        assert!(
            series.iter().any(|line| line.starts_with(start)),
            "{start}: {series:#?}"
        );
    }
}

#[tokio::test]
async fn what_a_caller_makes_up_is_no_series_of_its_own() {
    let hub = TestHub::start().await;
    let nobody = hub.user("user:default/nobody").await;
    let names = async |hub: &TestHub| -> BTreeSet<String> {
        series(hub)
            .await
            .iter()
            .filter_map(|line| Some(line.rsplit_once(' ')?.0.to_owned()))
            .collect()
    };
    for path in [
        "/api/made-up",
        "/made-up",
        "/catalogue",
        "/api/catalog/made-up",
        "/api",
    ] {
        nobody
            .send(
                Method::from_bytes(b"PLAY").unwrap(),
                path,
                None,
                Body::empty(),
            )
            .await;
    }
    // The first scrape is a series of the second.
    names(&hub).await;
    let before = names(&hub).await;

    for number in 0..10 {
        let method = Method::from_bytes(format!("PLAY{number}").as_bytes()).unwrap();
        let paths =
            ["/api/catalog/", "/api/", "/", "/catalog"].map(|start| format!("{start}{number}"));
        for path in paths {
            nobody
                .send(method.clone(), &path, None, Body::empty())
                .await;
        }
    }

    assert_eq!(names(&hub).await, before);
    assert!(
        before
            .iter()
            .all(|name| !name.contains("nobody") && !name.contains("made-up")),
        "{before:#?}"
    );
}

#[tokio::test]
async fn the_port_of_its_own_serves_the_metrics_and_nothing_else() {
    let port = free_port().await;
    let hub = TestHub::builder()
        .config(json!({"callboard": {"metrics": {"port": port}}}))
        .start()
        .await;

    let metrics = scrape(port, "/metrics").await;
    let other = scrape(port, "/api/catalog/entities").await;
    hub.stop().await;

    assert!(metrics.starts_with("HTTP/1.1 200"), "{metrics}");
    assert!(
        metrics.contains("\nprocess_cpu_user_seconds_total "),
        "{metrics}"
    );
    assert!(other.starts_with("HTTP/1.1 404"), "{other}");
    assert!(
        TcpStream::connect(("127.0.0.1", port)).await.is_err(),
        "it ends with the hub"
    );
}

#[tokio::test]
async fn a_port_that_is_taken_is_a_warning_and_the_hub_goes_on() {
    let log = Log::capture();
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port();

    let hub = TestHub::builder()
        .config(json!({"callboard": {"metrics": {"port": port}}}))
        .start()
        .await;
    let warning = async {
        loop {
            if let Some(line) = log
                .lines()
                .into_iter()
                .find(|line| line["plugin"] == "metrics")
            {
                break line;
            }
            tokio::task::yield_now().await;
        }
    };
    let warning = tokio::time::timeout(DEADLINE, warning).await.unwrap();

    assert_eq!(warning["level"], "warn");
    assert_eq!(warning["address"], format!("127.0.0.1:{port}"));
    assert!(
        warning["message"]
            .as_str()
            .unwrap()
            .contains("callboard.metrics.port"),
        "{warning}"
    );
    assert_eq!(hub.anonymous().get("/metrics").await.status, 200);
}

async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// Asks a port that will soon be listened on.
async fn scrape(port: u16, path: &str) -> String {
    let connected = async {
        loop {
            match TcpStream::connect(("127.0.0.1", port)).await {
                Ok(stream) => break stream,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    let mut stream = tokio::time::timeout(DEADLINE, connected).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
