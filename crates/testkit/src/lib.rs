//! What the tests of Callboard share; never a normal dependency.
//!
//! ```no_run
//! # async fn example() {
//! use callboard_testkit::TestHub;
//!
//! let hub = TestHub::builder().policy_csv("g, user:default/ann, role:default/readers").start().await;
//! let answer = hub.user("user:default/ann").await.get("/api/catalog/entities").await;
//! assert_eq!(answer.status, 200);
//! # }
//! ```

mod authority;
pub mod canary;
mod client;
mod clock;
pub mod corpus;
pub mod generate;
mod hub;
mod postgres;
mod program;
mod server;

pub use authority::{Authority, Pair};
pub use client::{Answer, Client};
pub use clock::ManualClock;
pub use hub::{STATIC_TOKEN, TestHub, TestHubBuilder};
pub use postgres::Postgres;
pub use program::{FrontEnd, OpenIdProvider, ProviderKind};
pub use server::RunningHub;
