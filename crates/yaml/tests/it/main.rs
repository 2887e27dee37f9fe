//! The YAML reader against the npm package's results, and on hostile text.

mod document;
mod limit;
mod position;
mod scalar;
