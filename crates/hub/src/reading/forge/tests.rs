//! The URL forms of every kind of Git host.

use super::*;
use crate::reading::config;
use callboard_config::Config;
use serde_json::{Value, json};

/// The integrations of a configuration, and with them the public hosts.
fn integrations(section: &Value) -> Vec<Integration> {
    config::read(&Config::from_value(json!({"integrations": section}))).unwrap()
}

fn own_hosts() -> Vec<Integration> {
    integrations(&json!({
        "github": [
            {"host": "ghe.example.com", "token": "t"},
            {"host": "github.com"},
        ],
        "gitlab": [{"host": "git.example.com", "baseUrl": "https://git.example.com/lab/"}],
        "bitbucketServer": [{"host": "stash.example.com"}],
        "gitea": [{"host": "tea.example.com"}],
        "azure": [{"host": "theatre.visualstudio.com"}],
    }))
}

/// `owner|name|reference|path`, or why there is none.
fn place(url: &str) -> String {
    let hosts = own_hosts();
    let url = Url::parse(url).unwrap();
    let at = hosts.iter().find(|at| at.has(&url)).unwrap();
    match at.forge.place(at, &url) {
        Ok(place) => {
            let reference = place.reference.as_deref().unwrap_or("-");
            format!("{}|{}|{reference}|{}", place.owner, place.name, place.path)
        }
        Err(error) => error,
    }
}

fn propose(url: &str) -> Option<String> {
    let hosts = own_hosts();
    let url = Url::parse(url).unwrap();
    let at = hosts.iter().find(|at| at.has(&url)).unwrap();
    let place = at.forge.place(at, &url).unwrap();
    let form = at.forge.propose(at, &place, ("c.yaml", "a: &b\n"))?;
    Some(form.to_string())
}

#[test]
fn a_new_file_is_proposed_where_the_host_fills_in_its_form() {
    assert_eq!(
        propose("https://github.com/o/r").unwrap(),
        "https://github.com/o/r/new/HEAD?filename=c.yaml&value=a%3A+%26b%0A"
    );
    assert_eq!(
        propose("https://tea.example.com/o/r/src/branch/main/c.yaml").unwrap(),
        "https://tea.example.com/o/r/_new/main/?filename=c.yaml&value=a%3A+%26b%0A"
    );
    assert_eq!(propose("https://tea.example.com/o/r"), None);
    assert_eq!(propose("https://gitlab.com/g/p"), None);
}

/// The questions for the file, the commit, and all files of commit `c0ffee`.
fn questions(url: &str) -> [String; 3] {
    let hosts = own_hosts();
    let url = Url::parse(url).unwrap();
    let at = hosts.iter().find(|at| at.has(&url)).unwrap();
    let place = at.forge.place(at, &url).unwrap();
    let files = match at.forge.files(at, &place, "c0ffee") {
        Files::Archive(question) | Files::List(question) => question,
    };
    let access = match at.authorization(&place.owner) {
        Some(_) => Access::Authorized,
        None => Access::Anonymous,
    };
    let questions = [
        at.forge.file(at, &place, access),
        at.forge.commit(at, &place).0,
        files,
    ];
    questions.map(|question| question.url.to_string())
}

fn edit(url: &str) -> String {
    let hosts = own_hosts();
    let url = Url::parse(url).unwrap();
    let at = hosts.iter().find(|at| at.has(&url)).unwrap();
    let place = at.forge.place(at, &url).unwrap();
    at.forge.edit(at, &url, &place).unwrap().to_string()
}

#[test]
fn pages_of_github_name_a_place() {
    for kind in ["blob", "tree", "edit", "raw"] {
        assert_eq!(
            place(&format!("https://github.com/o/r/{kind}/main/a%20b/c.yaml")),
            "o|r|main|a b/c.yaml"
        );
    }
    assert_eq!(place("https://github.com/o/r.git"), "o|r|-|");
    assert_eq!(place("https://github.com/o/r/"), "o|r|-|");
    assert_eq!(
        place("https://github.com/o/r/blob/feature%2Fx/c.yaml#L3"),
        "o|r|feature/x|c.yaml"
    );
    let form = "at GitHub it must be like `/<owner>/<repository>/blob/<branch>/<path>`";
    for other in ["o", "o/r/issues/1", "o/r/blob"] {
        assert_eq!(place(&format!("https://github.com/{other}")), form);
    }
}

#[test]
fn github_is_asked_for_raw_files_or_through_its_interface() {
    assert_eq!(
        questions("https://github.com/o/r/blob/feature%2Fx/a/c d.yaml"),
        [
            "https://raw.githubusercontent.com/o/r/feature%2Fx/a/c%20d.yaml",
            "https://api.github.com/repos/o/r/commits/feature%2Fx",
            "https://api.github.com/repos/o/r/tarball/c0ffee",
        ]
    );
    assert_eq!(
        questions("https://ghe.example.com/o/r/tree/a&b/c.yaml"),
        [
            "https://ghe.example.com/api/v3/repos/o/r/contents/c.yaml?ref=a%26b",
            "https://ghe.example.com/api/v3/repos/o/r/commits/a&b",
            "https://ghe.example.com/api/v3/repos/o/r/tarball/c0ffee",
        ]
    );
    assert_eq!(
        edit("https://github.com/o/r/blob/main/c.yaml"),
        "https://github.com/o/r/edit/main/c.yaml"
    );
}

#[test]
fn pages_of_gitlab_name_a_place() {
    assert_eq!(
        place("https://gitlab.com/g/sub/p/-/blob/main/a/c.yaml"),
        "g/sub|p|main|a/c.yaml"
    );
    assert_eq!(
        place("https://gitlab.com/g/p/-/raw/main/c.yaml"),
        "g|p|main|c.yaml"
    );
    assert_eq!(
        place("https://gitlab.com/g/p/blob/main/blob/c.yaml"),
        "g|p|main|blob/c.yaml"
    );
    assert_eq!(place("https://gitlab.com/g/p"), "g|p|-|");
    assert_eq!(
        place("https://git.example.com/lab/g/p/-/tree/v1/a"),
        "g|p|v1|a"
    );
    assert_eq!(
        place("https://git.example.com/g/p/-/tree/v1/a"),
        "its path does not begin with `/lab/`"
    );
    let form = "at GitLab it must be like `/<group>/<project>/-/blob/<branch>/<path>`";
    for other in ["p", "g/p/-/issues/1", "p/-/blob/main/x"] {
        assert_eq!(place(&format!("https://gitlab.com/{other}")), form);
    }
}

#[test]
fn gitlab_is_asked_through_its_interface() {
    assert_eq!(
        questions("https://gitlab.com/g/sub/p/-/blob/main/a/c.yaml"),
        [
            "https://gitlab.com/api/v4/projects/g%2Fsub%2Fp/repository/files/a%2Fc.yaml/raw?ref=main",
            "https://gitlab.com/api/v4/projects/g%2Fsub%2Fp/repository/commits?per_page=1&ref_name=main&path=a%2Fc.yaml",
            "https://gitlab.com/api/v4/projects/g%2Fsub%2Fp/repository/archive.tar.gz?sha=c0ffee&path=a%2Fc.yaml",
        ]
    );
    assert_eq!(
        questions("https://git.example.com/lab/g/p/-/blob/main/c.yaml")[0],
        "https://git.example.com/lab/api/v4/projects/g%2Fp/repository/files/c.yaml/raw?ref=main"
    );
    assert_eq!(
        edit("https://gitlab.com/g/p/-/blob/main/c.yaml"),
        "https://gitlab.com/g/p/-/edit/main/c.yaml"
    );
}

#[test]
fn bitbucket_cloud_is_asked_through_its_interface() {
    assert_eq!(
        place("https://bitbucket.org/w/r/src/main/a/c.yaml"),
        "w|r|main|a/c.yaml"
    );
    assert_eq!(
        place("https://bitbucket.org/w/r/raw/main/c.yaml"),
        "w|r|main|c.yaml"
    );
    assert_eq!(place("https://bitbucket.org/w/r/src"), "w|r|-|");
    assert_eq!(
        place("https://bitbucket.org/w/r/issues/1"),
        "at Bitbucket it must be like `/<workspace>/<repository>/src/<branch>/<path>`"
    );
    assert_eq!(
        questions("https://bitbucket.org/w/r/src/main/a/c.yaml"),
        [
            "https://api.bitbucket.org/2.0/repositories/w/r/src/main/a/c.yaml",
            "https://api.bitbucket.org/2.0/repositories/w/r/commits/main?pagelen=1",
            "https://bitbucket.org/w/r/get/c0ffee.tar.gz",
        ]
    );
    assert_eq!(
        edit("https://bitbucket.org/w/r/src/main/c.yaml"),
        "https://bitbucket.org/w/r/src/main/c.yaml?mode=edit&at=main"
    );
}

#[test]
fn bitbucket_server_is_asked_through_its_interface() {
    let page = "https://stash.example.com/projects/K/repos/r/browse/a/c.yaml?at=refs%2Fheads%2Fx";

    assert_eq!(place(page), "K|r|refs/heads/x|a/c.yaml");
    assert_eq!(
        place("https://stash.example.com/users/alice/repos/r/raw/c.yaml"),
        "~alice|r|-|c.yaml"
    );
    assert_eq!(
        questions(page),
        [
            "https://stash.example.com/rest/api/1.0/projects/K/repos/r/raw/a/c.yaml?at=refs%2Fheads%2Fx",
            "https://stash.example.com/rest/api/1.0/projects/K/repos/r/commits?limit=1&until=refs%2Fheads%2Fx",
            "https://stash.example.com/rest/api/1.0/projects/K/repos/r/archive?format=tgz&at=c0ffee&prefix=repository%2F&path=a%2Fc.yaml",
        ]
    );
    assert_eq!(
        edit(page),
        "https://stash.example.com/projects/K/repos/r/browse/a/c.yaml"
    );
}

#[test]
fn gitea_is_asked_through_its_interface() {
    for page in [
        "src/branch/main",
        "raw/tag/main",
        "src/commit/main",
        "_edit/main",
    ] {
        assert_eq!(
            place(&format!("https://tea.example.com/o/r/{page}/a/c.yaml")),
            "o|r|main|a/c.yaml"
        );
    }
    assert_eq!(
        questions("https://gitea.com/o/r/src/branch/main/a/c.yaml"),
        [
            "https://gitea.com/api/v1/repos/o/r/raw/a/c.yaml?ref=main",
            "https://gitea.com/api/v1/repos/o/r/commits?limit=1&stat=false&verification=false&files=false&sha=main",
            "https://gitea.com/api/v1/repos/o/r/archive/c0ffee.tar.gz",
        ]
    );
    assert_eq!(
        edit("https://tea.example.com/o/r/src/branch/main/c.yaml"),
        "https://tea.example.com/o/r/_edit/main/c.yaml"
    );
}

#[test]
fn azure_is_asked_through_its_interface() {
    let page = "https://dev.azure.com/org/my%20project/_git/r?path=%2Fa%2Fc.yaml&version=GBmain";

    assert_eq!(place(page), "org/my project|r|GBmain|a/c.yaml");
    assert_eq!(place("https://dev.azure.com/org/_git/r"), "org/r|r|-|");
    assert_eq!(
        place("https://theatre.visualstudio.com/p/_git/r?path=/c.yaml"),
        "theatre/p|r|-|c.yaml"
    );
    assert_eq!(
        place("https://dev.azure.com/org/p/_git/r?path=/c.yaml&version=xy"),
        "its `version` must begin with `GB`, `GT` or `GC`, for a branch, a tag or a commit"
    );
    assert_eq!(
        questions(page),
        [
            "https://dev.azure.com/org/my%20project/_apis/git/repositories/r/items?api-version=6.0&path=%2Fa%2Fc.yaml&versionDescriptor.versionType=branch&versionDescriptor.version=main",
            "https://dev.azure.com/org/my%20project/_apis/git/repositories/r/commits?api-version=6.0&searchCriteria.%24top=1&searchCriteria.itemVersion.versionType=branch&searchCriteria.itemVersion.version=main",
            "https://dev.azure.com/org/my%20project/_apis/git/repositories/r/items?api-version=6.0&recursionLevel=full&scopePath=%2Fa%2Fc.yaml&versionDescriptor.versionType=commit&versionDescriptor.version=c0ffee",
        ]
    );
    assert_eq!(
        questions("https://theatre.visualstudio.com/p/_git/r?path=/c.yaml")[0],
        "https://theatre.visualstudio.com/p/_apis/git/repositories/r/items?api-version=6.0&path=%2Fc.yaml"
    );
}

#[test]
fn paths_that_lead_upwards_are_refused_however_they_are_written() {
    let upwards = "its path leads upwards";

    for path in [
        "..%2F..%2Fother",
        "a%2F%2e%2E%2Fb",
        "%252e%252e%252Fb",
        "a%5C..%5Cb",
        "%25252e%25252e",
    ] {
        for page in [
            "https://github.com/o/r/blob/main",
            "https://gitlab.com/g/p/-/blob/main",
            "https://bitbucket.org/w/r/src/main",
            "https://stash.example.com/projects/K/repos/r/browse",
            "https://tea.example.com/o/r/src/branch/main",
            "https://dev.azure.com/org/p/_git/r?path=",
        ] {
            assert_eq!(place(&format!("{page}/{path}")), upwards, "{page}/{path}");
        }
    }
}
