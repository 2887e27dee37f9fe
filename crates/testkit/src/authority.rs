//! An authority that vouches for servers of one test.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use std::sync::atomic::{AtomicUsize, Ordering};

/// An authority of certificates that nobody knows who is not told.
#[derive(Debug)]
pub struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, both in PEM.
#[derive(Debug)]
pub struct Pair {
    /// The certificate.
    pub certificate: String,
    /// Its key.
    pub key: String,
}

impl Authority {
    /// An authority with a key of its own.
    ///
    /// # Panics
    ///
    /// When no key can be made.
    #[expect(
        clippy::new_without_default,
        reason = "no two are alike, which a default would not make one think"
    )]
    pub fn new() -> Authority {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let mut params = CertificateParams::default();
        // Of two with one name a client could not tell which one vouches.
        params
            .distinguished_name
            .push(DnType::CommonName, format!("authority {number}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key can be made");
        let certificate = params.self_signed(&key).expect("the key signs");
        Authority {
            pem: certificate.pem(),
            issuer: Issuer::new(params, key),
        }
    }

    /// Its own certificate in PEM, by which it is made known.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate for a server or a client of this name.
    ///
    /// # Panics
    ///
    /// When the name cannot stand in a certificate.
    pub fn vouch_for(&self, name: &str) -> Pair {
        let key = KeyPair::generate().expect("a key can be made");
        let mut params =
            CertificateParams::new([name.to_owned()]).expect("the name is one of a host");
        params
            .distinguished_name
            .push(DnType::CommonName, name.to_owned());
        let certificate = params.signed_by(&key, &self.issuer);
        Pair {
            certificate: certificate.expect("the authority signs").pem(),
            key: key.serialize_pem(),
        }
    }
}
