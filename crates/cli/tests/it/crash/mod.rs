//! Kills the hub while it writes, and looks at what is left.
//!
//! Several writers send writes, one at a time each: roles, sign-ins, and catalog files that change,
//! are registered, refreshed and removed. At a random moment the hub gets SIGKILL. After the restart
//! all that a writer was told to be done must be there, and what it was not told must be there whole
//! or not at all. A write that was under way may be either. In the end the catalog is what another
//! hub makes of the same sources from nothing, and what the next start finds in the records.
//!
//! `cargo xtask crash [runs] [--seed N]` repeats this as often as one likes. A seed gives the same
//! writes and the same moments again; which write is hit depends on the machine, too.
//!
//! Ten kills on each database are a part of every run of the tests.
//!
//! To have something else written, implement [`Subject`] and add it in [`subjects`].

mod plugin_id;
mod random;
mod request;
mod role;
mod sign_in;
mod site;
mod source;
mod writer;

use crate::program::{Place, Running, stderr, stdout};
use callboard_testkit::Postgres;
use random::Random;
use request::Requests;
use serde_json::Value;
use site::Site;
use source::Source;
use std::thread;
use std::time::Duration;
use writer::{Subject, Writer};

/// How often the hub is killed unless it is said otherwise.
const RUNS: u32 = 10;

/// The latest moment of a kill, from the first write or from the start.
const LATEST_MILLISECONDS: u64 = 400;

/// All that is written, one writer each.
fn subjects(place: &Place, site: &Site) -> Vec<Box<dyn Subject>> {
    let mut subjects: Vec<Box<dyn Subject>> = vec![
        Box::new(role::Role::new(1)),
        Box::new(role::Role::new(2)),
        Box::new(plugin_id::PluginIds),
        Box::new(sign_in::Tokens::default()),
    ];
    for number in source::PAGES {
        subjects.push(Box::new(Source::page(number, site)));
    }
    for number in source::FILES {
        subjects.push(Box::new(Source::file(number, place)));
    }
    subjects
}

#[test]
fn what_was_acknowledged_outlives_a_kill_on_sqlite() {
    Theatre::new(Place::new()).play();
}

#[test]
fn what_was_acknowledged_outlives_a_kill_on_postgresql() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let url = runtime.block_on(async { Postgres::start().await.database("crash").await });
    let place = Place::new();
    place.keep_in_postgresql(&url);
    Theatre::new(place).play();
}

/// A hub that is killed again and again, and those who write to it.
struct Theatre {
    place: Place,
    site: Site,
    seed: u64,
    runs: u32,
    writers: Vec<Writer>,
    /// The fewest rows that the audit log may have.
    rows: i64,
}

impl Theatre {
    fn new(place: Place) -> Theatre {
        let seed = setting("CALLBOARD_CRASH_SEED").unwrap_or_else(random::seed);
        let mut random = Random::new(seed);
        let site = Site::start();
        source::configure(&place, &site);
        let writers = subjects(&place, &site)
            .into_iter()
            .map(|subject| Writer::new(subject, random.fork()))
            .collect();
        Theatre {
            place,
            site,
            seed,
            runs: setting("CALLBOARD_CRASH_RUNS").map_or(RUNS, |runs| runs as u32),
            writers,
            rows: 0,
        }
    }

    #[expect(
        clippy::print_stderr,
        reason = "whoever sees a failure wants to see it once more"
    )]
    fn play(mut self) {
        let mut random = Random::new(self.seed.wrapping_add(1));
        let mut hub = self.place.serve();
        let token = token(&self.place);
        let requests = Requests::new(self.place.port, &token);
        for writer in &mut self.writers {
            writer.begin(&requests);
        }
        for run in 1..=self.runs {
            let begun = std::panic::AssertUnwindSafe(|| {
                self.write_until_killed(hub, &requests, &mut random);
                if random.below(4) == 0 {
                    self.kill_while_it_starts(&mut random);
                }
                let hub = self.place.serve();
                self.look(&requests);
                hub
            });
            hub = std::panic::catch_unwind(begun).unwrap_or_else(|panic| {
                eprintln!(
                    "in run {run}; once more: cargo xtask crash {} --seed {}",
                    self.runs, self.seed
                );
                std::panic::resume_unwind(panic)
            });
        }
        let acknowledged: u64 = self.writers.iter().map(|writer| writer.acknowledged).sum();
        assert!(
            acknowledged > 0,
            "nothing was written, so nothing was tested"
        );
        eprintln!(
            "seed {}: {} kills, {acknowledged} acknowledged writes",
            self.seed, self.runs
        );
        // Of what was changed at the last kill, too, the hub is told now.
        for writer in &mut self.writers {
            assert!(writer.write_once(&requests), "nobody answers");
        }
        self.look(&requests);
        self.rebuild(&requests);
        let shown = source::shown(&requests);
        hub.terminate();
        let again = self.place.serve();
        assert_eq!(
            source::shown(&requests),
            shown,
            "the records say something else"
        );
        again.terminate();
    }

    /// Has another hub make the catalog from nothing.
    fn rebuild(&self, requests: &Requests) {
        let other = Place::new();
        source::configure(&other, &self.site);
        // The same files, in the folder of this one.
        let (own, theirs) = (self.place.folder(), "target: ./");
        other.configure(theirs, &format!("target: {}/", own.display()));
        let hub = other.serve();
        let anew = Requests::new(other.port, &token(&other));
        source::register_again(requests, &anew);
        source::check_equal(requests, &anew);
        drop(hub);
    }

    fn write_until_killed(&mut self, hub: Running, requests: &Requests, random: &mut Random) {
        thread::scope(|scope| {
            for writer in &mut self.writers {
                scope.spawn(|| writer.write(requests));
            }
            thread::sleep(moment(random));
            // SIGKILL, and the writers end since nobody answers any more.
            drop(hub);
        });
    }

    fn kill_while_it_starts(&self, random: &mut Random) {
        let mut command = self.place.command(&["serve"]);
        command.stdout(std::process::Stdio::null());
        let mut hub = command.spawn().expect("the program starts");
        thread::sleep(moment(random));
        hub.kill().expect("the hub can be killed");
        hub.wait().expect("the hub ends");
    }

    /// Compares what the hub shows with what the writers were told.
    fn look(&mut self, requests: &Requests) {
        for writer in &mut self.writers {
            writer.look(requests);
        }
        role::check_nothing_is_half_there(requests);
        source::check_nothing_is_half_there(requests);

        let output = self.place.run(&["audit", "verify", "--format=json"]);
        let report: Value = serde_json::from_str(&stdout(&output))
            .unwrap_or_else(|error| panic!("{error}: {}", stderr(&output)));
        assert_eq!(report["fault"], Value::Null, "{report}");
        let rows = report["rows"].as_i64().expect("a number");
        let acknowledged = self.writers.iter_mut().map(Writer::take_rows).sum::<i64>();
        assert!(
            rows >= self.rows + acknowledged,
            "{rows} rows after {} and {acknowledged} acknowledged writes",
            self.rows
        );
        self.rows = rows;
    }
}

/// A token of the administrator.
fn token(place: &Place) -> String {
    let output = place.run(&["token", "--user", "user:default/warden"]);
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output).trim_end().to_owned()
}

/// How long to wait before a kill: often short, since most of the time nothing is under way.
fn moment(random: &mut Random) -> Duration {
    let latest = 1 + random.below(LATEST_MILLISECONDS);
    Duration::from_micros(1_000 * random.below(latest) + random.below(1_000))
}

#[expect(
    clippy::disallowed_methods,
    reason = "how `cargo xtask crash` tells a test what to do"
)]
fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("`{name}` is no number: `{text}`")))
}
