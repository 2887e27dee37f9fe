//! The short code that a person types to let a program in.

use crate::auth::external::{self, Digest};
use crate::auth::random;
use std::fmt;

/// Letters that make no words, and that are not taken for another.
const ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// 20⁸ codes, of which few are good at a time, and none for long.
const LETTERS: usize = 8;

/// A code such as `WDJB-MJHT`.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct UserCode([u8; LETTERS]);

impl UserCode {
    /// A code that nobody can guess in the few attempts that there are.
    pub(super) fn generate() -> UserCode {
        let mut letters = [0; LETTERS];
        for letter in &mut letters {
            // Of 256 bytes the first 240 are twelve whole rounds; the next 64 tries fail never.
            let chance: [u8; 64] = random::bytes();
            let fair = chance.into_iter().find(|byte| *byte < 240).unwrap_or(0);
            *letter = ALPHABET[usize::from(fair) % ALPHABET.len()];
        }
        UserCode(letters)
    }

    /// The code that somebody typed, in either case, with dashes and spaces as they please; `None`
    /// when it can be none.
    pub(super) fn parse(typed: &str) -> Option<UserCode> {
        if typed.len() > 4 * LETTERS {
            return None;
        }
        let letters = typed
            .bytes()
            .filter(|letter| !letter.is_ascii_whitespace() && *letter != b'-')
            .map(|letter| letter.to_ascii_uppercase());
        let letters: Vec<u8> = letters.collect();
        let is_code = letters.iter().all(|letter| ALPHABET.contains(letter));
        let letters = letters.try_into().ok().filter(|_| is_code)?;
        Some(UserCode(letters))
    }

    /// What the database has of it.
    pub(super) fn digest(&self) -> Digest {
        external::digest(&format!("user code {self}"))
    }
}

impl fmt::Display for UserCode {
    /// In two halves, as people read it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: String = self.0.iter().copied().map(char::from).collect();
        let (first, second) = text.split_at(LETTERS / 2);
        write!(f, "{first}-{second}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = UserCode::generate();
        let text = code.to_string();

        assert_eq!(text.len(), 9);
        for typed in [
            text.clone(),
            text.to_lowercase(),
            text.replace('-', ""),
            text.replace('-', " - "),
            format!(" {text}\n"),
        ] {
            assert!(UserCode::parse(&typed) == Some(code.clone()), "{typed}");
        }
        for bad in [
            "",
            "BCDF",
            "BCDF-GHJA",
            "BCDF-GHJKL",
            "BCDF_GHJK",
            &"-".repeat(40),
        ] {
            assert!(UserCode::parse(bad).is_none(), "{bad}");
        }
    }
}
