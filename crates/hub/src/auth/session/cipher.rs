//! Seals refresh tokens, so that the database alone does not open the provider.
//!
//! The key comes from `auth.session.secret`. Without it the hub makes a secret of its own and
//! keeps it in the database, where all replicas find it; it guards against a look at a row, not
//! against whoever has the whole database.

use super::super::external::Digest;
use super::super::random;
use super::config::SessionConfig;
use super::store;
use callboard_config::Secret;
use callboard_store::{Store, StoreError};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;

/// What the key is for; another purpose of the same secret has another key.
const PURPOSE: &[u8] = b"callboard session refresh token";

const NONCE_BYTES: usize = 24;

/// Seals and opens refresh tokens.
pub(in crate::auth) struct Cipher(XChaCha20Poly1305);

impl Cipher {
    /// The cipher of the configured secret, else of the one in the database, which is made when
    /// it is not there.
    pub(in crate::auth) async fn find(
        config: &SessionConfig,
        store: &Store,
    ) -> Result<Cipher, StoreError> {
        if let Some(secret) = &config.secret {
            return Ok(Cipher::new(secret.expose().as_bytes()));
        }
        let mut conn = store.read().await?;
        let kept = store::secret(&mut conn).await?;
        drop(conn);
        let kept = match kept {
            Some(kept) => kept,
            None => {
                let mut tx = store.begin().await?;
                // Another hub may have come first: its secret is the one.
                let kept = store::keep_secret(&mut tx, random::bytes::<32>().to_vec()).await?;
                tx.commit().await?;
                kept
            }
        };
        Ok(Cipher::new(kept.expose()))
    }

    fn new(secret: &[u8]) -> Cipher {
        let mut key = [0; 32];
        let derived = Hkdf::<Sha256>::new(None, secret).expand(PURPOSE, &mut key);
        // INVARIANT: HKDF gives up to 255 hashes, and this is one.
        derived.expect("a key of one hash");
        Cipher(XChaCha20Poly1305::new(&key.into()))
    }

    /// Seals a token for the session of a digest.
    ///
    /// # Errors
    ///
    /// [`StoreError::Internal`] for a token that is longer than any memory.
    pub(super) fn seal(
        &self,
        token: &Secret<String>,
        session: &Digest,
    ) -> Result<Vec<u8>, StoreError> {
        let nonce = random::bytes::<NONCE_BYTES>();
        let plain = Payload {
            msg: token.expose().as_bytes(),
            aad: session,
        };
        let sealed = self.0.encrypt(&XNonce::from(nonce), plain);
        let sealed =
            sealed.map_err(|_| StoreError::Internal("a refresh token cannot be sealed".into()))?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// The token that was sealed for the session of a digest; `None` when it was sealed with
    /// another secret or for another session.
    pub(super) fn open(&self, sealed: &[u8], session: &Digest) -> Option<Secret<String>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let sealed = Payload {
            msg: sealed,
            aad: session,
        };
        let plain = self.0.decrypt(&XNonce::from(*nonce), sealed).ok()?;
        String::from_utf8(plain).ok().map(Secret::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::test::store;
    use std::time::Duration;

    const SESSION: Digest = [7; 32];

    fn config(secret: Option<&str>) -> SessionConfig {
        SessionConfig {
            lifetime: Duration::from_secs(3600),
            idle: Duration::from_secs(3600),
            secret: secret.map(|secret| Secret::new(secret.to_owned())),
        }
    }

    async fn cipher(secret: Option<&str>, store: &Store) -> Cipher {
        Cipher::find(&config(secret), store).await.unwrap()
    }

    fn token() -> Secret<String> {
        Secret::new("a-refresh-token".to_owned())
    }

    #[tokio::test]
    async fn a_token_is_opened_with_its_secret_for_its_session_only() {
        let store = store().await;
        let one = cipher(Some("a secret that is long enough"), &store).await;
        let sealed = one.seal(&token(), &SESSION).unwrap();

        let again = cipher(Some("a secret that is long enough"), &store).await;
        let other = cipher(Some("another secret, as long as that"), &store).await;

        assert_eq!(
            again.open(&sealed, &SESSION).unwrap().expose(),
            "a-refresh-token"
        );
        assert!(other.open(&sealed, &SESSION).is_none());
        assert!(again.open(&sealed, &[8; 32]).is_none());
        let mut meddled = sealed.clone();
        *meddled.last_mut().unwrap() ^= 1;
        assert!(again.open(&meddled, &SESSION).is_none());
        assert!(again.open(&sealed[..10], &SESSION).is_none());
    }

    #[tokio::test]
    async fn without_a_configured_secret_all_hubs_find_one_in_the_database() {
        let store = store().await;

        let sealed = cipher(None, &store).await.seal(&token(), &SESSION).unwrap();

        assert!(cipher(None, &store).await.open(&sealed, &SESSION).is_some());
    }

    #[tokio::test]
    async fn the_same_token_never_looks_the_same() {
        let cipher = cipher(None, &store().await).await;

        let one = cipher.seal(&token(), &SESSION).unwrap();
        let two = cipher.seal(&token(), &SESSION).unwrap();

        assert_ne!(one, two);
        assert!(!one.windows(9).any(|part| part == b"a-refresh"));
    }
}
