//! Tokens that people got when they signed in.

use super::random::Random;
use super::request::{Answer, Requests};
use super::writer::{Subject, Write};
use serde_json::{Value, json};
use std::collections::VecDeque;

/// How many of the newest are looked at.
const KEPT: usize = 5;

#[derive(Default)]
pub(crate) struct Tokens {
    newest: VecDeque<String>,
}

impl Subject for Tokens {
    fn name(&self) -> String {
        "tokens".to_owned()
    }

    fn next(&mut self, now: &Value, _: &mut Random) -> Write {
        Write {
            method: "POST",
            path: "/api/auth/guest/refresh".to_owned(),
            body: json!({}),
            after: now.clone(),
        }
    }

    fn shown(&mut self, requests: &Requests) -> Value {
        let is_good = |token: &String| {
            let answer = requests
                .with_token(token)
                .send("GET", "/api/auth/v1/userinfo", "");
            answer.is_ok_and(|answer| answer.status == 200)
        };
        json!({"all are good": self.newest.iter().all(is_good)})
    }

    fn hear(&mut self, answer: &Answer) {
        let body: Value = serde_json::from_str(&answer.body).expect("the answer is JSON");
        let token = body["backstageIdentity"]["token"]
            .as_str()
            .expect("a token");
        self.newest.push_back(token.to_owned());
        if self.newest.len() > KEPT {
            self.newest.pop_front();
        }
    }
}
