//! An archive on its way: taken from the network here, unpacked on a thread for work that blocks.

use super::answer::TreeFile;
use super::archive::{ArchiveError, Wanted, unpack};
use super::error::ReadError;
use super::fetch::Body;

use bytes::{Buf, Bytes};
use std::io::{self, Read};
use tokio::sync::mpsc;
use url::Url;

/// How many parts may wait to be unpacked.
const WAITING_PARTS: usize = 8;

/// The wanted files of an archive, without ever holding the whole of it.
pub(super) async fn files(
    asked: &Url,
    mut body: Box<Body>,
    wanted: Wanted,
) -> Result<Vec<TreeFile>, ReadError> {
    let limit = wanted.limits.archive_bytes;
    let (parts, received) = mpsc::channel(WAITING_PARTS);
    let unpacking = tokio::task::spawn_blocking(move || unpack(Parts::new(received), &wanted));
    let mut length = 0;
    while let Some(part) = body.chunk(asked).await? {
        length += part.len() as u64;
        if length > limit {
            let reason = format!("its archive is longer than {limit} bytes");
            return Err(ReadError::too_large(asked, reason));
        }
        if parts.send(part).await.is_err() {
            // It has found what ends the archive, or what is wrong with it.
            break;
        }
    }
    drop(parts);
    match unpacking.await {
        Ok(Ok(files)) => Ok(files),
        Ok(Err(error @ ArchiveError::TooLarge(_))) => {
            Err(ReadError::too_large(asked, error.to_string()))
        }
        Ok(Err(error @ (ArchiveError::Invalid(_) | ArchiveError::Read(_)))) => {
            Err(ReadError::invalid(asked, error.to_string()))
        }
        // It panicked, or the hub stops.
        Err(error) => Err(ReadError::unavailable(asked, error.to_string())),
    }
}

/// Parts as something to read from; blocks until there is one.
struct Parts {
    received: mpsc::Receiver<Bytes>,
    part: Bytes,
}

impl Parts {
    fn new(received: mpsc::Receiver<Bytes>) -> Parts {
        Parts {
            received,
            part: Bytes::new(),
        }
    }
}

impl Read for Parts {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.part.is_empty() {
            match self.received.blocking_recv() {
                Some(part) => self.part = part,
                None => return Ok(0),
            }
        }
        let count = buffer.len().min(self.part.len());
        self.part.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}
