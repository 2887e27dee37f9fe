//! Requests to a hub that may die in the middle of an answer.

use serde_json::Value;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Longer than the hub lets anybody wait.
const DEADLINE: Duration = Duration::from_secs(30);

/// Sends requests in the name of the administrator.
#[derive(Debug, Clone)]
pub(crate) struct Requests {
    port: u16,
    token: String,
}

/// What came back, whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Requests {
    pub(crate) fn new(port: u16, token: &str) -> Requests {
        let token = token.to_owned();
        Requests { port, token }
    }

    /// The same in the name of another token.
    pub(crate) fn with_token(&self, token: &str) -> Requests {
        Requests::new(self.port, token)
    }

    /// `GET`, which a hub that runs answers.
    pub(crate) fn get(&self, path: &str) -> Value {
        let answer = self.send("GET", path, "").expect("the hub answers");
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        serde_json::from_str(&answer.body).expect("the answer is JSON")
    }

    /// Any request.
    ///
    /// # Errors
    ///
    /// When there is no answer, or only a part of one.
    pub(crate) fn send(&self, method: &str, path: &str, body: &str) -> io::Result<Answer> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(DEADLINE))?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Authorization: Bearer {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        )?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        parse(&text).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

/// `None` when something is missing.
fn parse(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().ok())?
    });
    let is_whole = body.len() == length.unwrap_or_default();
    let body = body.to_owned();
    is_whole.then_some(Answer { status, body })
}

#[test]
fn half_an_answer_is_none() {
    let whole = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

    assert_eq!(parse(whole).map(|answer| answer.status), Some(200));
    for end in 0..whole.len() {
        assert!(parse(&whole[..end]).is_none(), "{end}");
    }
}
