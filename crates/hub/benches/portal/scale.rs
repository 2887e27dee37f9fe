//! One catalog from its files to its pages.

use crate::client::{Client, Request};
use crate::hub::{Hub, Setup};
use crate::session::{REQUESTS, Session, page_after};
use crate::timing;
use callboard_testkit::generate::World;
use std::path::Path;
use std::time::{Duration, Instant};

/// How many entities stand in one file.
const PER_FILE: usize = 1_000;
/// One of this many people is a group.
const PEOPLE_TO_A_GROUP: usize = 57;
/// How long the rounds of a portal's session are repeated.
const ROUNDS: Duration = Duration::from_secs(5);
/// How often that is done when nothing else is measured.
const REPEATS: usize = 5;
/// How many entities tell how long their JSON is.
const SAMPLE: usize = 1_000;
/// How many pages lie before the deep one.
const PAGES: usize = 500;

/// Prints what a catalog of `size` entities costs, with `people` beside them if that is said.
#[expect(clippy::print_stdout, reason = "the figures are what the bench is for")]
pub(crate) fn run(size: usize, people: Option<usize>) {
    let mut world = World::of(size);
    if let Some(people) = people {
        let groups = people / PEOPLE_TO_A_GROUP;
        world = world.with_people(people - groups, groups);
    }
    let folder = tempfile::TempDir::new().expect("a temporary folder can be made");
    let files = folder.path().join("files");
    std::fs::create_dir(&files).expect("the folder is ours");
    let glob = world.write(&files, PER_FILE).expect("the disk has room");
    println!("{} entities", world.len());

    let setup = Setup {
        glob: glob.to_str().expect("a path of text"),
        database: &folder.path().join("data").display().to_string(),
        roles: 0,
    };
    let begin = Instant::now();
    let hub = Hub::start(&setup);
    hub.wait_for(world.len());
    let took = begin.elapsed();
    println!(
        "  first ingestion into SQLite: {:.1} s, {:.0} entities/s, peak {:.0} MiB",
        took.as_secs_f64(),
        world.len() as f64 / took.as_secs_f64(),
        hub.usage().peak_mib
    );
    hub.rest();
    hub.stop();

    let begin = Instant::now();
    let hub = Hub::start(&setup);
    println!(
        "  start to readiness, known database: {:.2} s",
        begin.elapsed().as_secs_f64()
    );
    hub.wait_for(world.len());
    hub.rest();
    let usage = hub.usage();
    // In the order of identifiers, which have nothing to do with what entities are.
    let sample = format!("/api/catalog/entities/by-query?limit={SAMPLE}");
    println!(
        "  resident {:.0} MiB at rest, peak {:.0} MiB; {:.0} bytes an entity, of which {} are JSON",
        usage.resident_mib,
        usage.peak_mib,
        usage.resident_mib * 1_048_576.0 / world.len() as f64,
        hub.service().get(&sample).body.len() / SAMPLE
    );
    hub.stop();

    let hub = Hub::start_on_one_core(&setup);
    hub.rest();
    questions(&hub);
    rounds(&hub);
    println!(
        "  resident {:.0} MiB after the questions",
        hub.usage().resident_mib
    );
    hub.stop();
}

/// Prints what requests cost a hub of `size` entities, whose files and database are in `folder`
/// from the second time on.
pub(crate) fn session_in(size: usize, folder: &Path) {
    let world = World::of(size);
    let files = folder.join("files");
    let mut glob = files.join("*.yaml");
    if !files.exists() {
        std::fs::create_dir_all(&files).expect("the folder is ours");
        glob = world.write(&files, PER_FILE).expect("the disk has room");
    }
    let hub = Hub::start_on_one_core(&Setup {
        glob: glob.to_str().expect("a path of text"),
        database: &folder.join("data").display().to_string(),
        roles: 0,
    });
    hub.wait_for(world.len());
    hub.rest();
    questions(&hub);
    for _ in 0..REPEATS {
        rounds(&hub);
    }
    hub.stop();
}

/// Asks single questions as somebody whose view is restricted by conditions.
#[expect(clippy::print_stdout, reason = "the figures are what the bench is for")]
fn questions(hub: &Hub) {
    let mut client = hub.client();
    let by_query = "/api/catalog/entities/by-query?filter=kind=component&orderField=metadata.name";
    let first = Request::get(by_query);
    let mut deep = first.clone();
    for _ in 0..PAGES {
        match page_after(&client.send(&deep)) {
            Some(next) => deep = next,
            None => break,
        }
    }
    let facet = |key: &str| Request::get(format!("/api/catalog/entity-facets?facet={key}"));
    let questions = [
        ("page of 20, by name", first),
        (
            "page of 20, default order",
            Request::get("/api/catalog/entities/by-query?filter=kind=component"),
        ),
        ("page of 20, deep by cursor", deep),
        (
            "page of 20, some fields",
            Request::get(format!("{by_query}&fields=kind,metadata.name,spec.type")),
        ),
        ("facet kind", facet("kind")),
        ("facet spec.owner", facet("spec.owner")),
        ("facet spec.lifecycle", facet("spec.lifecycle")),
        ("facet metadata.tags", facet("metadata.tags")),
        ("facet metadata.namespace", facet("metadata.namespace")),
        (
            "search, one word",
            Request::get("/api/search/query?term=ledger"),
        ),
        (
            "search, three words",
            Request::get("/api/search/query?term=payment%20gateway%20prices"),
        ),
        (
            "one entity by name",
            Request::get("/api/catalog/entities/by-name/user/default/user-000000"),
        ),
    ];
    for (name, question) in questions {
        let (series, _) = timing::repeat(hub, &mut client, &question);
        println!("  {name}: {series}");
    }
}

/// Repeats the session of a portal, on several connections so that the hub's core is busy.
#[expect(clippy::print_stdout, reason = "the figures are what the bench is for")]
fn rounds(hub: &Hub) {
    const CONNECTIONS: usize = 4;
    let clients: Vec<Client> = (0..CONNECTIONS).map(|_| hub.client()).collect();
    let before = hub.usage().busy;
    let begin = Instant::now();
    let (rounds, bytes) = std::thread::scope(|scope| {
        let threads: Vec<_> = clients
            .into_iter()
            .map(|client| scope.spawn(move || session(client, begin)))
            .collect();
        let ends = threads
            .into_iter()
            .map(|thread| thread.join().expect("a client ends"));
        ends.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    });
    let (took, busy) = (begin.elapsed(), hub.usage().busy - before);
    println!(
        "  session of {REQUESTS} requests: {:.0}/s, hub busy {:.2} ms ({:.0} a second of one core), {:.0} KB",
        rounds as f64 / took.as_secs_f64(),
        busy.as_secs_f64() * 1e3 / rounds as f64,
        rounds as f64 / busy.as_secs_f64(),
        bytes as f64 / 1e3 / rounds as f64,
    );
}

/// Rounds and bytes of one connection.
fn session(mut client: Client, begin: Instant) -> (usize, usize) {
    let mut session = Session::new(&mut client);
    let (mut rounds, mut bytes) = (0, 0);
    while begin.elapsed() < ROUNDS {
        session.round(&mut client, |answer| bytes += answer.body.len());
        rounds += 1;
    }
    (rounds, bytes)
}
