//! How Callboard is packed: the image, the chart, and the pod that comes of both.
//!
//! For `cargo xtask dist` and for tests; no part of the hub uses it.
//!
//! - [`containerfile`] reads the `Containerfile`, so that the image is described once.
//! - [`image`] writes an OCI image without a container engine, and reads it back.
//! - [`chart`] packs the chart, and writes its README from its values.
//! - [`helm`] is the real Helm engine, which renders, lints and fetches the chart.
//! - [`smoke`] runs a program where there is nothing else.
//! - [`pod`] starts the containers of a rendered Deployment in a chroot.

pub mod archive;
pub mod chart;
pub mod containerfile;
pub mod helm;
pub mod image;
pub mod pod;
pub mod smoke;

use std::path::{Path, PathBuf};

/// The root of the workspace.
///
/// # Panics
///
/// Never: this crate lies two folders below it.
pub fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("the crate lies two folders below the root")
        .to_path_buf()
}
