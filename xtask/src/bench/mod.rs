//! `cargo xtask bench`: the figures of a whole hub, measured from outside the process.
//!
//! The engines' own benches are `cargo bench -p callboard-policy`, `-p callboard-catalog` and `-p callboard-search`.

mod load;
mod process;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::command;
use process::Process;

/// How often each start is repeated; the median is quoted.
const STARTS: usize = 11;
/// How long the load runs before and while it is measured.
const WARM_UP: Duration = Duration::from_secs(2);
const MEASURED: Duration = Duration::from_secs(10);
/// How long the hub rests before its memory is read.
const REST: Duration = Duration::from_secs(3);
/// Connections of the load client.
const CONNECTIONS: usize = 16;

/// Measures start, memory and throughput of the release build with the example organisation.
pub(crate) fn run(root: &Path) -> Result<()> {
    command::run(Command::new("cargo").current_dir(root).args([
        "build",
        "--release",
        "--package",
        "callboard",
    ]))?;
    let folder = fresh_folder(root)?;
    let result = measure(root, &folder);
    std::fs::remove_dir_all(&folder)
        .with_context(|| format!("cannot remove {}", folder.display()))?;
    result
}

fn measure(root: &Path, folder: &Path) -> Result<()> {
    println!("machine: {}", machine());
    let (first, later) = starts(root, folder)?;
    println!("start to readiness, new database:   {}", spread(first));
    println!("start to readiness, known database: {}", spread(later));

    let hub = Process::start(root, folder, &["taskset", "-c", "0"])?;
    hub.wait_until_ready()?;
    std::thread::sleep(REST);
    println!("resident memory, idle: {:.1} MiB", hub.resident_mib()?);
    let token = hub.user_token(root, folder, "user:default/mara.lindqvist")?;
    for (name, body) in questions() {
        let report = load::run(hub.port(), &token, body, CONNECTIONS, WARM_UP, MEASURED)?;
        println!("authorize, {name}: {report}");
    }
    println!(
        "resident memory, after the load: {:.1} MiB",
        hub.resident_mib()?
    );
    hub.stop()
}

/// A plain decision, one that is evaluated on an entity, and a batch as a page asks it.
fn questions() -> [(&'static str, &'static str); 3] {
    [
        (
            "one basic permission",
            r#"{"items":[{"id":"1","permission":{"type":"basic","name":"catalog.entity.create","attributes":{"action":"create"}}}]}"#,
        ),
        (
            "one condition on an entity",
            r#"{"items":[{"id":"1","resourceRef":"component:default/box-office-api","permission":{"type":"resource","name":"catalog.entity.delete","attributes":{"action":"delete"},"resourceType":"catalog-entity"}}]}"#,
        ),
        (
            "a batch of four",
            r#"{"items":[{"id":"1","permission":{"type":"basic","name":"catalog.entity.create","attributes":{"action":"create"}}},{"id":"2","permission":{"type":"basic","name":"catalog.location.create","attributes":{"action":"create"}}},{"id":"3","permission":{"type":"basic","name":"scaffolder.task.create","attributes":{"action":"create"}}},{"id":"4","permission":{"type":"basic","name":"kubernetes.proxy","attributes":{}}}]}"#,
        ),
    ]
}

fn starts(root: &Path, folder: &Path) -> Result<(Vec<Duration>, Vec<Duration>)> {
    let (mut first, mut later) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let data = folder.join("data");
        if data.exists() {
            std::fs::remove_dir_all(&data)?;
        }
        for times in [&mut first, &mut later] {
            let begin = Instant::now();
            let hub = Process::start(root, folder, &[])?;
            hub.wait_until_ready()?;
            times.push(begin.elapsed());
            hub.stop()?;
        }
    }
    Ok((first, later))
}

fn spread(mut times: Vec<Duration>) -> String {
    times.sort();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    format!(
        "median {:.1} ms (min {:.1}, max {:.1}, {} runs)",
        milliseconds(times[times.len() / 2]),
        milliseconds(times[0]),
        milliseconds(times[times.len() - 1]),
        times.len()
    )
}

/// The processor and the number of cores, as the system names them.
fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .unwrap_or(": unknown");
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    format!(
        "{} ({cores} cores)",
        model.trim_start_matches([' ', '\t', ':'])
    )
}

fn fresh_folder(root: &Path) -> Result<PathBuf> {
    let folder = root
        .join("target")
        .join(format!("bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}
