//! How the rows of the audit log hang together.

use super::key::Key;
use callboard_store::record;
use std::fmt;
use std::str::FromStr;

/// How many hexadecimal digits a hash has.
const HASH_DIGITS: usize = 64;

/// What stands before the hash of a row is computed; another form of row gets another text.
const DOMAIN: &[u8] = b"callboard audit row 1";

record! {
    /// A row of the audit log.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub(super) struct Row {
        /// Its place, counted from 1.
        pub(super) number: i64,
        /// When it was written, in milliseconds since 1970.
        pub(super) at: i64,
        pub(super) plugin: String,
        pub(super) event_id: String,
        /// `succeeded` or `failed`.
        pub(super) status: String,
        pub(super) actor: String,
        /// The event as the log has it, JSON.
        pub(super) event: String,
        /// Which key sealed it.
        pub(super) key_id: String,
        pub(super) previous_hash: String,
        /// See [`Row::sealed`].
        pub(super) hash: String,
    }
}

impl Row {
    /// The hash that the row has when `key` seals it: over every other column, that of the row
    /// before among them.
    ///
    /// Each column goes in with its length before it, so that no two rows are the same bytes.
    pub(super) fn sealed(&self, key: &Key) -> String {
        // Named one by one, so that a column that is added cannot be forgotten here.
        let Row {
            number,
            at,
            plugin,
            event_id,
            status,
            actor,
            event,
            key_id,
            previous_hash,
            hash: _,
        } = self;
        let (number, at) = (number.to_be_bytes(), at.to_be_bytes());
        let columns: [&[u8]; 9] = [
            previous_hash.as_bytes(),
            &number,
            &at,
            plugin.as_bytes(),
            event_id.as_bytes(),
            status.as_bytes(),
            actor.as_bytes(),
            event.as_bytes(),
            key_id.as_bytes(),
        ];
        key.hash(DOMAIN, &columns)
    }
}

/// A place in the audit log: how many rows there are, and the hash of the last one.
///
/// Written `<number>:<hash>`, as `callboard audit verify --head` takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The number of the newest row; 0 when there is none.
    pub number: i64,
    /// Its hash, 64 hexadecimal digits; all zero when there is no row.
    pub hash: String,
}

impl Head {
    /// The place before the first row.
    pub(super) fn start() -> Head {
        Head {
            number: 0,
            hash: "0".repeat(HASH_DIGITS),
        }
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.number, self.hash)
    }
}

/// Why a text is no [`Head`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no number of a row, a colon, and its hash of 64 hexadecimal digits")]
pub struct HeadError(String);

impl FromStr for Head {
    type Err = HeadError;

    fn from_str(text: &str) -> Result<Head, HeadError> {
        let parsed = text.split_once(':').and_then(|(number, hash)| {
            let is_hash = hash.len() == HASH_DIGITS && hash.bytes().all(|b| b.is_ascii_hexdigit());
            let number = number.parse().ok().filter(|number| *number >= 0)?;
            is_hash.then(|| Head {
                number,
                hash: hash.to_ascii_lowercase(),
            })
        });
        parsed.ok_or_else(|| HeadError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use callboard_config::Secret;

    fn row() -> Row {
        Row {
            number: 1,
            at: 0,
            plugin: "auth".to_owned(),
            event_id: "sign-in".to_owned(),
            status: "succeeded".to_owned(),
            actor: "user:default/ann".to_owned(),
            event: "{}".to_owned(),
            key_id: "k".to_owned(),
            previous_hash: Head::start().hash,
            hash: String::new(),
        }
    }

    #[test]
    fn text_that_moves_from_one_column_to_the_next_is_another_row() {
        let key = Key::new(Secret::new(vec![1; 32]));
        let moved = Row {
            plugin: "auths".to_owned(),
            event_id: "ign-in".to_owned(),
            ..row()
        };

        assert_ne!(row().sealed(&key), moved.sealed(&key));
    }

    #[test]
    fn another_key_gives_another_hash() {
        let [one, two] = [1, 2].map(|byte| Key::new(Secret::new(vec![byte; 32])));

        assert_eq!(row().sealed(&one).len(), HASH_DIGITS);
        assert_ne!(row().sealed(&one), row().sealed(&two));
        assert_ne!(one.id(), two.id());
    }

    #[test]
    fn a_head_is_read_as_it_is_written() {
        let head = Head {
            number: 200,
            hash: "0a".repeat(32),
        };

        assert_eq!(head.to_string().parse(), Ok(head.clone()));
        assert_eq!(head.to_string().to_ascii_uppercase().parse(), Ok(head));
        for bad in [
            "",
            "1",
            "1:",
            "1:ab",
            ":",
            "-1:00",
            &format!("x:{}", "0".repeat(64)),
        ] {
            assert!(bad.parse::<Head>().is_err(), "{bad}");
        }
    }
}
