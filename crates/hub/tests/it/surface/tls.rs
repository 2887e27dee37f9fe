//! Encrypted connections: to the hub, and from it to those whom it asks.

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::get;
use callboard_config::{Config, Environment, LoadOptions};
use callboard_hub::http::{gate::Gate, server, tls};
use callboard_hub::http_client::{CallLimits, HttpClient};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use url::Url;

const LIMITS: CallLimits = CallLimits {
    timeout: Duration::from_secs(10),
    body_bytes: 1000,
};

/// Serves who asks over TLS, as `https` is configured, for the rest of the test.
async fn serve(https: Value) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let backend = json!({"baseUrl": format!("https://localhost:{port}"), "https": https});
    let tls = tls::from_config(&Config::from_value(json!({"backend": backend}))).unwrap();
    let address = |ConnectInfo(address): ConnectInfo<SocketAddr>| async move {
        json!(address.ip()).to_string()
    };
    let router = Router::new().route("/", get(address));
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async move {
        let _stop = stop;
        stopped.await.unwrap_or_default();
    };
    tokio::spawn(server::serve(
        listener,
        tls,
        router,
        Gate::default(),
        Duration::ZERO,
        stopped,
    ));
    Url::parse(&format!("https://localhost:{port}/")).unwrap()
}

/// What a program answers that believes the certificates of the file `extra`, too.
async fn ask(url: &Url, extra: Option<&Path>) -> Result<Value, String> {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("app-config.yaml"), "app: {}").unwrap();
    let environment = extra.map(|path| ("NODE_EXTRA_CA_CERTS", path.display().to_string()));
    let options = LoadOptions {
        args: Vec::new(),
        root: folder.path().to_owned(),
        environment: Environment::from_pairs(environment),
    };
    let config = Config::load(&options).unwrap();
    let client = HttpClient::believing(config.extra_certificates());
    let answer = client.get_json(url, None, LIMITS).await;
    answer.map_err(|error| error.in_full())
}

#[tokio::test]
async fn a_certificate_of_an_authority_that_the_machine_does_not_know_is_made_known() {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let authority = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let pair = json!({"cert": certificate.pem(), "key": key.serialize_pem()});
    let url = serve(json!({"certificate": pair})).await;
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("authority.pem");
    std::fs::write(&file, authority).unwrap();

    let known = ask(&url, Some(&file)).await;
    let unknown = ask(&url, None).await;
    let unreadable = ask(&url, Some(&folder.path().join("absent.pem"))).await;

    assert_eq!(
        known,
        Ok(json!("127.0.0.1")),
        "and the address is the client's"
    );
    for refused in [unknown, unreadable] {
        let refused = refused.unwrap_err();
        assert!(refused.contains("certificate"), "{refused}");
    }
}

#[tokio::test]
async fn a_certificate_that_the_hub_makes_encrypts_and_is_believed_by_nobody() {
    let url = serve(json!(true)).await;

    let refused = ask(&url, None).await.unwrap_err();

    assert!(refused.contains("certificate"), "{refused}");
}

#[tokio::test]
async fn whoever_speaks_no_tls_keeps_nobody_waiting() {
    let url = serve(json!(true)).await;
    let address = format!("127.0.0.1:{}", url.port().unwrap());
    let _silent = tokio::net::TcpStream::connect(&address).await.unwrap();

    // Refused by us, and so answered by the other.
    let refused = ask(&url, None).await.unwrap_err();

    assert!(refused.contains("certificate"), "{refused}");
}
