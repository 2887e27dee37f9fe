//! The chart through the real engine, its releases, the image read back, and the repository fetched from.

mod chart;
mod image;
mod release;
mod repository;
