//! Loads Backstage-style configuration and remembers where every value was written.
//!
//! Files are read in order, `${VAR}` and include objects are resolved in each, and the
//! layers are merged, with `APP_CONFIG_*` variables on top. This crate knows no key's
//! meaning: each feature reads its own section through [`Config`] or [`View`].
//!
//! ```
//! use callboard_config::Config;
//!
//! let config = Config::from_value(serde_json::json!({"backend": {"listen": {"port": "7007"}}}));
//! assert_eq!(config.number("backend.listen.port")?, 7007.0);
//! assert_eq!(
//!     config.string("app.baseUrl").unwrap_err().to_string(),
//!     "Missing required config value at 'app.baseUrl' in 'config'"
//! );
//! # Ok::<(), callboard_config::ConfigError>(())
//! ```

mod config;
mod diagnostic;
mod duration;
mod environment;
mod merge;
mod path;
mod secret;
mod section;
mod source;
mod span;
mod substitute;
mod view;
pub mod watch;

pub use config::Config;
pub use diagnostic::ConfigError;
pub use duration::HumanDuration;
pub use environment::Environment;
pub use secret::Secret;
pub use source::LoadOptions;
pub use span::Location;
pub use view::View;
