//! The parameter `state`, in the form of the original: what the answer of a provider is about.
//!
//! Anybody can make one. It counts only together with what this browser keeps, see
//! [`super::pending`].

use crate::error::Error;
use std::fmt::Write;
use url::form_urlencoded::{self, Serializer};

/// The value of `flow` for sign-ins of our own pages.
pub(super) const PAGE_FLOW: &str = "callboard";

/// The longest state that is read, in bytes.
const MAX_LENGTH: usize = 16 * 1024;

/// What a state says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct State {
    pub(super) nonce: String,
    pub(super) environment: String,
    pub(super) origin: Option<String>,
    pub(super) redirect_url: Option<String>,
    pub(super) flow: Option<String>,
    pub(super) scope: Option<String>,
}

impl State {
    /// The hex digits of the form-encoded members, absent ones left out.
    pub(super) fn encode(&self) -> String {
        let members = [
            ("nonce", Some(&self.nonce)),
            ("env", Some(&self.environment)),
            ("origin", self.origin.as_ref()),
            ("redirectUrl", self.redirect_url.as_ref()),
            ("flow", self.flow.as_ref()),
            ("scope", self.scope.as_ref()),
        ];
        let mut form = Serializer::new(String::new());
        for (name, value) in members {
            if let Some(value) = value {
                form.append_pair(name, value);
            }
        }
        let form = form.finish();
        form.bytes()
            .fold(String::with_capacity(2 * form.len()), |mut hex, byte| {
                // Writing to a string does not fail.
                let _written = write!(hex, "{byte:02x}");
                hex
            })
    }

    /// Reads a state; hex digits end where they stop being some, as in the original.
    ///
    /// # Errors
    ///
    /// 403 with the original's text when the environment or the nonce is missing.
    pub(super) fn decode(text: &str) -> Result<State, Error> {
        let text = if text.len() > MAX_LENGTH { "" } else { text };
        let digits: Vec<u8> = text
            .chars()
            .map_while(|c| c.to_digit(16))
            .map(|digit| digit as u8)
            .collect();
        let (pairs, _) = digits.as_chunks::<2>();
        let form: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
        let mut state = State::default();
        for (name, value) in form_urlencoded::parse(&form) {
            let value = value.into_owned();
            match name.as_ref() {
                "nonce" => state.nonce = value,
                "env" => state.environment = value,
                "origin" => state.origin = Some(value),
                "redirectUrl" => state.redirect_url = Some(value),
                "flow" => state.flow = Some(value),
                "scope" => state.scope = Some(value),
                _ => {}
            }
        }
        let missing = |what| Error::NotAllowed(format!("OAuth state is invalid, missing {what}"));
        if state.environment.is_empty() {
            return Err(missing("env"));
        }
        if state.nonce.is_empty() {
            return Err(missing("nonce"));
        }
        Ok(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_hex_of_a_form_with_the_members_in_order() {
        let state = State {
            nonce: "a+b=".into(),
            environment: "production".into(),
            flow: Some("popup".into()),
            scope: Some("openid email".into()),
            ..State::default()
        };

        let text = state.encode();

        assert!(text.starts_with("6e6f6e63653d612532426225334426656e763d"));
        assert_eq!(State::decode(&text).unwrap(), state);
    }

    #[test]
    fn a_state_without_environment_or_nonce_is_none() {
        let missing = |text: &str| State::decode(text).unwrap_err().to_string();
        let hex = |text: &str| -> String { text.bytes().map(|b| format!("{b:02x}")).collect() };

        assert_eq!(missing(""), "OAuth state is invalid, missing env");
        assert_eq!(missing("not hex"), "OAuth state is invalid, missing env");
        assert_eq!(
            missing(&hex("nonce=a")),
            "OAuth state is invalid, missing env"
        );
        assert_eq!(
            missing(&hex("env=a&nonce=")),
            "OAuth state is invalid, missing nonce"
        );
        assert!(State::decode(&format!("{}zz", hex("env=a&nonce=b"))).is_ok());
        let long = hex(&format!("env=a&nonce=b&origin={}", "a".repeat(MAX_LENGTH)));
        assert_eq!(missing(&long), "OAuth state is invalid, missing env");
    }
}
