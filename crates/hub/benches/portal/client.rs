//! One keep-alive connection to a hub.

use serde_json::Value;
use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// A connection, and who uses it.
pub(crate) struct Client {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
    /// Header lines that say who asks.
    authorization: String,
}

/// The answer to a request.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// Cookies that are set, each as `name=value`.
    cookies: Vec<String>,
}

/// What is asked, ready to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    method: &'static str,
    path: String,
    media_type: &'static str,
    body: String,
}

impl Request {
    /// `GET path`.
    pub(crate) fn get(path: impl Into<String>) -> Request {
        Request {
            method: "GET",
            path: path.into(),
            media_type: "",
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
            media_type: "application/json",
            body: body.to_string(),
        }
    }

    /// `POST path` with the fields of a form.
    fn form(path: &str, fields: &[(&str, &str)]) -> Request {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        Request {
            method: "POST",
            path: path.to_owned(),
            media_type: "application/x-www-form-urlencoded",
            body: body.finish(),
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

    /// Enters by the form of the sign-in page, as a browser does.
    pub(crate) fn sign_in(&mut self) {
        let page = self.get("/");
        let text = String::from_utf8_lossy(&page.body);
        let (_, behind) = text.split_once("name=\"_csrf\" value=\"").expect("a form");
        let (token, _) = behind.split_once('"').expect("a token");
        let form = Request::form("/sign-in/guest", &[("_csrf", token)]);
        self.authorization = format!("Cookie: {}\r\n", page.cookies.join("; "));
        let answer = self.ask(&form).expect("the hub answers");
        assert_eq!(answer.status, 303, "the guest may not enter");
        self.authorization = format!("Cookie: {}\r\n", answer.cookies.join("; "));
    }

    /// The cookies that say who asks.
    pub(crate) fn cookies(&self) -> &str {
        let line = self.authorization.trim_end();
        line.strip_prefix("Cookie: ").unwrap_or_default()
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
        let Request {
            method,
            path,
            media_type,
            body,
        } = request;
        let mut text = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\n{}",
            self.authorization
        );
        if !body.is_empty() {
            // Writing to a string cannot fail.
            let _infallible = write!(
                text,
                "Content-Type: {media_type}\r\nContent-Length: {}\r\n",
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
        let (mut length, mut cookies) = (0, Vec::new());
        loop {
            line.clear();
            self.reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().map_err(|_| broken())?;
            } else if name.eq_ignore_ascii_case("set-cookie") {
                let pair = value.split(';').next().unwrap_or_default().trim();
                // A cookie that is taken back is set to nothing.
                cookies.extend((!pair.ends_with('=')).then(|| pair.to_owned()));
            }
        }
        let mut body = vec![0; length];
        self.reader.read_exact(&mut body)?;
        Ok(Answer {
            status,
            body,
            cookies,
        })
    }
}

impl Answer {
    /// The body, which has to be JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the hub answers with JSON")
    }
}
