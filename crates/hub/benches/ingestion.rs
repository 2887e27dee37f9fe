//! How fast a catalog comes in from files, comes back after a restart, and what it takes to keep.
//!
//! Everything goes through a whole hub in this process. Arguments choose among the measurements,
//! all of which run without any: a number of entities, `sqlite` or `postgres`, `whole` (all in one
//! file) or `spread` (a hundred in each). With `keep` the folders of the databases stay, and
//! `start FOLDER` measures nothing but a start on what is in one.

use callboard_hub::app::Mode;
use callboard_hub::clock::SystemClock;
use callboard_hub::{Hub, Parts};
use callboard_store::{PostgresConfig, Store, StoreConfig};
use callboard_testkit::generate::World;
use callboard_testkit::{Client, Postgres, STATIC_TOKEN, TestHub};
use procfs::process::Process;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The allocator of the program that is shipped.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SIZES: [usize; 2] = [10_000, 100_000];
const DATABASES: [&str; 2] = ["sqlite", "postgres"];
/// Names of how entities are spread over files, and how many come into one.
const SPREADS: [(&str, usize); 2] = [("whole", usize::MAX), ("spread", 100)];

/// The first argument of a process that starts a hub on what another one has left.
const START: &str = "start";

/// The argument that leaves the folders where they are.
const KEEP: &str = "keep";

/// The folder of catalog files.
const FILES: &str = "catalog";

/// How long a hub is left alone before its memory is looked at.
const REST: Duration = Duration::from_secs(2);

fn main() {
    // What cargo adds begins with dashes.
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let runtime = Runtime::new().expect("a runtime can be started");
    if let [first, folder, url @ ..] = &arguments[..]
        && first == START
    {
        let url = url.first().map_or("", String::as_str);
        return runtime.block_on(start_again(Path::new(folder), url));
    }
    let asks_for = |word: &str| arguments.iter().any(|argument| argument == word);
    let is_wanted =
        |word: &str, all: &[&str]| asks_for(word) || !all.iter().any(|one| asks_for(one));
    let sizes = SIZES.map(|size| size.to_string());
    print(
        "| entities | database | files | what | time | processor time | entities/s |\n\
         | ---: | --- | --- | --- | ---: | ---: | ---: |",
    );
    for (size, text) in SIZES.into_iter().zip(&sizes) {
        for database in DATABASES {
            for (spread, each) in SPREADS {
                if is_wanted(text, &sizes.each_ref().map(String::as_str))
                    && is_wanted(database, &DATABASES)
                    && is_wanted(spread, &SPREADS.map(|(name, _)| name))
                {
                    let heading = format!("| {size} | {database} | {spread} |");
                    let folder = TempDir::new().expect("a temporary folder can be made");
                    runtime.block_on(measure(&heading, folder.path(), [size, each], database));
                    if asks_for(KEEP) {
                        print(&format!("{heading} {} | | | |", folder.keep().display()));
                    }
                }
            }
        }
    }
}

/// All measurements of one catalog of `size` entities, of which `each` come into a file.
async fn measure(heading: &str, folder: &Path, [size, each]: [usize; 2], database: &str) {
    let files = folder.join(FILES);
    fs::create_dir(&files).expect("a folder can be made");
    let target = World::of(size).write(&files, each);
    assert!(target.is_ok_and(|target| target == self::target(folder)));
    let url = match database {
        "postgres" => Postgres::start().await.database("ingestion").await,
        _ => String::new(),
    };
    let row = |what: &str, entities: usize, spent: Spent| {
        print(&format!("{heading} {}", spent.row(what, entities)));
    };

    let (hub, spent) = timed(start(folder, &url)).await;
    let count = hub.app().catalog().snapshot().len();
    assert!(count >= size, "{count} of {size} entities came in");
    row("first ingestion", count, spent);
    let client = client(&hub);

    idle(&client).await;
    let ((), spent) = timed(scan_again(&hub, &client, folder)).await;
    row("unchanged, scanned again", count, spent);

    let ((), spent) = timed(change(&hub, &files.join("entities-000000.yaml"))).await;
    row("one entity changed", 1, spent);
    tokio::time::sleep(REST).await;
    hub.stop().await;

    let this = std::env::current_exe().expect("the bench runs from a file");
    let output = Command::new(this)
        .args([START.as_ref(), folder.as_os_str(), url.as_ref()])
        .output()
        .expect("the bench can run itself");
    assert!(output.status.success(), "{output:?}");
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        print(&format!("{heading} {line}"));
    }
}

/// Has the hub look at all files once more.
async fn scan_again(hub: &Hub, client: &Client, folder: &Path) {
    let before = unchanged(hub);
    let target = target(folder).display().to_string();
    let location = callboard_hub::catalog::Location::file(Path::new(&target));
    let body = json!({"entityRef": location.entity_ref().to_string()});
    let answer = client.post("/api/catalog/refresh", &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    while unchanged(hub) == before {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// How often processing has found that nothing had changed.
fn unchanged(hub: &Hub) -> u64 {
    let families = hub.app().core().metrics.gather();
    let processed = families
        .iter()
        .find(|family| family.name() == "catalog_processed_entities_count");
    let counters = processed
        .map(prometheus::proto::MetricFamily::get_metric)
        .unwrap_or_default();
    counters
        .iter()
        .filter(|counter| {
            counter
                .get_label()
                .iter()
                .any(|label| label.value() == "unchanged")
        })
        .map(|counter| counter.get_counter().get_value() as u64)
        .sum()
}

/// Waits until search, which follows the catalog in the background, has everything.
async fn idle(client: &Client) {
    while client.get("/api/search/query?term=service").await.status != 200 {}
    tokio::time::sleep(REST).await;
}

/// Edits one entity of a file, and waits until the catalog shows it.
async fn change(hub: &Hub, path: &Path) {
    const CHANGED: &str = "Changed. ";
    let text = fs::read_to_string(path).expect("the file is there");
    let name = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("name: "))
        .expect("the first entity has a name");
    let text = text.replacen("description: ", &format!("description: {CHANGED}"), 1);
    let entity_ref = format!("domain:default/{name}");
    let mut published = hub.app().catalog().subscribe();
    // A file that is written in place is seen half-written.
    let new = path.with_extension("new");
    fs::write(&new, &text).expect("a file can be written");
    fs::rename(&new, path).expect("a file can be replaced");
    loop {
        let snapshot = hub.app().catalog().snapshot();
        let entity = snapshot.get(&entity_ref).expect("the entity is there");
        if entity
            .description()
            .is_some_and(|text| text.starts_with(CHANGED))
        {
            return;
        }
        let published = published.changed().await;
        published.expect("the catalog lives as long as the hub");
    }
}

/// What it takes to start on a known database, in a process that has done nothing else yet.
async fn start_again(folder: &Path, url: &str) {
    let (hub, spent) = timed(start(folder, url)).await;
    let count = hub.app().catalog().snapshot().len();
    assert!(count > 0, "nothing is known in {}", folder.display());
    print(&spent.row("started again", count));
    print(&format!("{} | | | |", memory("ready")));
    idle(&client(&hub)).await;
    print(&format!("{} | | | |", memory("idle after start")));
    hub.stop().await;
}

/// How much memory this process takes, and has taken at most.
fn memory(when: &str) -> String {
    let status = Process::myself().and_then(|process| process.status());
    let status = status.expect("Linux");
    let mib = |kib: Option<u64>| kib.unwrap_or_default() / 1024;
    format!(
        "resident when {when}: {} MiB, at most {} MiB",
        mib(status.vmrss),
        mib(status.vmhwm)
    )
}

/// A hub that reads the files of a folder, on the database at `url` or on one in the folder.
async fn start(folder: &Path, url: &str) -> Hub {
    let store = match url {
        "" => StoreConfig::sqlite_in(folder.join("data")),
        url => StoreConfig::Postgres(PostgresConfig::from_url(url).expect("a URL")),
    };
    let locations = json!([{"type": "file", "target": target(folder)}]);
    let config = TestHub::builder().config(json!({"catalog": {"locations": locations}}));
    let parts = Parts {
        config: config.to_config(),
        store: Store::open(&store).await.expect("a database"),
        clock: Arc::new(SystemClock),
        mode: Mode::Production,
        providers: Vec::new(),
    };
    Hub::build(parts).await.expect("the hub starts")
}

fn target(folder: &Path) -> PathBuf {
    folder.join(FILES).join("entities-*.yaml")
}

fn client(hub: &Hub) -> Client {
    Client::new(hub.router().expect("a router")).bearer(STATIC_TOKEN)
}

/// What something took.
struct Spent {
    time: Duration,
    /// Of all threads of this process.
    processor: Duration,
}

impl Spent {
    /// A row of the table, after its heading.
    fn row(&self, what: &str, entities: usize) -> String {
        let rate = entities as f64 / self.time.as_secs_f64();
        format!(
            "{what} | {:.1?} | {:.1?} | {rate:.0} |",
            self.time, self.processor
        )
    }
}

async fn timed<T>(work: impl Future<Output = T>) -> (T, Spent) {
    let (began, before) = (Instant::now(), processor_time());
    let result = work.await;
    let spent = Spent {
        time: began.elapsed(),
        processor: processor_time().saturating_sub(before),
    };
    (result, spent)
}

fn processor_time() -> Duration {
    let stat = Process::myself().and_then(|process| process.stat());
    let stat = stat.expect("Linux");
    let ticks = stat.utime + stat.stime;
    Duration::from_secs(ticks) / u32::try_from(procfs::ticks_per_second()).unwrap_or(100)
}

#[expect(clippy::print_stdout, reason = "the figures are what the bench is for")]
fn print(line: &str) {
    println!("{line}");
}
