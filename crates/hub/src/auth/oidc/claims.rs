//! What a provider claims of a person.

use serde::Deserialize;
use serde_json::{Map, Value};

/// The members of an id token, or of the answer of the userinfo endpoint.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Claims(pub(super) Map<String, Value>);

impl Claims {
    /// A claim that is text with something in it.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let text = self.0.get(name)?.as_str()?;
        (!text.trim().is_empty()).then_some(text)
    }

    /// A claim that is a time, in seconds.
    pub(super) fn seconds(&self, name: &str) -> Option<f64> {
        self.0.get(name)?.as_f64()
    }

    /// The address of the mailbox, unless the provider says that nobody proved it to be theirs.
    ///
    /// Some providers say nothing (then it is theirs to know what they give away), and Amazon
    /// Cognito says it as text.
    pub(super) fn email(&self) -> Email<'_> {
        let Some(address) = self.text("email") else {
            return Email::Absent;
        };
        match self.0.get("email_verified") {
            None | Some(Value::Null | Value::Bool(true)) => Email::Verified(address),
            Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => {
                Email::Verified(address)
            }
            Some(_) => Email::Unverified(address),
        }
    }
}

/// What is known of a person's mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Email<'a> {
    /// They have it, as far as the provider knows.
    Verified(&'a str),
    /// They say that they have it.
    Unverified(&'a str),
    /// There is none.
    Absent,
}

impl<'a> Email<'a> {
    /// The address, when something may be decided by it.
    pub(super) fn verified(self) -> Option<&'a str> {
        match self {
            Email::Verified(address) => Some(address),
            Email::Unverified(_) | Email::Absent => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_address_counts_unless_the_provider_says_that_it_is_unproven() {
        let email = |verified: Value| {
            let claims = json!({"email": "mara@lantern.example", "email_verified": verified});
            let claims: Claims = serde_json::from_value(claims).unwrap();
            claims.email().verified().is_some()
        };

        assert!(email(json!(true)) && email(json!("true")) && email(json!("True")));
        assert!(email(json!(null)));
        for doubt in [
            json!(false),
            json!("false"),
            json!(""),
            json!("no"),
            json!(0),
            json!(1),
        ] {
            assert!(!email(doubt.clone()), "{doubt}");
        }
    }
}
