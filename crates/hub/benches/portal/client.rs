//! One keep-alive connection to a hub.

use serde_json::Value;
use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// A connection, and who uses it.
pub(crate) struct Client {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
    authorization: String,
}

/// The answer to a request.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// What is asked, ready to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    method: &'static str,
    path: String,
    body: String,
}

impl Request {
    /// `GET path`.
    pub(crate) fn get(path: impl Into<String>) -> Request {
        Request {
            method: "GET",
            path: path.into(),
            body: String::new(),
        }
    }

    /// `DELETE path`.
    pub(crate) fn delete(path: impl Into<String>) -> Request {
        Request {
            method: "DELETE",
            ..Request::get(path)
        }
    }

    /// `POST path` with a JSON body.
    pub(crate) fn post(path: impl Into<String>, body: &Value) -> Request {
        Request {
            method: "POST",
            path: path.into(),
            body: body.to_string(),
        }
    }
}

impl Client {
    /// Connects to a port of this machine, with a bearer token if there is one.
    pub(crate) fn connect(port: u16, token: Option<&str>) -> io::Result<Client> {
        let writer = TcpStream::connect(("127.0.0.1", port))?;
        writer.set_nodelay(true)?;
        Ok(Client {
            reader: BufReader::with_capacity(1 << 16, writer.try_clone()?),
            writer,
            authorization: token.map_or_else(String::new, |token| {
                format!("Authorization: Bearer {token}\r\n")
            }),
        })
    }

    /// `GET path`, which has to succeed.
    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.send(&Request::get(path))
    }

    /// Whether `GET path` succeeds.
    pub(crate) fn try_get(&mut self, path: &str) -> bool {
        self.ask(&Request::get(path))
            .is_ok_and(|answer| answer.status == 200)
    }

    /// Any request, which has to succeed.
    pub(crate) fn send(&mut self, request: &Request) -> Answer {
        let answer = self.ask(request).expect("the hub answers");
        let text = String::from_utf8_lossy(&answer.body);
        assert!(answer.status < 300, "{} {request:?} {text}", answer.status);
        answer
    }

    fn ask(&mut self, request: &Request) -> io::Result<Answer> {
        let Request { method, path, body } = request;
        let mut text = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\n{}",
            self.authorization
        );
        if !body.is_empty() {
            // Writing to a string cannot fail.
            let _infallible = write!(
                text,
                "Content-Type: application/json\r\nContent-Length: {}\r\n",
                body.len()
            );
        }
        text.push_str("\r\n");
        text.push_str(body);
        self.writer.write_all(text.as_bytes())?;
        self.read()
    }

    fn read(&mut self) -> io::Result<Answer> {
        let mut line = String::new();
        self.reader.read_line(&mut line)?;
        let broken = || io::Error::from(io::ErrorKind::InvalidData);
        let status = line.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.ok_or_else(broken)?;
        let mut length = 0;
        loop {
            line.clear();
            self.reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().map_err(|_| broken())?;
            }
        }
        let mut body = vec![0; length];
        self.reader.read_exact(&mut body)?;
        Ok(Answer { status, body })
    }
}

impl Answer {
    /// The body, which has to be JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the hub answers with JSON")
    }
}
