//! The loader against the original's results, on real files.

mod diagnostic;
mod fixture;
mod read;
mod secret;
mod section;
mod vectors;
mod watch;
