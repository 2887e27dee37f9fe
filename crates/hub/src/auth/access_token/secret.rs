//! The text of a token that the hub makes up: a prefix, chance, and a checksum.
//!
//! `cbp_`, 43 letters and digits that hold 256 random bits, 6 more that check them. The prefix and
//! the checksum let secret scanners tell such a token from any other text, without asking the hub.

use crate::auth::external::{self, Digest};
use crate::auth::random;
use callboard_config::Secret;
use flate2::Crc;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// As many letters as hold 256 bits.
const RANDOM_LETTERS: usize = 43;

/// As many letters as hold 32 bits.
const CHECKSUM_LETTERS: usize = 6;

/// How many of the letters behind the prefix people are shown to tell tokens apart.
const HINT_LETTERS: usize = 4;

/// A kind of token, by its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::auth) enum Prefix {
    /// Of a person.
    Personal,
    /// Of a service account.
    Service,
    /// With which a program that somebody signed in at asks for its next user token.
    Refresh,
    /// With which a program asks whether it was let in.
    Device,
}

impl Prefix {
    /// What such a token begins with.
    pub(in crate::auth) fn as_str(self) -> &'static str {
        match self {
            Prefix::Personal => "cbp_",
            Prefix::Service => "cbs_",
            Prefix::Refresh => "cbr_",
            Prefix::Device => "cbd_",
        }
    }

    /// A new token of this kind, which nobody can guess.
    pub(in crate::auth) fn generate(self) -> Secret<String> {
        let mut text = self.as_str().to_owned();
        while text.len() < self.as_str().len() + RANDOM_LETTERS {
            let chance: [u8; 32] = random::bytes();
            // Bytes beyond the last whole round would make the first letters likelier.
            let fair = chance.into_iter().filter(|byte| *byte < 248);
            let missing = self.as_str().len() + RANDOM_LETTERS - text.len();
            text.extend(fair.take(missing).map(letter));
        }
        text.push_str(&checksum(&text));
        Secret::new(text)
    }

    /// The digest of `text` by which a token of this kind is known; `None` when it is none.
    pub(in crate::auth) fn digest_of(self, text: &str) -> Option<Digest> {
        let letters = text.strip_prefix(self.as_str())?;
        let is_whole = letters.len() == RANDOM_LETTERS + CHECKSUM_LETTERS
            && letters.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_whole {
            return None;
        }
        let (checked, found) = text.split_at(text.len() - CHECKSUM_LETTERS);
        (checksum(checked) == found).then(|| external::digest(text))
    }

    /// Whether `text` is of a kind that callers show, good or not.
    pub(in crate::auth) fn is_access_token(text: &str) -> bool {
        let kinds = [Prefix::Personal, Prefix::Service];
        kinds.iter().any(|kind| kind.digest_of(text).is_some())
    }

    /// The beginning of a token, which tells it from its owner's others and gives nothing away.
    pub(super) fn hint_of(self, text: &Secret<String>) -> String {
        text.expose()
            .chars()
            .take(self.as_str().len() + HINT_LETTERS)
            .collect()
    }
}

fn letter(byte: u8) -> char {
    ALPHABET[usize::from(byte) % ALPHABET.len()].into()
}

fn checksum(text: &str) -> String {
    let mut crc = Crc::new();
    crc.update(text.as_bytes());
    let mut rest = crc.sum();
    let mut letters = [ALPHABET[0]; CHECKSUM_LETTERS];
    for place in letters.iter_mut().rev() {
        *place = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    letters.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_prefix_length_and_checksum() {
        let token = Prefix::Personal.generate();
        let text = token.expose();

        assert_eq!(text.len(), 4 + RANDOM_LETTERS + CHECKSUM_LETTERS);
        assert_eq!(
            Prefix::Personal.digest_of(text),
            Some(external::digest(text))
        );
        assert_eq!(Prefix::Service.digest_of(text), None);
        assert_eq!(Prefix::Personal.digest_of(&text[..text.len() - 1]), None);
        assert_eq!(Prefix::Personal.digest_of(""), None);
        let flipped = if text.ends_with('a') { "b" } else { "a" };
        let mistyped = format!("{}{flipped}", &text[..text.len() - 1]);
        assert_eq!(Prefix::Personal.digest_of(&mistyped), None);
    }

    #[test]
    fn no_two_tokens_are_alike_and_a_hint_shows_little() {
        let [one, other] = [(); 2].map(|()| Prefix::Service.generate());

        assert_ne!(one.expose(), other.expose());
        assert_eq!(Prefix::Service.hint_of(&one).len(), 8);
        assert!(one.expose().starts_with(&Prefix::Service.hint_of(&one)));
    }

    #[test]
    fn the_checksum_is_that_of_the_manual() {
        assert_eq!(checksum("cbp_"), "2lwQWa");
    }
}
