//! Somebody with a browser before a hub in the same process: it keeps cookies and follows nothing.

use super::scripted::Scripted;
use axum::http::header;
use callboard_testkit::{Answer, Client, TestHub};
use std::collections::BTreeMap;
use url::{Url, form_urlencoded};

pub(super) struct Visitor {
    client: Client,
    pub(super) jar: BTreeMap<String, String>,
}

/// What came of a first half.
pub(super) struct Started {
    pub(super) answer: Answer,
    pub(super) location: String,
    pub(super) state: String,
}

impl Visitor {
    pub(super) fn of(hub: &TestHub) -> Visitor {
        Visitor {
            client: hub.anonymous(),
            jar: BTreeMap::new(),
        }
    }

    /// Somebody behind a socket of this address.
    pub(super) fn at(hub: &TestHub, address: &str) -> Visitor {
        let visitor = Visitor::of(hub);
        Visitor {
            client: visitor.client.at(address.parse().unwrap()),
            ..visitor
        }
    }

    /// Asks with the cookies of the jar, and keeps what the answer sets.
    pub(super) async fn get(&mut self, path: &str) -> Answer {
        let answer = self.client().get(path).await;
        self.keep(&answer);
        answer
    }

    /// Asks as a script of the app does.
    pub(super) async fn ask(&mut self, method: &str, path: &str) -> Answer {
        let client = self.client().header("x-requested-with", "XMLHttpRequest");
        let answer = match method {
            "GET" => client.get(path).await,
            _ => client.post_form(path, "").await,
        };
        self.keep(&answer);
        answer
    }

    pub(super) fn client(&self) -> Client {
        let cookies: Vec<String> = self
            .jar
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        self.client.clone().header("cookie", &cookies.join("; "))
    }

    fn keep(&mut self, answer: &Answer) {
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (pair, attributes) = cookie.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.jar.remove(name);
            } else {
                self.jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Begins a sign-in; the place must be the provider's.
    pub(super) async fn start(&mut self, path: &str) -> Started {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 302, "{}", answer.text());
        let location = answer.header("location").to_owned();
        let url = Url::parse(&location).unwrap();
        let (_, state) = url.query_pairs().find(|(name, _)| name == "state").unwrap();
        Started {
            state: state.into_owned(),
            location,
            answer,
        }
    }

    /// Comes back from the provider.
    pub(super) async fn back(&mut self, state: &str, code: &str) -> Answer {
        let path = format!("/api/auth/oidc/handler/frame?state={state}&code={code}");
        self.get(&path).await
    }

    /// Begins a sign-in, agrees at the provider and comes back.
    pub(super) async fn pass(&mut self, provider: &Scripted, path: &str) -> Answer {
        let started = self.start(path).await;
        let code = provider.agree(&started.location);
        self.back(&started.state, &code).await
    }

    /// The id of the session, if there is one.
    pub(super) fn session(&self) -> Option<&String> {
        self.jar.get("callboard-session")
    }
}

/// What the callback page posts, and to which origin.
pub(super) fn posted(answer: &Answer) -> (serde_json::Value, String) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let text = answer.text();
    let decoded: Vec<String> = text
        .split("decodeURIComponent('")
        .skip(1)
        .map(|rest| rest.split('\'').next().unwrap())
        .map(|encoded| {
            percent_encoding::percent_decode_str(encoded)
                .decode_utf8()
                .unwrap()
                .into_owned()
        })
        .collect();
    (
        serde_json::from_str(&decoded[0]).unwrap(),
        decoded[1].clone(),
    )
}

/// The name and the message of the error that the callback page posts.
pub(super) fn refusal(answer: &Answer) -> (String, String) {
    let (message, _) = posted(answer);
    assert_eq!(message["type"], "authorization_response");
    assert!(message.get("response").is_none(), "{message}");
    let text = |name: &str| message["error"][name].as_str().unwrap().to_owned();
    (text("name"), text("message"))
}

/// The members of a state.
pub(super) fn members(state: &str) -> BTreeMap<String, String> {
    let bytes: Vec<u8> = (0..state.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&state[at..at + 2], 16).unwrap())
        .collect();
    form_urlencoded::parse(&bytes).into_owned().collect()
}

/// A state with other members.
pub(super) fn state_of(members: &BTreeMap<String, String>) -> String {
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(members)
        .finish();
    form.bytes().map(|byte| format!("{byte:02x}")).collect()
}
