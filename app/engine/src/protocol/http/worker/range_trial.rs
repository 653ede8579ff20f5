//! Ranges of servers that may not serve them: one connection tries, and the whole file is requested in
//! place of a refused range.

use super::error_mapping::request_error;
use crate::protocol::error::{Mismatch, ProtocolError, Rejection, RequestError, WorkerError};
use crate::protocol::http::client::range_refusal;
use crate::protocol::http::client::request::HttpResponse;
use crate::protocol::http::parse::response_check::ResponseInfo;
use crate::scheduling::mirror::Mirror;
use crate::transfer::shared::Transfer;

/// Records that connection `index` receives the whole file in the first response. Returns whether others
/// may request ranges all the same; the first of them tries one.
pub(super) fn announce(
    transfer: &Transfer,
    mirror: &Mirror,
    index: usize,
    info: &ResponseInfo,
) -> bool {
    let is_announced = info.accepts_ranges || mirror.ranges.has_part();
    if is_announced && transfer.counters.connections().len() > 1 {
        mirror.ranges.announce(index);
    }
    is_announced
}

/// Ends the trial of connection `index`, if it runs one: its range was refused. Returns whether it did; then
/// the connection that receives the whole file is the only one.
pub(super) fn fail(transfer: &Transfer, mirror: &Mirror, index: usize) -> bool {
    let Some(receiver) = mirror.ranges.fail(index) else {
        return false;
    };
    if transfer.claim_sole_connection(receiver) {
        transfer
            .events
            .notice("The server does not serve ranges of the file: one connection is used");
    }
    true
}

/// Ends the trial of connection `index`, if it runs one: its range was served.
pub(super) fn succeed(transfer: &Transfer, mirror: &Mirror, index: usize) {
    if mirror.ranges.succeed(index) {
        transfer.scheduler.wake_idle();
    }
}

/// Calls `request` for the whole file in place of a range that was refused with `error`. If the file has
/// changed, that shows it; if the server serves no ranges, the file can be received so.
pub(super) fn request_whole(
    transfer: &Transfer,
    mirror: &Mirror,
    index: usize,
    error: RequestError,
    request: impl FnOnce() -> Result<HttpResponse, RequestError>,
) -> Result<HttpResponse, WorkerError> {
    // The length of the file is in question, also while other connections receive.
    let is_beyond = matches!(
        error,
        RequestError::Rejected(Rejection::RangeNotSatisfiable { .. })
    );
    let is_useful = is_beyond || !transfer.counters.others_receive(index);
    if !is_useful || !range_refusal::is_refusal(&error) || !mirror.ranges.try_whole() {
        return Err(request_error(error, mirror, transfer, index));
    }
    request().map_err(|error| match error {
        RequestError::Rejected(
            Rejection::Mismatch(Mismatch::LengthChanged)
            | Rejection::RangeNotSatisfiable { len: Some(0) },
        ) => WorkerError::Source(transfer.plan.changed_error()),
        error => request_error(error, mirror, transfer, index),
    })
}

/// Returns the error of a response without the requested range.
pub(super) fn ignored() -> WorkerError {
    WorkerError::Lost(ProtocolError::RangeIgnored)
}
