//! What a catalog at size costs a hub, over a real socket: questions, a portal's pages, memory.
//!
//! ```sh
//! cargo bench -p callboard-hub --bench portal                            # at 100,000 entities
//! cargo bench -p callboard-hub --bench portal -- scale 1000000           # how costs grow
//! cargo bench -p callboard-hub --bench portal -- scale 1000000 570000    # with so many people
//! cargo bench -p callboard-hub --bench portal -- replicas 10000 5        # the change feed
//! ```
//!
//! The hub is a process of its own, started from this program, whose database and files lie in a
//! temporary folder.

mod client;
mod hub;
mod replica;
mod scale;
mod session;
mod timing;

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
        [hub::ROLE, port, glob, database] => hub::serve(port, glob, database),
        [] => scale::run(SIZE, None),
        ["scale", size] => scale::run(number(size), None),
        ["scale", size, people] => scale::run(number(size), Some(number(people))),
        ["replicas", size, hubs] => replica::run(number(size), number(hubs)),
        _ => panic!("expected nothing, `scale SIZE [PEOPLE]` or `replicas SIZE HUBS`"),
    }
}
