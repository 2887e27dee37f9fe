//! The YAML reader against the npm package's results, and on hostile text.

mod document;
mod emit;
mod limit;
mod position;
mod scalar;
