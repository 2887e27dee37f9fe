//! Providers: what outside this hub says who holds which roles, and what these may do.
//!
//! A provider hands over everything that it has, as often as it likes; what is stored under its
//! name is brought in line with that, and nobody else changes it.

mod apply;
mod connection;

pub use connection::Connection;

use crate::app::App;
use crate::hub::StartError;
use crate::task::BoxFuture;
use std::sync::Arc;

/// Why a provider could not do its work.
pub type ProviderError = Box<dyn std::error::Error + Send + Sync>;

/// A source of roles outside this hub.
///
/// Give them to a hub in [`crate::Parts`].
pub trait RoleProvider: Send + Sync {
    /// Its name: the source of its roles, and its id at `POST /api/permission/refresh/{id}`.
    ///
    /// No two providers have the same one, and none that of a source of the hub's own, such as
    /// `rest`.
    fn name(&self) -> &str;

    /// Gets the connection over which it hands over its roles, once, before the hub serves.
    fn connect(self: Arc<Self>, connection: Connection) -> BoxFuture<Result<(), ProviderError>>;

    /// Hands over what it has now; somebody asked for it.
    fn refresh(self: Arc<Self>) -> BoxFuture<Result<(), ProviderError>>;
}

/// Connects every provider, one after the other.
pub(super) async fn connect(app: &App) -> Result<(), StartError> {
    for provider in app.core().providers.iter() {
        let connection = Connection::new(app, provider.name());
        let connected = Arc::clone(provider).connect(connection).await;
        connected.map_err(|cause| StartError::Provider {
            name: provider.name().to_owned(),
            cause,
        })?;
    }
    Ok(())
}
