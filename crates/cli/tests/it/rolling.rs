//! Two hubs behind a proxy, replaced one after the other while people work.

use crate::program::{Place, Running, stdout};
use callboard_testkit::Postgres;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

/// How often the proxy asks a hub whether it is ready.
const PROBE: Duration = Duration::from_millis(100);
/// Far longer than two probes take, so that the proxy turns away in time on a busy machine.
const DELAY: &str = "callboard: {metrics: {port: false}, shutdownDelay: {seconds: 2}}";

/// Sends each request to the next hub that said last that it is ready; it never tries again.
struct Proxy {
    port: u16,
    hubs: Vec<Behind>,
    next: AtomicUsize,
    ends: AtomicBool,
}

struct Behind {
    port: u16,
    is_ready: AtomicBool,
}

impl Proxy {
    fn start(ports: &[u16]) -> Arc<Proxy> {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
        let proxy = Arc::new(Proxy {
            port: listener.local_addr().expect("a bound address").port(),
            hubs: ports
                .iter()
                .map(|&port| Behind {
                    port,
                    is_ready: AtomicBool::new(false),
                })
                .collect(),
            next: AtomicUsize::new(0),
            ends: AtomicBool::new(false),
        });
        let (accepting, probing) = (proxy.clone(), proxy.clone());
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let proxy = accepting.clone();
                thread::spawn(move || proxy.forward(client));
            }
        });
        thread::spawn(move || {
            while !probing.ends.load(SeqCst) {
                for hub in &probing.hubs {
                    hub.is_ready.store(is_ready(hub.port), SeqCst);
                }
                thread::sleep(PROBE);
            }
        });
        proxy
    }

    fn forward(&self, mut client: TcpStream) {
        let ready: Vec<_> = self
            .hubs
            .iter()
            .filter(|hub| hub.is_ready.load(SeqCst))
            .collect();
        let turn = self.next.fetch_add(1, SeqCst);
        let Some(hub) = ready.get(turn % ready.len().max(1)) else {
            return;
        };
        let Ok(mut server) = TcpStream::connect(("127.0.0.1", hub.port)) else {
            return;
        };
        let (Ok(mut from), Ok(mut to)) = (client.try_clone(), server.try_clone()) else {
            return;
        };
        thread::spawn(move || {
            // A side that is gone is seen by whoever counts the answers.
            drop(std::io::copy(&mut from, &mut to));
        });
        drop(std::io::copy(&mut server, &mut client));
        drop(client.shutdown(Shutdown::Both));
    }

    /// Waits until all hubs are ready.
    fn settle(&self) {
        let start = Instant::now();
        while !self.hubs.iter().all(|hub| hub.is_ready.load(SeqCst)) {
            assert!(
                start.elapsed() < Duration::from_secs(60),
                "a hub is not ready"
            );
            thread::sleep(PROBE);
        }
    }
}

fn is_ready(port: u16) -> bool {
    ask(port, "/.backstage/health/v1/readiness", "").starts_with("HTTP/1.1 200")
}

/// The whole answer; empty when there is none.
fn ask(port: u16, path: &str, token: &str) -> String {
    let mut answer = String::new();
    if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) {
        let sent = write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Authorization: Bearer {token}\r\n\r\n"
        );
        if sent.is_ok() && stream.read_to_string(&mut answer).is_err() {
            answer.clear();
        }
    }
    answer
}

/// Works until it is told to end; gives how many requests were answered, and those that failed.
fn work(port: u16, token: &str, ends: &AtomicBool) -> (usize, Vec<String>) {
    let (mut answered, mut failed) = (0, Vec::new());
    while !ends.load(SeqCst) {
        let answer = ask(port, "/api/catalog/entities?limit=5", token);
        if answer.starts_with("HTTP/1.1 200") {
            answered += 1;
        } else {
            failed.push(answer.lines().next().unwrap_or("no answer").to_owned());
        }
    }
    (answered, failed)
}

#[test]
fn nobody_notices_when_hubs_are_replaced_one_after_the_other() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let url = runtime.block_on(async { Postgres::start().await.database("rolling").await });
    let places = [Place::new(), Place::new()];
    for place in &places {
        place.configure("callboard: {metrics: {port: false}}", DELAY);
        place.keep_in_postgresql(&url);
    }
    let mut hubs: Vec<Option<Running>> = Vec::new();
    for place in &places {
        hubs.push(Some(place.serve()));
    }
    let token = stdout(&places[0].run(&["token", "--user", "user:default/ann"]));
    let proxy = Proxy::start(&places.each_ref().map(|place| place.port));
    proxy.settle();

    let ends = AtomicBool::new(false);
    let results = thread::scope(|scope| {
        let workers: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| work(proxy.port, token.trim_end(), &ends)))
            .collect();
        for (place, hub) in places.iter().zip(&mut hubs) {
            let old = hub.take().expect("it runs");
            assert_eq!(old.terminate().0, Some(0));
            *hub = Some(place.serve());
            proxy.settle();
        }
        ends.store(true, SeqCst);
        let join = |worker: thread::ScopedJoinHandle<'_, _>| worker.join().expect("a worker ends");
        workers
            .into_iter()
            .map(join)
            .collect::<Vec<(usize, Vec<String>)>>()
    });
    proxy.ends.store(true, SeqCst);

    let failed: Vec<_> = results.iter().flat_map(|(_, failed)| failed).collect();
    let answered: usize = results.iter().map(|(answered, _)| answered).sum();
    assert!(failed.is_empty(), "{failed:?}");
    assert!(answered > 100, "{answered}");
}
