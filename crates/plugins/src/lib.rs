//! What `dynamic-plugins.yaml` asks for, and what a native hub makes of it.
//!
//! The original hub fetches the packages that this file names, and loads them. This hub has its
//! features built in: an entry switches one on or off and brings a piece of configuration along.
//! What it has not is named, so that nobody looks for it in vain.
//!
//! ```
//! let name = callboard_plugins::name_of("@backstage-community/plugin-rbac@1.33.6");
//! assert_eq!(name, "backstage-community-plugin-rbac");
//! let known = callboard_plugins::known(&name).ok_or("not in the table")?;
//! assert!(known.is_native());
//! # Ok::<(), &str>(())
//! ```

mod fragment;
mod install;
mod known;
mod list;
mod lock;
mod name;

pub use fragment::Conflict;
pub use install::{InstallError, Installation, install};
pub use known::{Feature, Known, Outcome, Platform, Support, known};
pub use list::{ListError, Plugin, Selection};
pub use lock::{Lock, LockError};
pub use name::name_of;
