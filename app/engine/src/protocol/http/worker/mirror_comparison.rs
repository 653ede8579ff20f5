//! Compares the bytes of a mirror with those of the other servers, before it delivers any.
//!
//! Servers that report one length need not hold one file, and their validators cannot be compared.

use std::time::{Duration, Instant};

use super::byte_comparison::{self, Comparison};
use super::range_worker::RangeWorker;
use crate::model::outcome::FetchError;
use crate::protocol::error::WorkerError;
use crate::scheduling::mirror::Mirror;
use crate::storage::byte_comparison::first_sample;
use crate::sync;

/// Longest wait for the first bytes to compare with.
const MAX_WAIT: Duration = Duration::from_secs(3);
/// Interval at which they are looked for.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Compares once for each mirror. The other connections to it wait for the result.
///
/// # Errors
/// [`WorkerError::Source`] if the bytes differ, or the error of the request.
pub(super) fn run(worker: &mut RangeWorker<'_>) -> Result<(), WorkerError> {
    let transfer = worker.transfer;
    let plan = &transfer.plan;
    let mirror = worker.mirror;
    if !plan.mirrors.has_mirrors() || plan.is_stream || plan.has_checksum() {
        return Ok(());
    }
    let Some(file) = plan.active() else {
        return Ok(());
    };
    let mut is_compared = sync::lock(&mirror.compared);
    if *is_compared {
        return Ok(());
    }
    let since = Instant::now();
    let sample = loop {
        match first_sample(file) {
            Some(sample) => break sample,
            // No other server delivers anything either, so this one begins.
            None if since.elapsed() > MAX_WAIT || transfer.cancel.sleep(POLL_INTERVAL) => {
                return Ok(());
            }
            None => {}
        }
    };
    let compared = byte_comparison::fetch(worker, file, &sample)
        .map_err(|error| worker.request_error(error))?;
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
