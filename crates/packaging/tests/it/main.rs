//! The chart through the real engine, the image read back, and the repository fetched from.

mod chart;
mod image;
mod repository;
