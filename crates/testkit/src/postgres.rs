//! A throw-away PostgreSQL cluster.

use crate::Authority;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Where Debian keeps the programs of the server, one folder for each major version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// Who runs the server when the tests run as root, whom it refuses.
const ACCOUNT: &str = "postgres";

/// How long a server may take to answer for the first time, on a machine with much to do.
const START_DEADLINE: Duration = Duration::from_secs(60);

/// How often to ask whether it does.
const START_INTERVAL: Duration = Duration::from_millis(10);

/// Runs the server until its standard input ends, then stops it and removes its folder; a line of
/// input starts the server again that somebody else has stopped.
///
/// A test process that panics, is killed or simply ends lets go of the pipe, whatever it had in
/// mind; nothing in it has to run for that.
const KEEPER: &str = r#"
    folder=$1
    shift
    "$@" &
    server=$!
    while read -r _
    do
        wait "$server"
        "$@" &
        server=$!
    done
    kill -QUIT "$server"
    wait "$server"
    rm -rf "$folder"
"#;

/// What every server is told, beside where its files are.
const SETTINGS: &[&str] = &[
    // A killed process has given to the operating system what it wrote, and that is not killed.
    "fsync=off",
    "max_connections=200",
    "shared_buffers=16MB",
];

/// Who is let in where connections are encrypted: over the network nobody who is not, as at
/// Amazon RDS, and members of `guarded` by their password.
const ENCRYPTED_RULES: &str = "\
local   all all trust
hostssl all +guarded all scram-sha-256
hostssl all all all trust
";

/// A PostgreSQL cluster of this test process, on a Unix socket, durable to nothing.
///
/// The first call of [`Postgres::start`] starts it (some 0.2 s, once the files of an empty
/// cluster were made), the others share it, and it goes with the process, even when that is
/// killed. Each test takes databases of its own from it:
///
/// ```no_run
/// # async fn example() {
/// use callboard_testkit::Postgres;
///
/// let postgres = Postgres::start().await;
/// let url = postgres.database("hub").await;
/// postgres.execute(&url, "CREATE TABLE t (n int); INSERT INTO t VALUES (42)").await;
/// assert_eq!(postgres.query(&url, "SELECT n FROM t").await, "42");
/// # }
/// ```
///
/// Everybody who comes over the socket is let in as whom they say they are, `postgres` being the
/// administrator. Only members of the role `guarded` have to give their password:
/// `CREATE ROLE guarded; CREATE ROLE hub LOGIN PASSWORD 'secret' IN ROLE guarded`.
#[derive(Debug, Clone, Copy)]
pub struct Postgres {
    cluster: &'static Cluster,
}

impl Postgres {
    /// The cluster of this process, started if it is not.
    ///
    /// # Panics
    ///
    /// When PostgreSQL is not installed or does not start.
    pub async fn start() -> Postgres {
        static CLUSTER: OnceLock<Cluster> = OnceLock::new();
        blocking(|| Postgres {
            cluster: CLUSTER.get_or_init(|| {
                Cluster::start(&[
                    "listen_addresses=",
                    "synchronous_commit=off",
                    "full_page_writes=off",
                ])
            }),
        })
        .await
    }

    /// A cluster of the caller's own, which may be stopped and killed; what it has said to be
    /// committed is there afterwards. It goes with the process.
    ///
    /// # Panics
    ///
    /// As [`Postgres::start`].
    pub async fn own() -> Postgres {
        Postgres::own_with(&["listen_addresses="]).await
    }

    /// A cluster of the caller's own that listens on the loopback interface, where it lets in only
    /// who encrypts; [`Postgres::tcp_address`] is where.
    ///
    /// `authority` vouches for it, by the name `localhost`, and for clients that come with a
    /// certificate.
    ///
    /// # Panics
    ///
    /// As [`Postgres::start`].
    pub async fn own_with_tls(authority: &Authority) -> Postgres {
        let pair = authority.vouch_for("localhost");
        let folder =
            TempDir::with_prefix("callboard-tls-").expect("a temporary folder can be made");
        let account = Account::of_server();
        account.own(folder.path());
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).expect("the folder can be written");
            // Others must not read the key, or the server refuses it.
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600))
                .expect("the file is ours");
            account.own(&path);
            path.display().to_string()
        };
        let settings = [
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={}", free_port()),
            "ssl=on".to_owned(),
            format!("ssl_cert_file={}", write("server.crt", &pair.certificate)),
            format!("ssl_key_file={}", write("server.key", &pair.key)),
            format!("ssl_ca_file={}", write("clients.crt", authority.pem())),
            format!("hba_file={}", write("hba.conf", ENCRYPTED_RULES)),
        ];
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        // The server has read all of them by the time that it answers.
        Postgres::own_with(&settings).await
    }

    async fn own_with(settings: &[&str]) -> Postgres {
        let settings: Vec<String> = settings.iter().map(|&text| text.to_owned()).collect();
        blocking(move || {
            let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
            // As long as the process, like the shared one: its folder goes with the pipe.
            let cluster = Box::leak(Box::new(Cluster::start(&settings)));
            Postgres { cluster }
        })
        .await
    }

    /// Host and port of a cluster that listens on the loopback interface.
    ///
    /// # Panics
    ///
    /// When it does not.
    pub fn tcp_address(&self) -> String {
        let port = self.cluster.port.expect("the cluster has a port");
        format!("127.0.0.1:{port}")
    }

    /// Stops the server in an orderly way, without waiting for those who are connected. Only for
    /// a cluster of one's own.
    ///
    /// # Panics
    ///
    /// When it does not stop.
    pub async fn stop(&self) {
        let cluster = self.cluster;
        blocking(move || cluster.end("-INT", |server| vec![server])).await;
    }

    /// Kills every process of the server at once, as a power cut would. Only for a cluster of
    /// one's own.
    ///
    /// # Panics
    ///
    /// When it cannot be killed.
    pub async fn kill(&self) {
        let cluster = self.cluster;
        let all = |server| {
            // One that sees its children die starts others, which outlive it and go on writing.
            hold(server);
            children_of(server).into_iter().chain([server]).collect()
        };
        blocking(move || cluster.end("-KILL", all)).await;
    }

    /// Starts the server again after [`Postgres::stop`] or [`Postgres::kill`], and waits until it
    /// answers.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub async fn start_again(&self) {
        let cluster = self.cluster;
        blocking(move || cluster.start_again()).await;
    }

    /// Lets every connection to the database at `url` hang without an end, as a network does that
    /// drops packets; new ones are served. Only for a cluster of one's own.
    ///
    /// # Panics
    ///
    /// When the server refuses.
    pub async fn freeze(&self, url: &str) {
        let connections = "SELECT pid FROM pg_stat_activity
                           WHERE datname = current_database() AND pid <> pg_backend_pid()";
        for process in self.query(url, connections).await.lines() {
            let process = process.to_owned();
            blocking(move || run(Command::new("kill").args(["-STOP", &process]))).await;
        }
    }

    /// Cuts every connection to the database at `url`, those of psql itself excepted.
    ///
    /// # Panics
    ///
    /// When the server refuses.
    pub async fn cut(&self, url: &str) {
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        self.execute(url, cut).await;
    }

    /// Makes an empty database and gives its address, `postgres://postgres@localhost/…`.
    ///
    /// Its name begins with `name` and is used by no other test of this process.
    ///
    /// # Panics
    ///
    /// When the server refuses.
    pub async fn database(&self, name: &str) -> String {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("{name}_{number}");
        let maintenance = self.cluster.url("postgres");
        self.execute(&maintenance, &format!("CREATE DATABASE \"{name}\""))
            .await;
        self.cluster.url(&name)
    }

    /// Runs statements on the database at `url`.
    ///
    /// # Panics
    ///
    /// When one fails; those before it stay.
    pub async fn execute(&self, url: &str, sql: &str) {
        self.query(url, sql).await;
    }

    /// Runs statements and gives their rows: one a line, columns parted by `|`.
    ///
    /// # Panics
    ///
    /// As [`Postgres::execute`].
    pub async fn query(&self, url: &str, sql: &str) -> String {
        let (cluster, url, sql) = (self.cluster, url.to_owned(), sql.to_owned());
        blocking(move || {
            cluster
                .psql(&url, &sql)
                .unwrap_or_else(|error| panic!("{error}"))
        })
        .await
    }
}

/// A running server and its folder, which holds data, log and socket.
#[derive(Debug)]
struct Cluster {
    programs: Programs,
    folder: PathBuf,
    /// Where it listens beside its socket; absent when it does not.
    port: Option<u16>,
    keeper: Mutex<(Child, Option<ChildStdin>)>,
}

impl Cluster {
    fn start(settings: &[&str]) -> Cluster {
        let programs = Programs::find();
        let account = Account::of_server();
        let template = Template::new(&programs, &account);
        // A socket's path must be short, so this is not the folder of the build.
        let folder = TempDir::with_prefix("callboard-pg-").expect("a temporary folder can be made");
        account.own(folder.path());
        template.copy_to(&folder.path().join("data"));

        // From here on the keeper removes the folder.
        let folder = folder.keep();
        let log = File::options()
            .create(true)
            // What is emptied later is written from its beginning again.
            .append(true)
            .open(folder.join("log"))
            .expect("the log can be made");
        let mut server = account.command(&programs.path("postgres"));
        server
            .arg("-D")
            .arg(folder.join("data"))
            .arg("-k")
            .arg(&folder);
        for setting in SETTINGS.iter().chain(settings) {
            server.args(["-c", setting]);
        }
        let port = settings
            .iter()
            .find_map(|setting| setting.strip_prefix("port="));
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER, "keeper"])
            .arg(&folder)
            .arg(server.get_program())
            .args(server.get_args())
            // Ctrl-C and a runner's deadline end the test process only, and by that the pipe.
            .process_group(0)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(log.try_clone().expect("a file has a second handle"))
            .stderr(log)
            .spawn()
            .expect("`sh` starts");
        let pipe = keeper.stdin.take();
        let cluster = Cluster {
            programs,
            folder,
            port: port.map(|port| port.parse().expect("a port is a number")),
            keeper: Mutex::new((keeper, pipe)),
        };
        cluster.wait_until_ready();
        cluster
    }

    fn wait_until_ready(&self) {
        let begin = Instant::now();
        let url = self.url("postgres");
        while let Err(error) = self.psql(&url, "SELECT 1") {
            let log = || fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(
                begin.elapsed() < START_DEADLINE,
                "PostgreSQL does not answer: {error}\n{}",
                log()
            );
            assert!(!self.has_ended(), "PostgreSQL did not start\n{}", log());
            std::thread::sleep(START_INTERVAL);
        }
    }

    fn has_ended(&self) -> bool {
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        // Those who come while it starts are told so with a word of the same weight.
        let is_fatal = |line: &str| line.contains("FATAL") && !line.contains("the database system");
        self.server().is_none() && log.lines().any(is_fatal)
    }

    /// The process id of the server; `None` when there is none.
    fn server(&self) -> Option<u32> {
        let file = fs::read_to_string(self.folder.join("data/postmaster.pid")).ok()?;
        file.lines().next()?.trim().parse().ok()
    }

    /// Sends a signal to the processes that `chosen` gives for the server, all at once, and waits
    /// until they are gone.
    fn end(&self, signal: &str, chosen: impl FnOnce(u32) -> Vec<u32>) {
        let server = self.server().expect("the server runs");
        let processes = chosen(server);
        // One that ended by itself meanwhile is no fault.
        let _sent = Command::new("kill")
            .arg(signal)
            .args(processes.iter().map(u32::to_string))
            .stderr(Stdio::null())
            .status();
        let is_running = |process: &u32| state_of(*process).is_some_and(|state| state != 'Z');
        wait("PostgreSQL does not stop", || {
            !processes.iter().any(is_running)
        });
    }

    fn start_again(&self) {
        // What a killed server left is of no meaning, and hides that the next one fails.
        let _left = fs::remove_file(self.folder.join("data/postmaster.pid"));
        // FATAL lines of the server before say nothing of this one.
        fs::write(self.folder.join("log"), "").expect("the log can be written");
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        let pipe = keeper.1.as_mut().expect("the pipe is open until the end");
        writeln!(pipe).expect("the keeper listens");
        drop(keeper);
        self.wait_until_ready();
    }

    fn url(&self, database: &str) -> String {
        let folder = self.folder.display();
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("postgres://{ACCOUNT}@localhost{port}/{database}?host={folder}")
    }

    fn psql(&self, url: &str, sql: &str) -> Result<String, String> {
        let mut psql = Command::new(self.programs.path("psql"))
            .args(["--no-psqlrc", "--quiet", "--no-align", "--tuples-only"])
            .args(["--set=ON_ERROR_STOP=1", "--file=-"])
            .arg(url)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("`psql` starts");
        let mut input = psql.stdin.take().expect("standard input is piped");
        // It may end before it has read everything; its status says why.
        let _unread = input.write_all(sql.as_bytes());
        drop(input);
        let output = psql.wait_with_output().expect("`psql` ends");
        if !output.status.success() {
            let reason = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{}\nin: {sql}", reason.trim_end()));
        }
        let rows = String::from_utf8_lossy(&output.stdout);
        Ok(rows.trim_end_matches('\n').to_owned())
    }
}

impl Drop for Cluster {
    /// A cluster in a static is never dropped, and needs not be: see [`KEEPER`].
    fn drop(&mut self) {
        let (keeper, pipe) = self
            .keeper
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        drop(pipe.take());
        let _ended = keeper.wait();
    }
}

/// The programs of one version of PostgreSQL.
#[derive(Debug)]
struct Programs {
    /// Absent when they are found by the search path.
    folder: Option<PathBuf>,
}

impl Programs {
    /// The newest version that is installed as Debian does it, else that of the search path.
    fn find() -> Programs {
        let versions = fs::read_dir(DEBIAN).into_iter().flatten().flatten();
        let installed = versions.filter_map(|version| {
            let number: u32 = version.file_name().to_str()?.parse().ok()?;
            let folder = version.path().join("bin");
            folder.join("initdb").exists().then_some((number, folder))
        });
        Programs {
            folder: installed.max().map(|(_, folder)| folder),
        }
    }

    fn path(&self, program: &str) -> PathBuf {
        match &self.folder {
            Some(folder) => folder.join(program),
            None => program.into(),
        }
    }

    /// Such as `15.18`.
    fn version(&self) -> String {
        let output = Command::new(self.path("postgres"))
            .arg("--version")
            .output();
        let output = output.unwrap_or_else(|error| {
            panic!("PostgreSQL is not installed (`cargo xtask test` installs it): {error}")
        });
        let text = String::from_utf8_lossy(&output.stdout);
        let version = text.split_whitespace().nth(2);
        version.expect("`postgres` says its version").to_owned()
    }
}

/// Who runs the server.
#[derive(Debug)]
enum Account {
    /// Whoever runs the tests.
    Own,
    /// [`ACCOUNT`], as the tests run as root.
    Server { uid: u32, gid: u32 },
}

impl Account {
    fn of_server() -> Account {
        let process = fs::metadata("/proc/self").expect("the process has a folder");
        if process.uid() != 0 {
            return Account::Own;
        }
        let id = |option| {
            let output = Command::new("id").args([option, ACCOUNT]).output();
            let output = output.expect("`id` starts").stdout;
            let text = String::from_utf8_lossy(&output);
            text.trim().parse().unwrap_or_else(|_| {
                panic!("PostgreSQL refuses root, and there is no account `{ACCOUNT}` to run it")
            })
        };
        Account::Server {
            uid: id("-u"),
            gid: id("-g"),
        }
    }

    /// Makes `path` the account's.
    fn own(&self, path: &Path) {
        if let Account::Server { uid, gid } = self {
            chown(path, Some(*uid), Some(*gid)).expect("root may give files away");
        }
    }

    /// A command that the account runs, with the id of the process that is started.
    fn command(&self, program: &Path) -> Command {
        let mut command = match self {
            Account::Own => return Command::new(program),
            Account::Server { .. } => Command::new("setpriv"),
        };
        command
            .args([
                "--reuid",
                ACCOUNT,
                "--regid",
                ACCOUNT,
                "--init-groups",
                "--",
            ])
            .arg(program);
        command
    }

    fn name(&self) -> &'static str {
        match self {
            Account::Own => "own",
            Account::Server { .. } => ACCOUNT,
        }
    }
}

/// The files of an empty cluster, made once for all test processes.
struct Template {
    path: PathBuf,
}

impl Template {
    fn new(programs: &Programs, account: &Account) -> Template {
        let cache = cache();
        fs::create_dir_all(&cache).expect("the folder of the build can be written");
        let name = format!("postgres-{}-{}", programs.version(), account.name());
        let template = Template {
            path: cache.join(&name),
        };
        let lock = File::create(cache.join(format!("{name}.lock"))).expect("a lock can be made");
        lock.lock().expect("a lock can be taken");
        if !template.path.exists() {
            template.make(programs, account);
        }
        template
    }

    fn make(&self, programs: &Programs, account: &Account) {
        // The account may have no way into the folder of the build.
        let folder = TempDir::new().expect("a temporary folder can be made");
        account.own(folder.path());
        let data = folder.path().join("data");
        let mut initdb = account.command(&programs.path("initdb"));
        initdb
            .arg("-D")
            .arg(&data)
            .args(["--username", ACCOUNT, "--auth=trust", "--no-sync"])
            .args(["--locale=C", "--encoding=UTF8", "--wal-segsize=1"])
            .current_dir("/");
        run(&mut initdb);
        let rules = data.join("pg_hba.conf");
        let rest = fs::read_to_string(&rules).expect("a cluster has its rules");
        let guarded = "local all +guarded scram-sha-256\n";
        fs::write(&rules, format!("{guarded}{rest}")).expect("the rules can be written");

        // A copy that was cut short is never taken for the whole.
        let mut unfinished = self.path.clone().into_os_string();
        unfinished.push(".new");
        match fs::remove_dir_all(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => panic!("{error}"),
            _ => {}
        }
        copy(&data, unfinished.as_ref());
        fs::rename(&unfinished, &self.path).expect("a folder can be renamed");
    }

    fn copy_to(&self, data: &Path) {
        copy(&self.path, data);
    }
}

/// `tmp` in the folder of the build, which cargo marks; else that of the system.
fn cache() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    let build = program
        .ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").exists());
    match build {
        Some(folder) => folder.join("tmp"),
        None => std::env::temp_dir(),
    }
}

/// Copies a folder with its owners and modes.
fn copy(from: &Path, to: &Path) {
    run(Command::new("cp").arg("-a").arg(from).arg(to));
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let reason = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {reason}");
}

fn free_port() -> u16 {
    let free = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
    let address = free.local_addr().expect("a bound listener has an address");
    address.port()
}

/// Keeps a process from doing anything more, until it is killed.
fn hold(process: u32) {
    run(Command::new("kill").args(["-STOP", &process.to_string()]));
    wait("PostgreSQL cannot be held", || {
        state_of(process).is_none_or(|state| state == 'T')
    });
}

/// What a process is doing, in the letters of the kernel: `T` is held, and `Z` waits for its
/// parent and does nothing else. `None` when there is no such process.
fn state_of(process: u32) -> Option<char> {
    let status = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name before it may have spaces and brackets of its own.
    let (_, rest) = status.rsplit_once(") ")?;
    rest.chars().next()
}

fn wait(complaint: &str, holds: impl Fn() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < START_DEADLINE, "{complaint}");
        std::thread::sleep(START_INTERVAL);
    }
}

/// The processes that a process has started and that still run.
fn children_of(process: u32) -> Vec<u32> {
    let path = format!("/proc/{process}/task/{process}/children");
    let children = fs::read_to_string(path).unwrap_or_default();
    children
        .split_whitespace()
        .filter_map(|child| child.parse().ok())
        .collect()
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn databases_of_one_cluster_know_nothing_of_each_other() {
        let postgres = Postgres::start().await;
        let one = postgres.database("one").await;
        let other = postgres.database("one").await;

        postgres.execute(&one, "CREATE TABLE t (n int)").await;
        postgres
            .execute(&other, "CREATE TABLE t (n int, m int)")
            .await;
        postgres
            .execute(&one, "INSERT INTO t VALUES (1), (2)")
            .await;

        assert_eq!(
            postgres.query(&one, "SELECT n FROM t ORDER BY n").await,
            "1\n2"
        );
        assert_eq!(postgres.query(&other, "SELECT count(*) FROM t").await, "0");
    }

    #[tokio::test]
    async fn what_was_committed_outlives_a_stop_and_a_kill() {
        let postgres = Postgres::own().await;
        let url = postgres.database("own").await;
        postgres.execute(&url, "CREATE TABLE t (n int)").await;

        postgres.execute(&url, "INSERT INTO t VALUES (1)").await;
        postgres.stop().await;
        postgres.start_again().await;
        postgres.execute(&url, "INSERT INTO t VALUES (2)").await;
        postgres.kill().await;
        postgres.start_again().await;

        let rows = postgres.query(&url, "SELECT n FROM t ORDER BY n").await;
        assert_eq!(rows, "1\n2");
    }

    #[test]
    fn a_dropped_cluster_leaves_nothing_behind() {
        let cluster = Cluster::start(&["listen_addresses="]);
        let folder = cluster.folder.clone();
        assert!(folder.join("data/PG_VERSION").exists());

        drop(cluster);

        assert!(!folder.exists());
    }

    #[test]
    fn members_of_guarded_give_their_password() {
        let cluster = Cluster::start(&["listen_addresses="]);
        let url = cluster.url("postgres");
        let roles = "CREATE ROLE guarded; CREATE ROLE hub LOGIN PASSWORD 'secret' IN ROLE guarded";
        cluster.psql(&url, roles).unwrap();
        let as_hub = |password: &str| {
            let url = url.replace("postgres@", &format!("hub:{password}@"));
            cluster.psql(&url, "SELECT current_user")
        };

        assert_eq!(as_hub("secret"), Ok("hub".to_owned()));
        assert!(as_hub("wrong").is_err());
    }
}
