//! Hosts of the allow list: what may be asked, and where connections go.

use super::*;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Redirect;
use axum::routing::get;
use serde_json::json;

/// A reader for one host on loopback.
fn open(host: &str) -> Reader {
    reader(json!({"backend": {"reading": {"allow": [
        {"host": host, "allowPrivateAddresses": true},
    ]}}}))
}

#[tokio::test]
async fn what_is_allowed_is_read_with_what_tells_it_from_others() {
    let router = Router::new().route(
        "/a.yaml",
        get(|headers: HeaderMap| async move {
            if headers
                .get(header::IF_NONE_MATCH)
                .is_some_and(|etag| etag == "\"1\"")
            {
                return (StatusCode::NOT_MODIFIED, HeaderMap::new(), "");
            }
            let mut headers = HeaderMap::new();
            headers.insert(header::ETAG, "\"1\"".parse().unwrap());
            let date = "Sun, 22 Nov 2026 01:02:03 GMT".parse().unwrap();
            headers.insert(header::LAST_MODIFIED, date);
            (StatusCode::OK, headers, "kind: Component")
        }),
    );
    let host = serve(router).await;
    let reader = open(&host);
    let url = Url::parse(&format!("http://{host}/a.yaml")).unwrap();

    let first = reader
        .read(ReadRequest {
            url: &url,
            etag: None,
        })
        .await
        .unwrap();
    let again = ReadRequest {
        url: &url,
        etag: Some("\"1\""),
    };
    let again = reader.read(again).await.unwrap();

    let Read::Found(document) = first else {
        panic!("nothing was known")
    };
    assert_eq!(document.bytes, "kind: Component");
    assert_eq!(document.etag.as_deref(), Some("\"1\""));
    assert_eq!(
        document.last_modified.unwrap().to_string(),
        "2026-11-22T01:02:03Z"
    );
    assert!(matches!(again, Read::NotModified));
}

#[tokio::test]
async fn a_host_that_nothing_names_is_refused_with_the_key_that_allows_it() {
    let refusal = text(&reader(json!({})), "https://example.com/a.yaml")
        .await
        .unwrap_err();

    assert_eq!(
        refusal,
        "`https://example.com/a.yaml` may not be read: `example.com` is neither a Git host of `integrations` nor allowed by `backend.reading.allow`: add `host: example.com` there, with the paths that may be read"
    );
}

#[tokio::test]
async fn addresses_of_private_networks_are_refused_however_they_are_written() {
    let hosts = [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "0",
        "10.0.0.1",
        "169.254.169.254",
        "192.168.1.1",
        "100.64.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[fd00::1]",
        "[fe80::1]",
        "224.0.0.1",
        "localhost",
        "LOCALHOST",
        "inside.example.com",
        "both.example.com",
    ];
    let names = Names::of(&[
        ("localhost", &[&["127.0.0.1", "::1"]]),
        ("inside.example.com", &[&["10.1.2.3"]]),
        ("both.example.com", &[&["127.0.0.1", "::ffff:192.168.0.1"]]),
    ]);
    let allow: Vec<Value> = hosts.iter().map(|host| json!({"host": host})).collect();
    let reader = reader_with(json!({"backend": {"reading": {"allow": allow}}}), names);

    for host in hosts {
        let refusal = text(&reader, &format!("http://{host}/")).await.unwrap_err();
        assert!(
            refusal.contains("is not at an address of the public internet: add `host: ")
                && refusal
                    .contains("with `allowPrivateAddresses: true` to `backend.reading.allow`"),
            "{host}: {refusal}"
        );
    }
}

#[tokio::test]
async fn a_name_is_judged_by_where_it_leads_at_each_connection() {
    let host = serve(Router::new().route("/", get(|| async { "inside" }))).await;
    let port = host.rsplit(':').next().unwrap();
    // A name whose owner changes his mind, which is known as rebinding.
    let answers: &[&[&str]] = &[&["192.0.2.1"], &["127.0.0.1"]];
    let names = || {
        Names::of(&[
            ("rebind.example.com", answers),
            ("own.example.com", &[&["127.0.0.1"]]),
        ])
    };
    let allow = |host: &str, is_open: bool| {
        let entry = json!({"host": format!("{host}:{port}"), "allowPrivateAddresses": is_open});
        json!({"backend": {"reading": {"allow": [entry]}}})
    };
    let closed = reader_with(allow("rebind.example.com", false), names());
    let open = reader_with(allow("own.example.com", true), names());

    for _ in 0..2 {
        let url = format!("http://rebind.example.com:{port}/");
        let refusal = text(&closed, &url).await.unwrap_err();
        assert!(
            refusal.contains("is not at an address of the public internet"),
            "{refusal}"
        );
    }
    let url = format!("http://own.example.com:{port}/");
    assert_eq!(text(&open, &url).await.unwrap(), "inside");
}

#[tokio::test]
async fn every_redirect_is_judged_anew() {
    let secret = serve(Router::new().route("/", get(|| async { "secret" }))).await;
    let to_secret = format!("http://{secret}/");
    let router = Router::new()
        .route("/there", get(|| async { "there" }))
        .route("/here", get(|| async { Redirect::temporary("/there") }))
        .route("/round", get(|| async { Redirect::permanent("/round") }))
        .route(
            "/file",
            get(|| async { Redirect::to("file:///etc/passwd") }),
        )
        .route(
            "/metadata",
            get(|| async { Redirect::to("http://169.254.169.254/latest?token=abc") }),
        )
        .route(
            "/user",
            get(|| async { Redirect::to("http://me:abc@127.0.0.1/") }),
        )
        .route(
            "/away",
            get(move || async move { Redirect::to(&to_secret) }),
        );
    let host = serve(router).await;
    let reader = open(&host);
    let ask = async |path: &str| text(&reader, &format!("http://{host}{path}")).await;

    assert_eq!(ask("/here").await.unwrap(), "there");
    for (path, refusal) in [
        (
            "/away",
            format!("it redirects to `http://{secret}/`, and `{secret}` is neither a Git host"),
        ),
        (
            "/metadata",
            "it redirects to `http://169.254.169.254/latest`, and `169.254.169.254` is neither"
                .to_owned(),
        ),
        (
            "/file",
            "it redirects to `file:///etc/passwd`, and only `http` and `https` are read".to_owned(),
        ),
        (
            "/user",
            "it redirects to `http://127.0.0.1/`, and credentials do not belong into URLs"
                .to_owned(),
        ),
        (
            "/round",
            "it leads through more than 5 redirects".to_owned(),
        ),
    ] {
        let error = ask(path).await.unwrap_err();
        assert!(error.contains(&refusal), "{path}: {error}");
    }
}

#[tokio::test]
async fn a_redirect_to_an_allowed_name_in_a_private_network_is_refused() {
    let inside = serve(Router::new().route("/", get(|| async { "secret" }))).await;
    let port = inside.rsplit(':').next().unwrap().to_owned();
    let target = format!("http://inside.example.com:{port}/");
    let outside =
        serve(Router::new().route("/", get(move || async move { Redirect::to(&target) }))).await;
    let reader = reader_with(
        json!({"backend": {"reading": {"allow": [
            {"host": outside, "allowPrivateAddresses": true},
            {"host": format!("*.example.com:{port}")},
        ]}}}),
        Names::of(&[("inside.example.com", &[&["127.0.0.1"]])]),
    );

    let refusal = text(&reader, &format!("http://{outside}/"))
        .await
        .unwrap_err();

    assert!(
        refusal.contains("is not at an address of the public internet"),
        "{refusal}"
    );
}

#[tokio::test]
async fn answers_that_cannot_be_used_say_why() {
    let router = Router::new()
        .route(
            "/busy",
            get(|| async { (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "7")]) }),
        )
        .route("/broken", get(|| async { StatusCode::BAD_GATEWAY }))
        .route("/closed", get(|| async { StatusCode::FORBIDDEN }))
        .route("/odd", get(|| async { StatusCode::IM_A_TEAPOT }))
        .route("/unasked", get(|| async { StatusCode::NOT_MODIFIED }))
        .route(
            "/packed",
            get(|| async { ([("content-encoding", "gzip")], "x") }),
        )
        .route("/long", get(|| async { vec![b'x'; 17 * 1024 * 1024] }));
    let host = serve(router).await;
    let reader = open(&host);
    let ask = async |path: &str| {
        let url = Url::parse(&format!("http://{host}{path}")).unwrap();
        let error = reader
            .read(ReadRequest {
                url: &url,
                etag: None,
            })
            .await
            .unwrap_err();
        let text = error.to_string().replace(&host, "HOST");
        (text, error.outcome())
    };

    let answers = [
        ask("/absent").await,
        ask("/busy").await,
        ask("/broken").await,
        ask("/closed").await,
        ask("/odd").await,
        ask("/unasked").await,
        ask("/packed").await,
        ask("/long").await,
    ];

    let answers: Vec<String> = answers
        .iter()
        .map(|(text, outcome)| format!("{outcome}: {text}"))
        .collect();
    insta::assert_snapshot!(answers.join("\n"), @r"
    not_found: nothing is there at `http://HOST/absent`: `HOST` answers 404 Not Found
    unavailable: `http://HOST/busy` cannot be read now: `HOST` answers 429 Too Many Requests, and wants 7 seconds of rest
    unavailable: `http://HOST/broken` cannot be read now: `HOST` answers 502 Bad Gateway
    not_allowed: `http://HOST/closed` may not be read: `HOST` answers 403 Forbidden
    invalid: `http://HOST/odd` cannot be read: `HOST` answers 418 I'm a teapot
    invalid: `http://HOST/unasked` cannot be read: `HOST` answers 304 Not Modified
    invalid: `http://HOST/packed` cannot be read: `HOST` packs its answer though it should not
    too_large: `http://HOST/long` is too large: the hub reads at most 16777216 bytes
    ");
}

#[tokio::test]
async fn what_is_no_git_host_has_neither_patterns_nor_folders() {
    let reader = open("example.com");
    let url = Url::parse("https://example.com/*/a.yaml").unwrap();

    let search = reader.search(&url, None).await.unwrap_err();
    let tree = reader
        .read_tree(&url, None, TreeLimits::default())
        .await
        .unwrap_err();

    assert!(
        search
            .to_string()
            .ends_with("patterns are read at Git hosts only")
    );
    assert!(
        tree.to_string()
            .contains("folders are read at Git hosts only")
    );
}

#[tokio::test]
async fn a_search_without_a_pattern_is_one_file_or_none() {
    let host = serve(Router::new().route("/a.yaml", get(|| async { "a" }))).await;
    let reader = open(&host);
    let search = async |path: &str| {
        let url = Url::parse(&format!("http://{host}{path}")).unwrap();
        match reader.search(&url, None).await.unwrap() {
            Search::Found { documents, .. } => documents.len(),
            Search::NotModified => panic!("nothing was known"),
        }
    };

    assert_eq!((search("/a.yaml").await, search("/b.yaml").await), (1, 0));
}
