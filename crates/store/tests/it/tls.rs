//! Encrypted connections to PostgreSQL, and who is let in on the other side.

use callboard_store::{OpenError, PostgresConfig, Revision, Store, StoreConfig, StoreError, Tls};
use callboard_testkit::Postgres;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::support::{TABLES, messages};

/// An authority that nobody knows who is not told.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        Authority { pem, issuer }
    }

    /// A server whose certificate is for the name `localhost`, and how to reach it.
    async fn server(&self) -> PostgresConfig {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let postgres = Postgres::own_with_tls(&certificate.pem(), &key.serialize_pem()).await;
        let url = postgres.database("tls").await;
        let address = postgres.tcp_address();
        let port = address.rsplit(':').next().unwrap().parse().unwrap();
        PostgresConfig {
            host: "localhost".to_owned(),
            port,
            ..PostgresConfig::from_url(&url).unwrap()
        }
    }
}

async fn open(config: &PostgresConfig, tls: Tls) -> Result<Store, StoreError> {
    let config = PostgresConfig {
        tls,
        ..config.clone()
    };
    Store::open(&StoreConfig::Postgres(config)).await
}

fn trusting(authority: &Authority) -> Tls {
    Tls::Verified {
        authority: Some(authority.pem.clone()),
    }
}

/// Whether the server was refused for its certificate.
fn is_distrusted(opened: &Result<Store, StoreError>) -> bool {
    let Err(error @ StoreError::Open(OpenError::Server { .. })) = opened else {
        return false;
    };
    messages(error).contains("certificate")
}

#[tokio::test]
async fn a_server_that_a_trusted_authority_knows_is_let_in() {
    let authority = Authority::new();
    let server = authority.server().await;

    let store = open(&server, trusting(&authority)).await.unwrap();

    store.migrate(vec![TABLES]).await.unwrap();
    assert_eq!(store.feed().latest().await.unwrap(), Revision::ZERO);
}

#[tokio::test]
async fn a_server_of_another_authority_is_refused_unless_that_is_waived() {
    let server = Authority::new().server().await;

    let other = open(&server, trusting(&Authority::new())).await;
    let well_known = open(&server, Tls::Verified { authority: None }).await;
    let waived = open(&server, Tls::Unverified).await;

    assert!(is_distrusted(&other), "{other:?}");
    assert!(is_distrusted(&well_known), "{well_known:?}");
    assert!(waived.is_ok(), "{waived:?}");
}

#[tokio::test]
async fn a_certificate_is_good_for_its_name_only() {
    let authority = Authority::new();
    let server = PostgresConfig {
        host: "127.0.0.1".to_owned(),
        ..authority.server().await
    };

    let other_name = open(&server, trusting(&authority)).await;

    assert!(is_distrusted(&other_name), "{other_name:?}");
}

#[tokio::test]
async fn an_authority_that_is_no_pem_is_refused() {
    let server = Authority::new().server().await;
    let tls = Tls::Verified {
        authority: Some("hush".to_owned()),
    };

    let refused = open(&server, tls).await;

    assert!(
        matches!(refused, Err(StoreError::Open(OpenError::Server { .. }))),
        "{refused:?}"
    );
}
