//! The reader against hosts on loopback.

mod elsewhere;
mod fake;
mod git;
mod github_app;
mod properties;
mod resolve;
pub(super) mod tarball;

use super::address::Lookup;
use super::*;
use crate::clock::Clock;
use crate::task::BoxFuture;
use axum::Router;
use callboard_config::Config;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use url::Url;

/// Serves `router` on a free port for the rest of the test; gives `127.0.0.1:<port>`.
async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address.to_string()
}

/// Names that lead where a test says; the last answer stays.
#[derive(Default)]
struct Names(Mutex<Vec<(String, Vec<Vec<IpAddr>>)>>);

impl Names {
    fn of(names: &[(&str, &[&[&str]])]) -> Arc<Names> {
        let address = |text: &&str| text.parse().unwrap();
        let addresses = |answer: &&[&str]| answer.iter().map(address).collect();
        let name = |(name, answers): &(&str, &[&[&str]])| {
            ((*name).to_owned(), answers.iter().map(addresses).collect())
        };
        Arc::new(Names(Mutex::new(names.iter().map(name).collect())))
    }
}

impl Lookup for Names {
    fn lookup(&self, name: &str) -> BoxFuture<io::Result<Vec<IpAddr>>> {
        let mut names = self.0.lock().unwrap();
        let found = names.iter_mut().find(|(known, _)| known == name);
        let answer = found.map(|(_, answers)| match answers.len() {
            1 => answers[0].clone(),
            _ => answers.remove(0),
        });
        let answer = answer.ok_or_else(|| io::Error::other("no such name"));
        Box::pin(async move { answer })
    }
}

/// A clock that a test moves.
#[derive(Clone)]
struct Hand(Arc<Mutex<Timestamp>>);

impl Hand {
    fn new() -> Hand {
        Hand(Arc::new(Mutex::new(
            "2026-11-22T01:00:00Z".parse().unwrap(),
        )))
    }

    fn advance(&self, by: SignedDuration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

fn reader_with(config: Value, names: Arc<Names>) -> Reader {
    reader_at(config, names, Hand::new())
}

fn reader_at(config: Value, names: Arc<Names>, clock: Hand) -> Reader {
    let (config, registry) = (Config::from_value(config), prometheus::Registry::new());
    Reader::new(&config, &registry, Arc::new(clock), names).unwrap()
}

fn reader(config: Value) -> Reader {
    reader_with(config, Arc::default())
}

async fn text(reader: &Reader, url: &str) -> Result<String, String> {
    let url = Url::parse(url).unwrap();
    match reader
        .read(ReadRequest {
            url: &url,
            etag: None,
        })
        .await
    {
        Ok(Read::Found(document)) => Ok(String::from_utf8(document.bytes.to_vec()).unwrap()),
        Ok(Read::NotModified) => Err("not modified".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
