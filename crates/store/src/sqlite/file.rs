//! The database file: made for its owner's eyes only.

use std::io;
use std::path::Path;

use tokio::fs::{DirBuilder, OpenOptions};

use crate::error::OpenError;

/// Makes the file and its folders if they are missing, and checks that it can be written.
pub(crate) async fn create(path: &Path) -> Result<(), OpenError> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => create_folder(folder).await?,
        Some(_) | None => {}
    }
    let mut options = read_and_write();
    options.create(true);
    #[cfg(unix)]
    options.mode(0o600);
    open(path, &options).await
}

/// Checks that the file exists and can be written.
pub(crate) async fn check(path: &Path) -> Result<(), OpenError> {
    open(path, &read_and_write()).await
}

async fn create_folder(folder: &Path) -> Result<(), OpenError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    builder.mode(0o700);
    builder
        .create(folder)
        .await
        .map_err(|source| OpenError::Folder {
            path: folder.to_owned(),
            source,
        })
}

fn read_and_write() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    options
}

/// Opens and closes the file, because the driver would only say that it cannot open it.
async fn open(path: &Path, options: &OpenOptions) -> Result<(), OpenError> {
    match options.open(path).await {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(OpenError::Missing {
            path: path.to_owned(),
        }),
        Err(source) => Err(OpenError::File {
            path: path.to_owned(),
            source,
        }),
    }
}
