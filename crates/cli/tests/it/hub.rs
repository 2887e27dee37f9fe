//! Tests of `callboard login`, `whoami`, `api` and `logout`, against a hub in this process.
#![expect(clippy::unwrap_used, reason = "what is absent here fails the test")]

use crate::program::{stderr, stdout};
use callboard_testkit::{RunningHub, TestHub};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

const CATALOG: &str = "
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: ann}
spec: {memberOf: [ushers]}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: ushers}
spec: {type: team, children: []}
";

/// A hub on which everybody who signs in by the browser is Ann, and a home folder of hers.
struct Stage {
    runtime: Runtime,
    hub: Option<RunningHub>,
    url: String,
    home: TempDir,
    _files: TestFiles,
}

/// The folder of the hub's files, which lives as long as the hub.
struct TestFiles(
    #[expect(dead_code, reason = "removed when it is dropped")] callboard_testkit::TestHubBuilder,
);

impl Stage {
    fn set() -> Stage {
        let runtime = Builder::new_multi_thread().enable_all().build().unwrap();
        let files = TestHub::builder().catalog(CATALOG).config(json!({
            "auth": {"providers": {"guest": {"userEntityRef": "user:default/ann"}}},
            "permission": {"enabled": false},
        }));
        let configured = files.clone();
        let hub = runtime.block_on(RunningHub::start(move |url| {
            let base = json!({"app": {"baseUrl": url}, "backend": {"baseUrl": url}});
            configured.config(base).to_config()
        }));
        Stage {
            url: hub.url(),
            hub: Some(hub),
            runtime,
            home: TempDir::new().unwrap(),
            _files: TestFiles(files),
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_callboard"));
        command
            .args(arguments)
            .current_dir(self.home.path())
            .env("XDG_CONFIG_HOME", self.home.path().join("config"));
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Starts to sign in, and gives the code that the program shows.
    fn begin_login(&self) -> (Child, BufReader<std::process::ChildStderr>, String) {
        let mut child = self
            .command(&["login", &self.url])
            .stderr(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut text = String::new();
        while !text.contains("confirm the code ") || !text.ends_with('\n') {
            let read = said.read_line(&mut text).unwrap();
            assert!(read > 0, "{text}");
        }
        let code = text.split("confirm the code ").nth(1).unwrap();
        let code = code.split_whitespace().next().unwrap().to_owned();
        (child, said, code)
    }

    /// Signs in, and gives what the program said at the end.
    fn login(&self) -> String {
        let (mut child, mut said, code) = self.begin_login();
        self.decide(&code, "approve");
        let mut rest = String::new();
        said.read_to_string(&mut rest).unwrap();
        assert!(child.wait().unwrap().success(), "{rest}");
        rest
    }

    /// Confirms a code in a browser in which Ann is signed in.
    fn decide(&self, code: &str, decision: &str) {
        let page = self.ask("GET", "/", "", "");
        let secret = cookie(&page);
        let form = format!("_csrf={}", csrf(&page));
        let signed_in = self.ask("POST", "/sign-in/guest", &secret, &form);
        let session = cookie(&signed_in);
        let page = self.ask("GET", "/device", &session, "");
        let form = format!("_csrf={}&code={code}&decision={decision}", csrf(&page));
        let answer = self.ask("POST", "/device/decide", &session, &form);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    fn ask(&self, method: &str, path: &str, cookie: &str, form: &str) -> String {
        let address = self.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nCookie: {cookie}\r\n\
             Accept: text/html\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{form}",
            form.len()
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn files(&self) -> Vec<PathBuf> {
        let folder = self.home.path().join("config/callboard");
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
            .map(|found| found.map(|file| file.unwrap().path()).collect())
            .unwrap_or_default();
        files.retain(|file| file.extension().is_some_and(|kind| kind == "json"));
        files
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let hub = self.hub.take().unwrap();
        self.runtime.block_on(hub.stop());
    }
}

fn cookie(answer: &str) -> String {
    let line = answer.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("set-cookie").then_some(value)
    });
    let line = line.unwrap_or_else(|| panic!("no cookie: {answer}"));
    line.split(';').next().unwrap().to_owned()
}

fn csrf(page: &str) -> String {
    let rest = page.split("name=\"_csrf\" value=\"").nth(1);
    let rest = rest.unwrap_or_else(|| panic!("no form: {page}"));
    rest.split('"').next().unwrap().to_owned()
}

#[test]
fn somebody_signs_in_asks_and_signs_out() {
    let stage = Stage::set();

    let said = stage.login();

    assert!(said.contains("as user:default/ann"), "{said}");
    let files = stage.files();
    assert_eq!(files.len(), 1, "{files:?}");
    let mode = std::fs::metadata(&files[0]).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let who = stage.run(&["whoami"]);
    assert_eq!(who.status.code(), Some(0), "{}", stderr(&who));
    assert_eq!(
        stdout(&who),
        format!(
            "user:default/ann at {}/\n  owns as group:default/ushers\n",
            stage.url
        )
    );
    let users = stage.run(&["api", "get", "/api/catalog/entities?filter=kind=user"]);
    let found: Value = serde_json::from_slice(&users.stdout).unwrap();
    assert_eq!(found[0]["metadata"]["name"], "ann");
    let body = r#"{"entityRefs": ["user:default/ann"]}"#;
    let by_refs = stage.run(&[
        "api",
        "post",
        "/api/catalog/entities/by-refs",
        "--data",
        body,
    ]);
    let found: Value = serde_json::from_slice(&by_refs.stdout).unwrap();
    assert_eq!(found["items"][0]["metadata"]["name"], "ann");

    let out = stage.run(&["logout"]);

    assert_eq!(out.status.code(), Some(0), "{}", stderr(&out));
    assert!(stage.files().is_empty());
    let again = stage.run(&["whoami"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(
        stderr(&again).contains("nobody is signed in"),
        "{}",
        stderr(&again)
    );
}

#[test]
fn a_refusal_of_the_hub_is_printed_and_told_by_the_exit_code() {
    let stage = Stage::set();
    stage.login();

    let missing = stage.run(&[
        "api",
        "get",
        "/api/catalog/entities/by-name/user/default/nobody",
    ]);
    let elsewhere = stage.run(&["api", "get", "https://evil.example/api"]);
    let no_json = stage.run(&["api", "post", "/api/catalog/refresh", "--data", "a=1"]);

    assert_eq!(missing.status.code(), Some(1));
    let body: Value = serde_json::from_slice(&missing.stdout).unwrap();
    assert_eq!(body["error"]["name"], "NotFoundError");
    assert!(stderr(&missing).contains("404"), "{}", stderr(&missing));
    assert_eq!(elsewhere.status.code(), Some(2), "{}", stderr(&elsewhere));
    assert_eq!(no_json.status.code(), Some(1));
    assert!(
        stderr(&no_json).contains("`--data` is not JSON"),
        "{}",
        stderr(&no_json)
    );
}

#[test]
fn somebody_who_is_denied_is_told_so() {
    let stage = Stage::set();
    let (mut child, mut said, code) = stage.begin_login();

    stage.decide(&code, "deny");

    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(rest.contains("the request was denied"), "{rest}");
    assert!(stage.files().is_empty());
}

#[test]
fn without_a_hub_nothing_is_asked() {
    let home = TempDir::new().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_callboard"));
        command
            .args(arguments)
            .env("XDG_CONFIG_HOME", home.path())
            .output()
            .unwrap()
    };

    let unknown = run(&["whoami"]);
    let in_the_clear = run(&["login", "http://hub.example.com"]);
    let nobody = run(&["login", "http://127.0.0.1:1"]);

    assert_eq!(unknown.status.code(), Some(2));
    assert!(
        stderr(&unknown).contains("callboard login"),
        "{}",
        stderr(&unknown)
    );
    assert_eq!(in_the_clear.status.code(), Some(2));
    assert_eq!(nobody.status.code(), Some(2));
    assert!(
        stderr(&nobody).contains("does not answer"),
        "{}",
        stderr(&nobody)
    );
}
