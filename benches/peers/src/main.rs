//! Compares Callboard's decision engine with its peers, in one run.
//!
//! Each engine is loaded with the same made-up organisation in a process of its own, so that
//! resident memory is its own; its answers are checked against the plain reading of the
//! policy ([`World::answers`]), and only then is it timed. An engine that errs in a single
//! answer ends the run.
//!
//! Without arguments everything is measured; `callboard-peers ENGINE ROLES` measures one
//! engine and prints its figures as they go from one process to the other.

use std::{
    env,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

use crate::{
    engine::{Callboard, Casbin, Cedar, Hierarchy, Lists, Matrix, Sets},
    measure::{Figures, figures_of, human_bytes, human_duration},
    world::{LINES_PER_ROLE, World},
};

mod engine;
mod machine;
mod measure;
mod world;

const ROLES: [usize; 3] = [10, 1_000, 10_000];

/// An engine by the word that the command line has for it.
struct Contender {
    word: &'static str,
    name: &'static str,
    measure: fn(&World) -> Result<Figures>,
}

const CONTENDERS: [Contender; 6] = [
    Contender {
        word: "callboard",
        name: "callboard-policy",
        measure: figures_of::<Callboard>,
    },
    Contender {
        word: "matrix",
        name: "bound: answers by user × permission",
        measure: figures_of::<Matrix>,
    },
    Contender {
        word: "lists",
        name: "prototype: role lists, bitsets",
        measure: figures_of::<Lists>,
    },
    Contender {
        word: "cedar-hierarchy",
        name: "cedar-policy, closed hierarchy",
        measure: figures_of::<Cedar<Hierarchy>>,
    },
    Contender {
        word: "cedar-sets",
        name: "cedar-policy, sets of roles",
        measure: figures_of::<Cedar<Sets>>,
    },
    Contender {
        word: "casbin",
        name: "casbin",
        measure: figures_of::<Casbin>,
    },
];

fn main() -> Result<()> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => measure_all(),
        [word, roles] => {
            let contender = CONTENDERS
                .iter()
                .find(|contender| contender.word == word)
                .with_context(|| format!("no engine is called `{word}`"))?;
            let world = World::of(roles.parse().context("the second argument is a number")?);
            println!("{}", (contender.measure)(&world)?);
            Ok(())
        }
        _ => anyhow::bail!("takes no argument, or the word of an engine and a number of roles"),
    }
}

/// Measures every engine at every size, each in a process of its own, and prints the table.
fn measure_all() -> Result<()> {
    println!("{}", machine::name()?);
    println!("load average at the start: {}", machine::load_average()?);
    println!();
    println!("| roles | lines | engine | median | fastest round | requests | load | resident |");
    println!("| ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |");
    for roles in ROLES {
        for contender in &CONTENDERS {
            let figures = in_own_process(contender, roles)
                .with_context(|| format!("{} at {roles} roles", contender.name))?;
            println!(
                "| {roles} | {} | {} | {} | {} | {} | {} | {} |",
                roles * LINES_PER_ROLE,
                contender.name,
                human_duration(figures.median_ns),
                human_duration(figures.fastest_ns),
                figures.requests,
                human_duration(figures.load_ns),
                human_bytes(figures.resident_bytes),
            );
        }
    }
    println!();
    println!("load average at the end: {}", machine::load_average()?);
    Ok(())
}

fn in_own_process(contender: &Contender, roles: usize) -> Result<Figures> {
    let output = Command::new(env::current_exe()?)
        .args([contender.word, &roles.to_string()])
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(output.status.success(), "failed: {}", output.status);
    String::from_utf8(output.stdout)?.trim().parse()
}
