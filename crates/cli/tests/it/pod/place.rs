//! A rendered pod in a chroot, and what it finds there.

use callboard_packaging::chart::FOLDER;
use callboard_packaging::containerfile::Containerfile;
use callboard_packaging::helm::{Case, Helm, Rendered};
use callboard_packaging::image::{self, Image};
use callboard_packaging::pod::{Pod, as_root};
use callboard_packaging::workspace_root;
use callboard_testkit::Postgres;
use serde_json::{Value, json};
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const DEADLINE: Duration = Duration::from_secs(60);
pub(super) const INTERVAL: Duration = Duration::from_millis(1);

/// A rendered pod and the database that it finds under the name of the Service.
pub(super) struct Place {
    pub(super) pod: Pod,
    /// The port that has nothing but metrics.
    pub(super) metrics_port: u16,
    folder: TempDir,
}

impl Place {
    /// `database` is the last number of the address that the database gets, one for each test.
    pub(super) fn new(database: u8, values: Value) -> Place {
        let address = Ipv4Addr::new(127, 0, 54, database);
        let metrics_port = free_port();
        let objects = render(with_ports(values, metrics_port));
        serve_database(address, &objects);
        let host = address.to_string();
        Place::of(&objects, metrics_port, &[("rhdh-postgresql", &host)])
    }

    /// A pod that has nobody to ask.
    pub(super) fn alone(values: Value) -> Place {
        let metrics_port = free_port();
        Place::of(&render(with_ports(values, metrics_port)), metrics_port, &[])
    }

    fn of(objects: &[Value], metrics_port: u16, hosts: &[(&str, &str)]) -> Place {
        let folder = TempDir::new().expect("a temporary folder can be made");
        let root = folder.path().join("image");
        let config = unpack(&root);
        let pod = Pod::prepare(
            find(objects, "Deployment", "rhdh-developer-hub"),
            objects,
            &config,
            &root,
            folder.path(),
            hosts,
        )
        .expect("the kubelet could start the pod");
        Place {
            pod,
            metrics_port,
            folder,
        }
    }

    /// Lets the containers run as a user that the image has never heard of.
    pub(super) fn with_user(self, user: u32) -> Place {
        Place {
            pod: self.pod.with_user(user),
            ..self
        }
    }

    /// A file of a volume, as it lies on the node.
    pub(super) fn file(&self, volume: &str, name: &str) -> PathBuf {
        self.folder.path().join("volumes").join(volume).join(name)
    }

    pub(super) fn start(&self) -> Hub {
        let child = self
            .pod
            .command("backstage-backend")
            .expect("the container is described")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the container starts");
        Hub::of(child)
    }

    /// Asks as the probe does, until it is content; gives how long that took.
    pub(super) fn wait_for(&self, probe: &str, hub: &mut Hub) -> Duration {
        let (path, port) = self
            .pod
            .probe("backstage-backend", probe)
            .expect("there is such a probe");
        let begin = Instant::now();
        while !get(port, &path).is_some_and(|answer| answer.starts_with("HTTP/1.1 200")) {
            if let Some(status) = hub.child.try_wait().expect("the process can be asked") {
                panic!("the hub ended with {status}:\n{}", hub.log());
            }
            assert!(begin.elapsed() < DEADLINE, "{path} is not content");
            thread::sleep(INTERVAL);
        }
        begin.elapsed()
    }

    pub(super) fn port(&self) -> u16 {
        let (_, port) = self
            .pod
            .probe("backstage-backend", "readinessProbe")
            .expect("there is such a probe");
        port
    }
}

/// The container with the hub; stopped when dropped.
pub(super) struct Hub {
    child: Child,
    /// Reads what it writes all the time: a hub whose log nobody takes stands still.
    log: Option<JoinHandle<String>>,
}

impl Hub {
    fn of(mut child: Child) -> Hub {
        let log = child.stdout.take().map(|mut output| {
            thread::spawn(move || {
                let mut text = String::new();
                output.read_to_string(&mut text).expect("the log is text");
                text
            })
        });
        Hub { child, log }
    }

    /// Tells it to stop, and gives its status and log when it has.
    pub(super) fn terminate(mut self) -> (Option<i32>, String) {
        self.ask_to_end();
        let log = self.log();
        let status = self.child.wait().expect("the hub can be waited for");
        (status.code(), log)
    }

    /// Tells it to stop, as a kubelet does; it may have ended by itself, then nobody hears.
    pub(super) fn ask_to_end(&self) {
        let _status = as_root("kill")
            .arg(self.child.id().to_string())
            .stderr(Stdio::null())
            .status();
    }

    /// Everything that it writes, to its end.
    fn log(&mut self) -> String {
        let log = self.log.take().map(JoinHandle::join);
        log.map_or_else(String::new, |text| text.expect("the log can be read"))
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            self.ask_to_end();
            let _status = self.child.wait();
        }
    }
}

fn render(values: Value) -> Vec<Value> {
    let rendered = Helm::find()
        .and_then(|helm| helm.render(&workspace_root().join(FOLDER), &[Case::of(values)]))
        .expect("the chart renders");
    match rendered.into_iter().next() {
        Some(Rendered::Manifests { objects, .. }) => objects.into_values().flatten().collect(),
        Some(Rendered::Refusal(why)) => panic!("{why}"),
        None => panic!("one case, one rendering"),
    }
}

fn find<'a>(objects: &'a [Value], kind: &str, name: &str) -> &'a Value {
    objects
        .iter()
        .find(|object| object["kind"] == kind && object["metadata"]["name"] == name)
        .unwrap_or_else(|| panic!("there is no {kind} `{name}`"))
}

/// Lays the file system of the image out and gives its configuration.
#[expect(
    clippy::disallowed_methods,
    reason = "`cargo xtask dist --measure` names the image that it made"
)]
fn unpack(root: &Path) -> Value {
    if let Some(layout) = std::env::var_os("CALLBOARD_IMAGE") {
        let image = Image::open(&PathBuf::from(layout)).expect("the image is whole");
        image.unpack(root).expect("the image can be unpacked");
        return image.config["config"].clone();
    }
    let binary = Path::new(env!("CARGO_BIN_EXE_callboard"));
    image::stage(&workspace_root(), binary, root).expect("the image can be put together");
    for library in libraries(binary) {
        let place = root.join(library.strip_prefix("/").expect("an absolute path"));
        fs::create_dir_all(place.parent().expect("a library is in a folder"))
            .expect("the folder can be written");
        fs::copy(&library, place).expect("the library can be copied");
    }
    let text = fs::read_to_string(workspace_root().join("deploy/image/Containerfile"))
        .expect("the Containerfile is there");
    Containerfile::parse(&text)
        .expect("the Containerfile is understood")
        .config()
}

/// The libraries of the system that a binary of the development profile needs.
fn libraries(binary: &Path) -> Vec<PathBuf> {
    let output = Command::new("ldd")
        .arg(binary)
        .output()
        .expect("`ldd` starts");
    String::from_utf8(output.stdout)
        .expect("`ldd` writes text")
        .split_whitespace()
        .filter(|word| word.starts_with('/'))
        .map(PathBuf::from)
        .collect()
}

/// A PostgreSQL that asks for the password of the Secret, at port 5432 of `address`.
fn serve_database(address: Ipv4Addr, objects: &[Value]) {
    use base64::Engine;
    let secret = &find(objects, "Secret", "rhdh-postgresql")["data"]["postgres-password"];
    let password = base64::engine::general_purpose::STANDARD
        .decode(secret.as_str().expect("the Secret has a password"))
        .expect("a Secret is in base64");
    let password = String::from_utf8(password).expect("the password is text");

    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let url = runtime.block_on(async {
        let postgres = Postgres::own().await;
        let url = postgres.database("pod").await;
        let statements = format!(
            "CREATE ROLE guarded; ALTER ROLE postgres PASSWORD '{password}'; GRANT guarded TO postgres"
        );
        postgres.execute(&url, &statements).await;
        url
    });
    let (_, folder) = url.split_once("host=").expect("the address names a socket");
    let socket = Path::new(folder).join(".s.PGSQL.5432");
    let listener = TcpListener::bind((address, 5432)).expect("the address is free");
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = UnixStream::connect(&socket) else {
                return;
            };
            join(client, server);
        }
    });
}

/// Passes bytes in both directions until either side is done.
fn join(client: TcpStream, server: UnixStream) {
    let mut up = (
        client.try_clone().expect("a socket has a second handle"),
        server.try_clone().expect("a socket has a second handle"),
    );
    let mut down = (server, client);
    thread::spawn(move || {
        // Either side may go away at any time.
        let _bytes = std::io::copy(&mut up.0, &mut up.1);
        let _closed = up.1.shutdown(std::net::Shutdown::Write);
    });
    thread::spawn(move || {
        let _bytes = std::io::copy(&mut down.0, &mut down.1);
        let _closed = down.1.shutdown(std::net::Shutdown::Write);
    });
}

/// The hub listens where no other test does, and ends at once unless the test says otherwise.
fn with_ports(mut values: Value, metrics_port: u16) -> Value {
    let backstage = &mut values["upstream"]["backstage"];
    if backstage["drainSeconds"].is_null() {
        backstage["drainSeconds"] = json!(0);
    }
    backstage["containerPorts"] = json!({"backend": free_port()});
    backstage["appConfig"]["callboard"]["metrics"]["port"] = json!(metrics_port);
    values
}

fn free_port() -> u16 {
    TcpListener::bind("0.0.0.0:0")
        .and_then(|listener| listener.local_addr())
        .expect("a port is free")
        .port()
}

/// The answer to a request; `None` while nobody listens.
pub(super) fn get(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(DEADLINE)).ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}
