//! Where secrets come from.

use rand::RngExt;
use uuid::Uuid;

/// Bytes that nobody can guess, from a generator that the operating system seeds.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place of authentication that asks for randomness"
)]
pub(super) fn bytes<const N: usize>() -> [u8; N] {
    rand::rng().random()
}

/// A random identifier, version 4.
pub(super) fn uuid() -> Uuid {
    uuid::Builder::from_random_bytes(bytes()).into_uuid()
}
