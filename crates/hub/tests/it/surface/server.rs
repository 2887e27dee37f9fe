//! Tests of the server: it starts, and stops without losing an answer.

use axum::Router;
use axum::routing::get;
use callboard_hub::http::gate::Gate;
use callboard_hub::http::server;
use callboard_testkit::RunningHub;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};

async fn ask(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_request_under_way_is_finished_while_readiness_says_that_the_hub_stops() {
    let (entered, finish) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let slow = {
        let (entered, finish) = (entered.clone(), finish.clone());
        get(move || async move {
            entered.notify_one();
            finish.notified().await;
            "bows"
        })
    };
    let gate = Gate::default();
    gate.open(Router::new().route("/slow", slow));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async { stopped.await.unwrap() };
    let served = tokio::spawn(server::serve(
        listener,
        None,
        gate.clone().into_router(),
        gate,
        Duration::ZERO,
        stopped,
    ));

    let under_way = tokio::spawn(ask(address, "/slow"));
    entered.notified().await;
    stop.send(()).unwrap();
    // The signal is heard when the server is next polled.
    while ask(address, "/.backstage/health/v1/readiness")
        .await
        .starts_with("HTTP/1.1 200")
    {}
    let readiness = ask(address, "/.backstage/health/v1/readiness").await;
    let other = ask(address, "/other").await;
    finish.notify_one();
    let answer = under_way.await.unwrap();
    served.await.unwrap().unwrap();

    assert!(readiness.starts_with("HTTP/1.1 503"), "{readiness}");
    assert!(
        readiness.ends_with(r#"{"message":"Backend is shutting down","status":"error"}"#),
        "{readiness}"
    );
    assert!(other.starts_with("HTTP/1.1 503"), "{other}");
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.ends_with("bows"),
        "{answer}"
    );
    assert!(
        TcpStream::connect(address).await.is_err(),
        "the listener is closed"
    );
}

#[tokio::test]
async fn a_hub_that_is_told_to_stop_before_it_has_started_stops() {
    let hub = RunningHub::start(|url| {
        callboard_config::Config::from_value(serde_json::json!({
            "backend": {"baseUrl": url}, "callboard": {"metrics": {"port": false}},
        }))
    })
    .await;

    hub.stop().await;
}
