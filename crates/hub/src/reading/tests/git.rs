//! Git hosts: what they are asked, and with which credentials.

use super::fake::{Asked, Fake};
use super::tarball::Tarball;
use super::*;
use serde_json::json;

fn archive() -> Vec<u8> {
    Tarball::new()
        .folder("r-c0ffee/")
        .file("r-c0ffee/a/catalog-info.yaml", "a")
        .file("r-c0ffee/b/catalog-info.yaml", "b")
        .file("r-c0ffee/README.md", "readme")
        .packed()
}

/// The URL and content of each match, and what tells the state.
async fn search(reader: &Reader, url: &str) -> (Vec<(String, String)>, Option<String>) {
    match reader
        .search(&Url::parse(url).unwrap(), None)
        .await
        .unwrap()
    {
        Search::NotModified => panic!("nothing was known"),
        Search::Found { documents, etag } => {
            let text = |document: Document| {
                let text = String::from_utf8(document.bytes.to_vec()).unwrap();
                (document.url.to_string(), text)
            };
            (documents.into_iter().map(text).collect(), etag)
        }
    }
}

#[tokio::test]
async fn github_is_read_file_by_file_with_its_token() {
    let host = Fake::start().await;
    let path = "/api/v3/repos/o/r/contents/a/c.yaml?ref=main";
    host.answer(path, 200, &[("etag", "W/\"7\"")], "kind: API");
    let reader = host.reader("github", json!({"token": " t0ken "}));
    let url = host.url("/o/r/blob/main/a/c.yaml");

    assert_eq!(text(&reader, &url).await.unwrap(), "kind: API");

    let asked = Asked {
        path: path.to_owned(),
        authorization: Some("Bearer t0ken".to_owned()),
        accept: Some("application/vnd.github.v3.raw".to_owned()),
    };
    assert_eq!(host.asked(), [asked]);
    let url = Url::parse(&url).unwrap();
    let again = ReadRequest {
        url: &url,
        etag: Some("W/\"7\""),
    };
    assert!(matches!(
        reader.read(again).await.unwrap(),
        Read::NotModified
    ));
}

#[tokio::test]
async fn github_is_searched_at_one_commit() {
    let host = Fake::start().await;
    host.on("/api/v3/repos/o/r/commits/main", "c0ffee\n")
        .on("/api/v3/repos/o/r/tarball/c0ffee", archive());
    let reader = host.reader("github", json!({}));
    let url = host.url("/o/r/blob/main/*/catalog-info.yaml");

    let found = search(&reader, &url).await;

    let (a, b) = (
        host.url("/o/r/blob/main/a/catalog-info.yaml"),
        host.url("/o/r/blob/main/b/catalog-info.yaml"),
    );
    let expected = vec![(a, "a".to_owned()), (b, "b".to_owned())];
    assert_eq!(found, (expected, Some("c0ffee".to_owned())));
    assert_eq!(host.authorization(), [None, None]);
    let again = reader
        .search(&Url::parse(&url).unwrap(), Some("c0ffee"))
        .await;
    assert!(matches!(again.unwrap(), Search::NotModified));
    assert_eq!(host.paths(), ["/api/v3/repos/o/r/commits/main"]);
}

#[tokio::test]
async fn a_folder_is_read_relative_to_itself() {
    let host = Fake::start().await;
    host.on("/api/v3/repos/o/r/commits/HEAD", "c0ffee")
        .on("/api/v3/repos/o/r/commits/main", "c0ffee")
        .on("/api/v3/repos/o/r/tarball/c0ffee", archive());
    let reader = host.reader("github", json!({}));
    let paths = async |path: &str| {
        let url = Url::parse(&host.url(path)).unwrap();
        match reader
            .read_tree(&url, None, TreeLimits::default())
            .await
            .unwrap()
        {
            Tree::Found { files, .. } => files.into_iter().map(|file| file.path).collect(),
            Tree::NotModified => Vec::new(),
        }
    };

    let whole = ["README.md", "a/catalog-info.yaml", "b/catalog-info.yaml"];
    assert_eq!(paths("/o/r").await, whole);
    assert_eq!(paths("/o/r/tree/main/a").await, ["catalog-info.yaml"]);
}

#[tokio::test]
async fn credentials_stay_with_the_host_that_they_are_for() {
    let host = Fake::start().await;
    let other = Fake::start().await;
    other.on("/away", "away");
    let back = host.url("/api/v3/back");
    other.answer("/back", 302, &[("location", &back)], "");
    host.answer(
        "/api/v3/repos/o/r/contents/same?ref=m",
        302,
        &[("location", "/api/v3/same")],
        "",
    )
    .on("/api/v3/same", "same")
    .on("/api/v3/back", "back")
    .answer(
        "/api/v3/repos/o/r/contents/away?ref=m",
        302,
        &[("location", &other.url("/away"))],
        "",
    )
    .answer(
        "/api/v3/repos/o/r/contents/back?ref=m",
        302,
        &[("location", &other.url("/back"))],
        "",
    );
    let config = |others: Value| {
        json!({
            "integrations": {"github": [{"host": host.host, "baseUrl": host.url(""), "token": "t"}]},
            "backend": {"reading": {"allow": others}},
        })
    };
    let own = json!({"host": host.host, "paths": ["/none"], "allowPrivateAddresses": true});
    let both = json!([own, {"host": other.host, "allowPrivateAddresses": true}]);
    let reader_of_both = reader(config(both));
    let ask =
        async |file: &str| text(&reader_of_both, &host.url(&format!("/o/r/blob/m/{file}"))).await;
    let shown = || Some("Bearer t".to_owned());

    assert_eq!(ask("same").await.unwrap(), "same");
    assert_eq!(host.authorization(), [shown(), shown()]);
    assert_eq!(ask("away").await.unwrap(), "away");
    assert_eq!(
        (host.authorization(), other.authorization()),
        (vec![shown()], vec![None])
    );
    // Nor are they taken up again by whoever sends the question back.
    assert_eq!(ask("back").await.unwrap(), "back");
    assert_eq!(host.authorization(), [shown(), None]);

    let reader_of_own = reader(config(json!([own])));
    let refusal = text(&reader_of_own, &host.url("/o/r/blob/m/away"))
        .await
        .unwrap_err();
    assert!(
        refusal.contains("is neither a Git host of `integrations`"),
        "{refusal}"
    );
    assert!(!refusal.contains("Bearer"));
}

#[tokio::test]
async fn gitlab_is_read_and_searched() {
    let host = Fake::start().await;
    let project = "/api/v4/projects/g%2Fp/repository";
    host.on(&format!("{project}/files/a%2Fc.yaml/raw?ref=main"), "c")
        .on(
            &format!("{project}/commits?per_page=1&ref_name=main"),
            r#"[{"id":"c0ffee"}]"#,
        )
        .on(&format!("{project}/archive.tar.gz?sha=c0ffee"), archive());
    let reader = host.reader("gitlab", json!({"token": "t"}));

    assert_eq!(
        text(&reader, &host.url("/g/p/-/blob/main/a/c.yaml"))
            .await
            .unwrap(),
        "c"
    );
    let (found, etag) = search(&reader, &host.url("/g/p/-/blob/main/**/catalog-info.yaml")).await;

    let url = host.url("/g/p/-/blob/main/a/catalog-info.yaml");
    assert_eq!(
        (found.len(), &found[0], etag.as_deref()),
        (2, &(url, "a".to_owned()), Some("c0ffee"))
    );
    assert_eq!(host.authorization(), vec![Some("Bearer t".to_owned()); 3]);
}

#[tokio::test]
async fn bitbucket_cloud_is_read_and_searched_also_without_a_branch() {
    let host = Fake::start().await;
    let repository = "/2.0/repositories/w/r";
    host.on(&format!("{repository}/src/main/c.yaml"), "c")
        .on(repository, r#"{"mainbranch":{"name":"main"}}"#)
        .on(
            &format!("{repository}/commits/main?pagelen=1"),
            r#"{"values":[{"hash":"c0ffee"}]}"#,
        )
        .on("/w/r/get/c0ffee.tar.gz", archive());
    let reader = host.reader(
        "bitbucketCloud",
        json!({"username": "alice", "appPassword": "p"}),
    );

    assert_eq!(
        text(&reader, &host.url("/w/r/src/main/c.yaml"))
            .await
            .unwrap(),
        "c"
    );
    let whole = Url::parse(&host.url("/w/r")).unwrap();
    let tree = reader
        .read_tree(&whole, None, TreeLimits::default())
        .await
        .unwrap();

    assert!(matches!(tree, Tree::Found { files, .. } if files.len() == 3));
    assert_eq!(
        host.authorization(),
        vec![Some("Basic YWxpY2U6cA==".to_owned()); 4]
    );
}

#[tokio::test]
async fn bitbucket_server_is_read_and_searched() {
    let host = Fake::start().await;
    let repository = "/rest/api/1.0/projects/K/repos/r";
    host.on(&format!("{repository}/raw/c.yaml?at=dev"), "c")
        .on(
            &format!("{repository}/commits?limit=1&until=dev"),
            r#"{"values":[{"id":"c0ffee"}]}"#,
        )
        .on(
            &format!("{repository}/archive?format=tgz&at=c0ffee&prefix=repository%2F&path=a"),
            archive(),
        );
    let reader = host.reader("bitbucketServer", json!({"token": "t"}));

    let page = host.url("/projects/K/repos/r/browse/c.yaml?at=dev");
    assert_eq!(text(&reader, &page).await.unwrap(), "c");
    let (found, _) = search(
        &reader,
        &host.url("/projects/K/repos/r/browse/a/*.yaml?at=dev"),
    )
    .await;

    let url = host.url("/projects/K/repos/r/browse/a/catalog-info.yaml?at=dev");
    assert_eq!(found, [(url, "a".to_owned())]);
    assert_eq!(host.authorization(), vec![Some("Bearer t".to_owned()); 3]);
}

#[tokio::test]
async fn gitea_is_read_and_searched() {
    let host = Fake::start().await;
    let repository = "/api/v1/repos/o/r";
    host.on(&format!("{repository}/raw/c.yaml?ref=main"), "c")
        .on(
            &format!(
                "{repository}/commits?limit=1&stat=false&verification=false&files=false&sha=main"
            ),
            r#"[{"sha":"c0ffee"}]"#,
        )
        .on(&format!("{repository}/archive/c0ffee.tar.gz"), archive());
    let reader = host.reader("gitea", json!({"password": "p"}));

    assert_eq!(
        text(&reader, &host.url("/o/r/src/branch/main/c.yaml"))
            .await
            .unwrap(),
        "c"
    );
    let (found, _) = search(&reader, &host.url("/o/r/src/branch/main/b/*")).await;

    let url = host.url("/o/r/src/branch/main/b/catalog-info.yaml");
    assert_eq!(found, [(url, "b".to_owned())]);
    assert_eq!(host.authorization(), vec![Some("token p".to_owned()); 3]);
}

#[tokio::test]
async fn azure_is_read_and_searched_from_its_list_of_files() {
    let host = Fake::start().await;
    let repository = "/org/p/_apis/git/repositories/r";
    let version = |kind: &str, name: &str| {
        format!("&versionDescriptor.versionType={kind}&versionDescriptor.version={name}")
    };
    let items = |path: &str, version: &str| {
        format!("{repository}/items?api-version=6.0&path={path}{version}")
    };
    let list = json!({"value": [
        {"path": "/", "gitObjectType": "tree", "isFolder": true},
        {"path": "/a", "gitObjectType": "tree", "isFolder": true},
        {"path": "/a/catalog-info.yaml", "gitObjectType": "blob"},
        {"path": "/b/catalog-info.yaml", "gitObjectType": "blob", "isSymLink": true},
        {"path": "/c/../catalog-info.yaml", "gitObjectType": "blob"},
    ]});
    host.on(&items("%2Fc.yaml", &version("branch", "main")), "c")
        .on(
            &format!("{repository}/commits?api-version=6.0&searchCriteria.%24top=1&searchCriteria.itemVersion.versionType=branch&searchCriteria.itemVersion.version=main"),
            r#"{"value":[{"commitId":"c0ffee"}]}"#,
        )
        .on(
            &format!("{repository}/items?api-version=6.0&recursionLevel=full&scopePath=%2F{}", version("commit", "c0ffee")),
            list.to_string(),
        )
        .on(&items("%2Fa%2Fcatalog-info.yaml", &version("commit", "c0ffee")), "a");
    let credentials = json!({"credentials": [
        {"organizations": ["Org"], "personalAccessToken": "p"},
        {"personalAccessToken": "other"},
    ]});
    let reader = host.reader("azure", credentials);

    let page = |path: &str| host.url(&format!("/org/p/_git/r?path={path}&version=GBmain"));
    assert_eq!(text(&reader, &page("%2Fc.yaml")).await.unwrap(), "c");
    let (found, etag) = search(&reader, &page("%2F*%2Fcatalog-info.yaml")).await;

    assert_eq!(found, [(page("%2Fa%2Fcatalog-info.yaml"), "a".to_owned())]);
    assert_eq!(etag.as_deref(), Some("c0ffee"));
    assert_eq!(host.authorization(), vec![Some("Basic OnA=".to_owned()); 4]);
}

#[tokio::test]
async fn a_host_that_shows_nothing_says_which_credentials_may_help() {
    let host = Fake::start().await;
    let limited = "/api/v3/repos/o/r/contents/limited?ref=m";
    host.answer(limited, 403, &[("x-ratelimit-remaining", "0")], "");
    host.answer("/api/v3/repos/o/r/contents/closed?ref=m", 401, &[], "");
    let with = host.reader("github", json!({"token": "t"}));
    let without = host.reader("github", json!({}));
    let ask = async |reader: &Reader, file: &str| {
        let error = text(reader, &host.url(&format!("/o/r/blob/m/{file}")))
            .await
            .unwrap_err();
        error.replace(&host.host, "HOST")
    };

    let answers = [
        ask(&without, "absent").await,
        ask(&with, "absent").await,
        ask(&with, "closed").await,
        ask(&with, "limited").await,
    ];

    insta::assert_snapshot!(answers.join("\n"), @r"
    nothing is there at `http://HOST/o/r/blob/m/absent`: `HOST` answers 404 Not Found; if it is not public, give credentials for `HOST` in `integrations.github`
    nothing is there at `http://HOST/o/r/blob/m/absent`: `HOST` answers 404 Not Found; if it is there, the credentials of `HOST` in `integrations.github` may not read it
    `http://HOST/o/r/blob/m/closed` may not be read: `HOST` answers 401 Unauthorized; if it is there, the credentials of `HOST` in `integrations.github` may not read it
    `http://HOST/o/r/blob/m/limited` cannot be read now: `HOST` answers 403 Forbidden, and its rate limit is spent
    ");
}

#[tokio::test]
async fn a_private_git_host_needs_an_entry_that_lets_it_be_there() {
    let host = Fake::start().await;
    let entry = json!({"host": host.host, "baseUrl": host.url("")});
    let reader = reader(json!({"integrations": {"gitea": [entry]}}));

    let refusal = text(&reader, &host.url("/o/r/src/branch/main/c.yaml"))
        .await
        .unwrap_err();

    let expected = format!(
        "add `host: {}` with `allowPrivateAddresses: true`",
        host.host
    );
    assert!(refusal.contains(&expected), "{refusal}");
    assert_eq!(host.asked(), []);
}

#[tokio::test]
async fn a_bad_archive_is_refused() {
    let host = Fake::start().await;
    let bad = Tarball::new().file("../x", "x").packed();
    host.on("/api/v3/repos/o/r/commits/HEAD", "c0ffee")
        .on("/api/v3/repos/o/r/tarball/c0ffee", bad);
    let reader = host.reader("github", json!({}));
    let url = Url::parse(&host.url("/o/r")).unwrap();

    let error = reader
        .read_tree(&url, None, TreeLimits::default())
        .await
        .unwrap_err();

    assert!(
        error
            .to_string()
            .ends_with("its archive has the path `../x`, which leads out of it")
    );
}
