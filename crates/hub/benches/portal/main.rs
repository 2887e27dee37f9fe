//! What a catalog at size costs a hub, over a real socket: questions, a portal's pages, memory.
//!
//! ```sh
//! cargo bench -p callboard-hub --bench portal                            # at 100,000 entities
//! cargo bench -p callboard-hub --bench portal -- scale 1000000           # how costs grow
//! cargo bench -p callboard-hub --bench portal -- scale 1000000 570000    # with so many people
//! cargo bench -p callboard-hub --bench portal -- session 100000 FOLDER     # requests alone
//! cargo bench -p callboard-hub --bench portal -- replicas 10000 5        # the change feed
//! cargo bench -p callboard-hub --bench portal -- pages 100000 1000       # the pages, in a browser
//! ```
//!
//! The hub is a process of its own, started from this program, whose database and files lie in a
//! temporary folder; those of a session lie in a folder that is left for the next time.

mod client;
#[path = "../../tests/it/browser/driver.rs"]
#[expect(clippy::unwrap_used, reason = "shared with the tests, which may")]
mod driver;
mod hub;
mod pages;
mod replica;
mod scale;
mod session;
mod timing;

use std::path::Path;

/// The allocator of the program that is shipped.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many entities there are when nothing is said.
const SIZE: usize = 100_000;

fn main() {
    // Cargo adds this one.
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = |text: &str| -> usize { text.parse().expect("a number") };
    match words[..] {
        [hub::ROLE, port, glob, database, roles] => {
            hub::serve(port, glob, database, number(roles));
        }
        [] => scale::run(SIZE, None),
        ["scale", size] => scale::run(number(size), None),
        ["scale", size, people] => scale::run(number(size), Some(number(people))),
        ["session", size, folder] => scale::session_in(number(size), Path::new(folder)),
        ["replicas", size, hubs] => replica::run(number(size), number(hubs)),
        ["pages", size, roles] => pages::run(number(size), number(roles)),
        _ => panic!(
            "expected nothing, `scale SIZE [PEOPLE]`, `session SIZE FOLDER`, `replicas SIZE HUBS` or \
             `pages SIZE ROLES`"
        ),
    }
}
