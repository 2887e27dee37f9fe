//! A web site on loopback that outlives the hub.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Pages that a hub reads, there until the test ends.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) host: String,
    pages: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Site {
    pub(crate) fn start() -> Site {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
        let address = listener.local_addr();
        let site = Site {
            host: address
                .expect("a bound listener has an address")
                .to_string(),
            pages: Arc::default(),
        };
        let served = site.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Whoever asked may be dead by now.
                let _gone = served.answer(&stream);
            }
        });
        site
    }

    pub(crate) fn put(&self, path: &str, text: String) {
        self.pages().insert(path.to_owned(), text);
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host)
    }

    fn answer(&self, mut stream: &TcpStream) -> std::io::Result<()> {
        let mut head = BufReader::new(stream).lines();
        let request = head.next().transpose()?.unwrap_or_default();
        let mut known = None;
        for line in head {
            let line = line?;
            match line.split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("if-none-match") => {
                    known = Some(value.trim().to_owned());
                }
                Some(_) => {}
                None => break,
            }
        }
        let path = request.split(' ').nth(1).unwrap_or_default();
        let page = self.pages().get(path).cloned();
        // A page says its version in its first line.
        let tag = page.as_deref().and_then(|page| page.lines().next());
        let tag = format!("\"{}\"", tag.unwrap_or_default().trim_start_matches("# "));
        let (status, body) = match page {
            None => ("404 Not Found", String::new()),
            Some(_) if known.as_ref() == Some(&tag) => ("304 Not Modified", String::new()),
            Some(page) => ("200 OK", page),
        };
        write!(
            stream,
            "HTTP/1.1 {status}\r\nETag: {tag}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    fn pages(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
