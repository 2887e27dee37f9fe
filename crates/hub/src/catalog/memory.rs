//! Memory that is free and still held, given back to the system when the catalog has come to rest.
//!
//! To read many entities takes much more memory than they occupy afterwards. What is freed, the
//! allocator keeps for a second, since most is soon wanted again; and for what has been free for
//! longer it looks only when a large block is freed, which then may not happen for hours.

use crate::app::App;
use crate::task::Shutdown;
use std::hint::black_box;
use std::time::Duration;
use tokio::time::sleep;

/// How long the allocator keeps what is freed, and a little more.
const KEPT: Duration = Duration::from_millis(1_100);

/// How often it is made to look after a change: what follows the catalog, as search does, frees its
/// memory later.
const TIMES: usize = 8;

/// A block large enough not to share its pages; nobody writes to it, so that it takes no memory.
const LARGE_BYTES: usize = 16 * 1024 * 1024;

/// Gives memory back after changes of the catalog, until the hub stops.
pub(super) async fn give_back(app: App, mut shutdown: Shutdown) {
    let mut published = app.catalog().subscribe();
    let mut left = TIMES;
    loop {
        tokio::select! {
            changed = published.changed() => match changed {
                Ok(()) => left = TIMES,
                Err(_closed) => return,
            },
            () = sleep(KEPT), if left > 0 => {
                left -= 1;
                drop(black_box(Vec::<u8>::with_capacity(LARGE_BYTES)));
            }
            () = shutdown.signalled() => return,
        }
    }
}
