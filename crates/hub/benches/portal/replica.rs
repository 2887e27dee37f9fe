//! What a change made at one hub costs the others.

use crate::client::{Client, Request};
use crate::hub::{Hub, Setup};
use callboard_testkit::Postgres;
use callboard_testkit::generate::World;
use std::time::{Duration, Instant};

/// How many changes are made.
const CHANGES: usize = 200;
/// How long a change may take to be seen.
const DEADLINE: Duration = Duration::from_secs(5);
/// How many entities stand in one file.
const PER_FILE: usize = 1_000;

/// Prints what 1 to `most` hubs on one PostgreSQL do for each entity that is removed at the first.
#[expect(clippy::print_stdout, reason = "the figures are what the bench is for")]
pub(crate) fn run(size: usize, most: usize) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime can be started");
    let folder = tempfile::TempDir::new().expect("a temporary folder can be made");
    let world = World::of(size);
    let glob = world
        .write(folder.path(), PER_FILE)
        .expect("the disk has room");
    let glob = glob.to_str().expect("a path of text");
    let postgres = runtime.block_on(Postgres::start());
    for count in 1..=most {
        let url = runtime.block_on(postgres.database(&format!("hubs{count}")));
        let setup = Setup {
            glob,
            database: &url,
            roles: 0,
        };
        let begin = Instant::now();
        let first = Hub::start(&setup);
        first.wait_for(world.len());
        first.rest();
        let ingested = begin.elapsed();
        let mut hubs = vec![first];
        hubs.extend((1..count).map(|_| Hub::start(&setup)));
        hubs.iter().for_each(Hub::rest);

        let transactions =
            "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()";
        let committed = || -> u64 {
            let text = runtime.block_on(postgres.query(&url, transactions));
            text.parse().expect("a number")
        };
        let (before, idle) = (committed(), busy(&hubs));
        let mut seen = changes(&hubs, &world);
        let (after, busy) = (committed(), busy(&hubs));
        seen.sort();
        let each = |index: usize| (busy[index] - idle[index]).as_secs_f64() * 1e3 / CHANGES as f64;
        let others: f64 = (1..count).map(each).sum::<f64>() / (count - 1).max(1) as f64;
        println!(
            "{count} hubs, {} entities: ingested and settled after {:.1} s; a change is seen everywhere after {:.1} ms \
             (99 % {:.1} ms), costs {:.2} ms where it is made, {others:.2} ms at each other hub, {:.1} transactions",
            world.len(),
            ingested.as_secs_f64(),
            seen[seen.len() / 2].as_secs_f64() * 1e3,
            seen[seen.len() * 99 / 100].as_secs_f64() * 1e3,
            each(0),
            (after - before) as f64 / CHANGES as f64,
        );
        hubs.into_iter().for_each(Hub::stop);
    }
}

fn busy(hubs: &[Hub]) -> Vec<Duration> {
    hubs.iter().map(|hub| hub.usage().busy).collect()
}

/// Removes entities at the first hub, and gives how long it took until no hub had each any more.
fn changes(hubs: &[Hub], world: &World) -> Vec<Duration> {
    let mut clients: Vec<Client> = hubs.iter().map(Hub::service).collect();
    let changes = (0..CHANGES).map(|change| {
        let name = world.entity(world.len() - 1 - change)["metadata"].clone();
        let text = |member: &str| name[member].as_str().unwrap_or("default").to_owned();
        let path = format!(
            "/api/catalog/entities/by-name/component/{}/{}",
            text("namespace"),
            text("name")
        );
        let uid = clients[0].get(&path).json()["metadata"]["uid"].clone();
        let uid = uid.as_str().expect("an entity has a uid");
        clients[0].send(&Request::delete(format!(
            "/api/catalog/entities/by-uid/{uid}"
        )));
        let begin = Instant::now();
        for client in &mut clients {
            while client.try_get(&path) {
                assert!(begin.elapsed() < DEADLINE, "{path} stays at a hub");
                std::thread::sleep(Duration::from_micros(500));
            }
        }
        begin.elapsed()
    });
    changes.collect()
}
