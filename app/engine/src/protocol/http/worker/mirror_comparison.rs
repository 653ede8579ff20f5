//! Compares the bytes of a mirror with those of the other servers, before it delivers any.
//!
//! Servers that report one length need not hold one file, and their validators cannot be compared.

use super::comparison_request::{self, Comparison};
use super::server_connection::ServerConnection;
use crate::model::outcome::FetchError;
use crate::protocol::error::WorkerError;
use crate::scheduling::mirror::Mirror;
use crate::sync;

/// Compares once for each mirror. The other connections to it wait for the result.
///
/// # Errors
/// [`WorkerError::Source`] if the bytes differ, or the error of the request.
pub(super) fn run(connection: &mut ServerConnection<'_>) -> Result<(), WorkerError> {
    let transfer = connection.transfer;
    let context = &transfer.context;
    let mirror = connection.mirror;
    if !context.mirrors.has_mirrors() || context.is_stream || context.has_checksum() {
        return Ok(());
    }
    let Some(file) = context.active() else {
        return Ok(());
    };
    let mut is_compared = sync::lock(&mirror.compared);
    if *is_compared {
        return Ok(());
    }
    let Some(sample) = comparison_request::wait_for_sample(transfer, file) else {
        // No other server delivers anything either, so this one begins. Its bytes are compared at the end.
        *is_compared = true;
        return Ok(());
    };
    let compared = comparison_request::fetch(connection, file, &sample)
        .map_err(|error| connection.request_error(error))?;
    if compared.bytes == Comparison::Differs {
        return Err(WorkerError::Source(differs(mirror)));
    }
    *is_compared = compared.bytes == Comparison::Equal;
    Ok(())
}

/// Returns the error for a mirror with other bytes.
pub(super) fn differs(mirror: &Mirror) -> FetchError {
    let host = mirror.url.host();
    FetchError::Changed(format!(
        "{host} has other bytes of the file than the other servers, or the file has changed; start over without that server"
    ))
}
