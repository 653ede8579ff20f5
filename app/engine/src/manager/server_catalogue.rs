//! Public entry point: lists the files that a Lanes server offers.

use lanes_shared::catalog::Entry;

use crate::model::source_url::ServerName;
use crate::protocol::error::ConnectionError;
use crate::protocol::lanes::catalogue;

/// Fetches the whole catalogue of a Lanes server, sorted by name. Waits at most ten seconds for a
/// connection, and a minute for the catalogue.
///
/// # Errors
/// See [`ConnectionError`].
pub fn list_server_files(server: &ServerName) -> Result<Vec<Entry>, ConnectionError> {
    catalogue::list(server)
}
