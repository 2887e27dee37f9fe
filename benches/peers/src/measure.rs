//! How an engine is checked and timed.

use std::{
    fmt::{self, Display},
    hint::black_box,
    str::FromStr,
    time::{Duration, Instant},
};

use anyhow::{Context, Error, Result, ensure};

use crate::{engine::Engine, machine::resident_bytes, world::World};

/// How long an engine may answer before it has been asked enough.
const CHECKING: Duration = Duration::from_secs(5);
/// How long rounds are repeated: longer than the bursts of work that others have.
const TIMING: Duration = Duration::from_secs(5);
const MIN_ROUNDS: usize = 3;

/// What was measured of one engine with one policy.
///
/// As text: the fields in their order, with blanks between them.
pub struct Figures {
    /// The time of a decision in the middle one of all rounds, sorted by time.
    pub median_ns: f64,
    /// The time of a decision in the round that others disturbed least.
    pub fastest_ns: f64,
    /// How many distinct requests a round has, which are those that were checked.
    pub requests: usize,
    /// From the rows of the policy to the first answer that could be given.
    pub load_ns: f64,
    /// By how much loading made the process grow, with what it allocated and freed again.
    pub resident_bytes: u64,
}

impl Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            median_ns,
            fastest_ns,
            requests,
            load_ns,
            resident_bytes,
        } = self;
        write!(
            f,
            "{median_ns} {fastest_ns} {requests} {load_ns} {resident_bytes}"
        )
    }
}

impl FromStr for Figures {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut fields = text.split(' ');
        let mut next = || fields.next().context("a figure is missing");
        Ok(Self {
            median_ns: next()?.parse()?,
            fastest_ns: next()?.parse()?,
            requests: next()?.parse()?,
            load_ns: next()?.parse()?,
            resident_bytes: next()?.parse()?,
        })
    }
}

/// Loads an engine, checks its answers and times them.
///
/// # Errors
///
/// Whatever the engine says, and its first answer that is wrong.
pub fn figures_of<E: Engine>(world: &World) -> Result<Figures> {
    // Made before loading, so that they do not lie in the holes that loading leaves.
    let mut questions = (world.requests.iter())
        .map(E::question)
        .collect::<Result<Vec<_>>>()?;

    let before = resident_bytes()?;
    let started = Instant::now();
    let engine = E::load(world)?;
    let load_ns = nanoseconds(started.elapsed());
    let resident_bytes = resident_bytes()?.saturating_sub(before);

    let requests = check(&engine, &questions, &world.answers())?;
    questions.truncate(requests);
    let mut rounds = Vec::new();
    let started = Instant::now();
    while rounds.len() < MIN_ROUNDS || started.elapsed() < TIMING {
        let started = Instant::now();
        for question in &questions {
            black_box(engine.allows(black_box(question))?);
        }
        rounds.push(nanoseconds(started.elapsed()) / requests as f64);
    }
    rounds.sort_unstable_by(f64::total_cmp);
    Ok(Figures {
        median_ns: rounds[rounds.len() / 2],
        fastest_ns: rounds[0],
        requests,
        load_ns,
        resident_bytes,
    })
}

/// Compares answers for as long as the engine may be asked, and gives how many those were.
fn check<E: Engine>(engine: &E, questions: &[E::Question], answers: &[bool]) -> Result<usize> {
    let started = Instant::now();
    for (at, (question, expected)) in questions.iter().zip(answers).enumerate() {
        let answer = engine.allows(question)?;
        ensure!(
            answer == *expected,
            "answers {answer} to request {at} where the policy says {expected}"
        );
        if started.elapsed() > CHECKING {
            return Ok(at + 1);
        }
    }
    Ok(questions.len())
}

fn nanoseconds(duration: Duration) -> f64 {
    duration.as_nanos() as f64
}

/// Three digits or so, and the unit that fits.
pub fn human_duration(nanoseconds: f64) -> String {
    match nanoseconds {
        ..1e3 => format!("{nanoseconds:.0} ns"),
        1e3..1e6 => format!("{:.1} µs", nanoseconds / 1e3),
        1e6..1e9 => format!("{:.1} ms", nanoseconds / 1e6),
        _ => format!("{:.1} s", nanoseconds / 1e9),
    }
}

/// Mebibytes, with a digit after the point where there are few.
pub fn human_bytes(bytes: u64) -> String {
    let mebibytes = bytes as f64 / f64::from(1 << 20);
    match mebibytes {
        ..10.0 => format!("{mebibytes:.1} MiB"),
        _ => format!("{mebibytes:.0} MiB"),
    }
}
