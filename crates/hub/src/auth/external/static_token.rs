//! Tokens that are compared as they stand: external access of type `static`.

use super::{is_word, restriction, subject};
use crate::auth::caller::Caller;
use callboard_config::{ConfigError, Secret, View};
use sha2::Sha256;
use std::fmt;
use subtle::{ConditionallySelectable, ConstantTimeEq};

/// The shortest token that is accepted, in characters.
const MIN_LENGTH: usize = 8;

/// SHA-256 of a token.
pub(in crate::auth) type Digest = [u8; 32];

/// Every static token with its caller. Only digests are kept.
#[derive(Default)]
pub(super) struct StaticTokens(Vec<(Digest, Caller)>);

impl StaticTokens {
    /// Reads one entry.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with the original's text for what it refuses.
    pub(super) fn add(&mut self, entry: &View<'_>) -> Result<(), ConfigError> {
        let token = Secret::new(entry.string("options.token")?);
        let subject = subject(entry)?;
        let restrictions = restriction::read(entry)?;
        let refused = |message: String| entry.error("options.token", message);
        if !is_word(token.expose()) {
            let message = "Illegal token, must be a set of non-space characters";
            return Err(refused(message.to_owned()));
        }
        if token.expose().chars().count() < MIN_LENGTH {
            let message = format!("Illegal token, must be at least {MIN_LENGTH} characters length");
            return Err(refused(message));
        }
        let digest = digest(token.expose());
        if self.caller(&digest).is_some() {
            let message = "Static externalAccess token was declared more than once";
            return Err(refused(message.to_owned()));
        }
        self.0.push((digest, Caller::new(subject, restrictions)));
        Ok(())
    }

    /// The caller with the token of this digest.
    ///
    /// Looks at every token, so that the time taken says nothing about which one is close.
    pub(super) fn caller(&self, digest: &Digest) -> Option<&Caller> {
        let mut found = u32::MAX;
        for (index, (known, _)) in (0..).zip(&self.0) {
            found.conditional_assign(&index, known.ct_eq(digest));
        }
        self.0.get(found as usize).map(|(_, caller)| caller)
    }

    /// Who may call.
    pub(super) fn subjects(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, caller)| caller.subject.as_str())
    }
}

impl fmt::Debug for StaticTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.subjects()).finish()
    }
}

/// SHA-256 of a token, by which it is compared and remembered.
pub(in crate::auth) fn digest(token: &str) -> Digest {
    use sha2::Digest as _;
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use callboard_config::Config;
    use serde_json::json;

    fn tokens(all: &[&str]) -> StaticTokens {
        let mut tokens = StaticTokens::default();
        for token in all {
            let entry = json!({"entry": {"options": {"token": token, "subject": token}}});
            let config = Config::from_value(entry);
            tokens.add(&config.at("entry").unwrap()).unwrap();
        }
        tokens
    }

    #[test]
    fn each_token_is_found_wherever_it_stands() {
        let all = ["first-token", "second-token", "third-token"];
        let tokens = tokens(&all);

        for token in all {
            assert_eq!(tokens.caller(&digest(token)).unwrap().subject, token);
        }
        assert!(tokens.caller(&digest("fourth-token")).is_none());
        assert!(tokens.caller(&[0; 32]).is_none());
    }

    #[test]
    fn a_nearly_right_token_is_compared_for_as_long_as_a_wrong_one() {
        let known = digest("a-token-of-thirty-two-characters");

        // What is compared, and all of it each time, are digests: a better guess is not closer.
        for last in 'a'..='z' {
            let guess = format!("a-token-of-thirty-two-character{last}");
            let pairs = known.iter().zip(digest(&guess));
            let shared = pairs.take_while(|(known, guess)| **known == *guess).count();
            assert_eq!(shared == known.len(), last == 's');
            assert!(shared < 4 || last == 's', "{guess}");
        }
    }
}
