//! A hub in a process of its own, so that its memory and its processor time are told apart.

use crate::client::Client;
use callboard_hub::Parts;
use callboard_hub::app::Mode;
use callboard_hub::clock::{Clock, SystemClock};
use callboard_hub::log::{Format, LogLayer};
use callboard_store::{PostgresConfig, Store, StoreConfig};
use callboard_testkit::TestHub;
use procfs::process::Process;
use serde_json::json;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;

/// The argument by which this program is told to be a hub.
pub(crate) const ROLE: &str = "serve";

/// Who asks: reads what their groups own, and of the rest all but resources and experiments.
const USER: &str = "user:default/user-000000";
const POLICIES: &str = "
g, user:default/user-000000, role:default/developers
g, user:default/user-000000, role:default/editors
p, role:default/editors, catalog-entity, delete, allow
p, role:default/editors, catalog.location.read, read, allow
";
const CONDITIONS: &str = "
result: CONDITIONAL
roleEntityRef: role:default/developers
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [read]
conditions:
  anyOf:
    - rule: IS_ENTITY_OWNER
      resourceType: catalog-entity
      params: { claims: [$ownerRefs] }
    - not:
        anyOf:
          - rule: IS_ENTITY_KIND
            resourceType: catalog-entity
            params: { kinds: [Resource] }
          - rule: HAS_SPEC
            resourceType: catalog-entity
            params: { key: lifecycle, value: experimental }
";

/// The role with most members.
pub(crate) const LARGEST_ROLE: &str = "team-0001";
/// How many it has at least; most are people whom the catalog does not know.
const MEMBERS: usize = 10_000;

/// How long a hub may take for the first ingestion.
const DEADLINE: Duration = Duration::from_secs(3_600);
const POLL: Duration = Duration::from_millis(10);

/// How hubs of a run are started.
pub(crate) struct Setup<'a> {
    /// The glob of the catalog's files.
    pub(crate) glob: &'a str,
    /// The folder of the SQLite database, or the URL of one of PostgreSQL.
    pub(crate) database: &'a str,
    /// How many roles there are beside those of the user, who may read them all.
    pub(crate) roles: usize,
}

/// A running hub.
pub(crate) struct Hub {
    child: Child,
    port: u16,
    process: Process,
}

/// What a process has used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// Processor time of all its threads.
    pub(crate) busy: Duration,
    /// Memory that is resident now.
    pub(crate) resident_mib: f64,
    /// The most that ever was.
    pub(crate) peak_mib: f64,
}

impl Hub {
    /// Starts a hub on any core.
    pub(crate) fn start(setup: &Setup<'_>) -> Hub {
        Hub::behind(setup, &[])
    }

    /// Starts a hub on one core.
    pub(crate) fn start_on_one_core(setup: &Setup<'_>) -> Hub {
        Hub::behind(setup, &["taskset", "-c", "0"])
    }

    fn behind(setup: &Setup<'_>, wrapper: &[&str]) -> Hub {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|free| free.local_addr())
            .expect("a loopback port is free")
            .port();
        let this = std::env::current_exe().expect("the bench runs from a file");
        let this = this.to_str().expect("its path is text");
        let mut words = wrapper.iter().copied().chain([this]);
        let mut command = Command::new(words.next().expect("there is at least this program"));
        let child = command
            .args(words)
            .args([ROLE, &port.to_string(), setup.glob, setup.database])
            .arg(setup.roles.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("the hub starts");
        let pid = i32::try_from(child.id()).expect("a process id");
        let process = Process::new(pid).expect("the hub is a process");
        let hub = Hub {
            child,
            port,
            process,
        };
        hub.wait(|client| client.try_get("/.backstage/health/v1/readiness"));
        hub
    }

    /// A connection of the user.
    pub(crate) fn client(&self) -> Client {
        let mut guest = Client::connect(self.port, None).expect("the hub listens");
        let session = guest.get("/api/auth/guest/refresh").json();
        let token = session["backstageIdentity"]["token"].as_str();
        Client::connect(self.port, token).expect("the hub listens")
    }

    /// Where its pages are.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A connection of the user's browser.
    pub(crate) fn browser(&self) -> Client {
        let mut client = Client::connect(self.port, None).expect("the hub listens");
        client.sign_in();
        client
    }

    /// A connection of a service, which may do everything.
    pub(crate) fn service(&self) -> Client {
        let token = Some(callboard_testkit::STATIC_TOKEN);
        Client::connect(self.port, token).expect("the hub listens")
    }

    /// Waits until the catalog has so many entities, and everything that they emit.
    pub(crate) fn wait_for(&self, entities: usize) {
        let mut service = self.service();
        let begin = Instant::now();
        loop {
            let page = service.get("/api/catalog/entities/by-query?limit=0").json();
            if page["totalItems"].as_u64() >= Some(entities as u64) {
                return;
            }
            assert!(begin.elapsed() < DEADLINE, "only {page}");
            std::thread::sleep(POLL);
        }
    }

    /// Waits until the hub has nothing to do.
    pub(crate) fn rest(&self) {
        const IDLE: Duration = Duration::from_secs(1);
        let mut before = self.usage().busy;
        loop {
            std::thread::sleep(IDLE);
            let now = self.usage().busy;
            if now - before < IDLE / 20 {
                return;
            }
            before = now;
        }
    }

    /// What the process has used until now.
    pub(crate) fn usage(&self) -> Usage {
        let stat = self.process.stat().expect("the hub runs");
        let status = self.process.status().expect("the hub runs");
        let mib = |kibibytes: Option<u64>| kibibytes.unwrap_or_default() as f64 / 1_024.0;
        let ticks = (stat.utime + stat.stime) as f64;
        Usage {
            busy: Duration::from_secs_f64(ticks / procfs::ticks_per_second() as f64),
            resident_mib: mib(status.vmrss),
            peak_mib: mib(status.vmhwm),
        }
    }

    /// Stops the hub in an orderly way.
    pub(crate) fn stop(mut self) {
        let pid = self.child.id().to_string();
        let signal = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(signal.is_ok_and(|status| status.success()), "no signal");
        assert!(
            self.child.wait().is_ok_and(|status| status.success()),
            "the hub did not stop cleanly"
        );
    }

    fn wait(&self, is_done: impl Fn(&mut Client) -> bool) {
        let begin = Instant::now();
        while !Client::connect(self.port, None).is_ok_and(|mut client| is_done(&mut client)) {
            assert!(begin.elapsed() < DEADLINE, "the hub was not ready in time");
            std::thread::sleep(POLL / 10);
        }
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        // After an orderly stop there is nothing left to kill.
        let _gone = self.child.kill();
    }
}

/// Is a hub until it is told to stop.
pub(crate) fn serve(port: &str, glob: &str, database: &str, roles: usize) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be started");
    runtime.block_on(async {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let log = LogLayer::new(
            Format::Json,
            &[callboard_testkit::STATIC_TOKEN],
            clock.clone(),
        )
        .with_level(LevelFilter::INFO);
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(log))
            .expect("nobody else logs");
        let address = format!("127.0.0.1:{port}");
        let url = format!("http://{address}");
        let described = TestHub::builder()
            .policy_csv(&policies(roles))
            .conditions(CONDITIONS)
            .config(json!({
                "app": {"baseUrl": url},
                "backend": {"baseUrl": url, "listen": address},
                "auth": {"environment": "development", "providers": {"guest": {"userEntityRef": USER}}},
                "catalog": {"locations": [{"type": "file", "target": glob}]},
            }));
        let store = if database.starts_with("postgres") {
            StoreConfig::Postgres(PostgresConfig::from_url(database).expect("a URL"))
        } else {
            StoreConfig::sqlite_in(Path::new(database))
        };
        let parts = Parts {
            config: described.to_config(),
            store: Store::open(&store).await.expect("the database opens"),
            clock,
            mode: Mode::Production,
            providers: Vec::new(),
        };
        let listener = tokio::net::TcpListener::bind(&address)
            .await
            .expect("the port is still free");
        let mut stop = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
            .expect("a signal can be waited for");
        let stop = async move {
            stop.recv().await;
        };
        callboard_hub::serve(listener, parts, stop)
            .await
            .expect("the hub serves");
    });
}

/// The policies of the user, and so many roles of other people.
fn policies(roles: usize) -> String {
    let mut policies = POLICIES.to_owned();
    if roles == 0 {
        return policies;
    }
    policies.push_str("p, role:default/editors, policy-entity, read, allow\n");
    for number in 1..=MEMBERS {
        policies.push_str(&format!(
            "g, user:default/user-{number:06}, role:default/{LARGEST_ROLE}\n"
        ));
    }
    // None of them lets read more than the user's own roles do.
    for number in 0..roles {
        let role = format!("role:default/team-{number:04}");
        policies.push_str(&format!(
            "g, group:default/group-{:06}, {role}\n\
             g, user:default/user-{:06}, {role}\n\
             p, {role}, catalog.entity.create, create, allow\n\
             p, {role}, catalog.entity.refresh, update, allow\n\
             p, {role}, scaffolder.task.create, create, deny\n",
            number % 100,
            MEMBERS + number + 1,
        ));
    }
    policies
}
