//! Encrypted connections to PostgreSQL, and who is let in on either side.

use callboard_store::{
    Identity, OpenError, PostgresConfig, Query, Refusal, Revision, Store, StoreConfig, StoreError,
    Tls, record,
};
use callboard_testkit::{Authority, Postgres};

use crate::support::{TABLES, messages};

record! { struct ClientRow { name: String } }

/// A server whose certificate is for the name `localhost`, and how to reach it.
async fn server(authority: &Authority) -> PostgresConfig {
    let postgres = Postgres::own_with_tls(authority).await;
    let url = postgres.database("tls").await;
    let address = postgres.tcp_address();
    let port = address.rsplit(':').next().unwrap().parse().unwrap();
    PostgresConfig {
        host: "localhost".to_owned(),
        port,
        ..PostgresConfig::from_url(&url).unwrap()
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
    Tls::trusting(authority.pem().to_owned()).unwrap()
}

/// Why the server was not opened, and what is said about it.
fn refusal(opened: Result<Store, StoreError>) -> (Refusal, String) {
    let error = opened.unwrap_err();
    let StoreError::Open(OpenError::Server { refusal, .. }) = error else {
        panic!("{error:?}");
    };
    (refusal, messages(&error))
}

#[tokio::test]
async fn a_server_that_a_trusted_authority_knows_is_let_in() {
    let authority = Authority::new();
    let server = server(&authority).await;

    let store = open(&server, trusting(&authority)).await.unwrap();

    store.migrate(vec![TABLES]).await.unwrap();
    assert_eq!(store.feed().latest().await.unwrap(), Revision::ZERO);
}

#[tokio::test]
async fn one_of_many_authorities_in_a_file_suffices() {
    let authority = Authority::new();
    let server = server(&authority).await;
    let bundle = ["# eu-central-1\n", "", "\n"]
        .iter()
        .map(|before| format!("{before}{}", Authority::new().pem()))
        .chain([authority.pem().to_owned()])
        .collect();

    let store = open(&server, Tls::trusting(bundle).unwrap()).await;

    assert!(store.is_ok(), "{store:?}");
}

#[tokio::test]
async fn a_server_of_another_authority_is_refused_unless_that_is_waived() {
    let server = server(&Authority::new()).await;

    let other = open(&server, trusting(&Authority::new())).await;
    let well_known = open(&server, Tls::Verified { authority: None }).await;
    let waived = open(&server, Tls::Unverified).await;

    for opened in [other, well_known] {
        let (refusal, said) = refusal(opened);
        assert_eq!(refusal, Refusal::UnknownAuthority);
        assert!(said.contains("certificate: UnknownIssuer"), "{said}");
    }
    assert!(waived.is_ok(), "{waived:?}");
}

#[tokio::test]
async fn a_certificate_is_good_for_its_name_only() {
    let authority = Authority::new();
    let server = PostgresConfig {
        host: "127.0.0.1".to_owned(),
        ..server(&authority).await
    };

    let (refusal, said) = refusal(open(&server, trusting(&authority)).await);

    assert_eq!(refusal, Refusal::OtherName);
    assert!(
        said.contains("127.0.0.1") && said.contains("localhost"),
        "{said}"
    );
}

#[tokio::test]
async fn a_server_that_wants_encryption_and_one_that_has_none_say_so() {
    let secure = server(&Authority::new()).await;
    let open_one = Postgres::start().await.database("plain").await;
    let plain = PostgresConfig::from_url(&open_one).unwrap();

    let (wanted, _) = refusal(open(&secure, Tls::Off).await);
    let (missing, _) = refusal(open(&plain, Tls::Unverified).await);

    assert_eq!(wanted, Refusal::EncryptionWanted);
    assert_eq!(missing, Refusal::Unencrypted);
}

#[tokio::test]
async fn the_server_learns_who_comes_by_a_certificate() {
    let authority = Authority::new();
    let pair = authority.vouch_for("hub");
    let server = PostgresConfig {
        identity: Some(Identity {
            certificate: pair.certificate,
            key: pair.key,
        }),
        ..server(&authority).await
    };

    let store = open(&server, trusting(&authority)).await.unwrap();

    let asked = "SELECT CAST(client_dn AS TEXT) AS name
                 FROM pg_stat_ssl
                 WHERE pid = pg_backend_pid()";
    let mut conn = store.read().await.unwrap();
    let row: Option<ClientRow> = conn.fetch_optional(Query::new(asked)).await.unwrap();
    let name = row.unwrap().name;
    assert!(name.contains("CN=hub"), "{name}");
    assert!(!format!("{:?}", server.identity).contains("PRIVATE"));
}

#[tokio::test]
async fn an_address_names_the_files_that_it_needs() {
    let authority = Authority::new();
    let PostgresConfig { port, database, .. } = server(&authority).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, authority.pem()).unwrap();
    let text = format!(
        "postgres://postgres@localhost:{port}/{database}?sslmode=verify-full&sslrootcert={}",
        file.display()
    );

    let config = PostgresConfig::from_url(&text).unwrap();
    let store = Store::open(&StoreConfig::Postgres(config)).await;

    assert!(store.is_ok(), "{store:?}");
}

#[test]
fn an_authority_that_is_no_certificate_is_refused_without_repeating_it() {
    for text in [
        "hush",
        "-----BEGIN CERTIFICATE-----\naHVzaA==\n-----END CERTIFICATE-----\n",
    ] {
        let refused = Tls::trusting(text.to_owned()).unwrap_err();

        assert!(!refused.contains("hush"), "{refused}");
    }
}
