//! Falls back to the whole file where a server refuses ranges, or may not serve them: one connection tries a
//! range, and the whole file is requested in place of a refused one.

use super::server_connection::ServerConnection;
use crate::protocol::error::{Mismatch, ProtocolError, Rejection, RequestError, WorkerError};
use crate::protocol::http::client::range_refusal;
use crate::protocol::http::client::request_with_redirects::HttpResponse;
use crate::protocol::http::parse::response_check::{RangeRequest, ResponseInfo};

/// Records that `connection` receives the whole file in the first response. Returns whether others may
/// request ranges all the same; the first of them tries one.
pub(super) fn announce(connection: &ServerConnection<'_>, info: &ResponseInfo) -> bool {
    let ranges = &connection.mirror.ranges;
    let is_announced = info.accepts_ranges || ranges.has_part();
    if is_announced && connection.transfer.counters.allowed() > 1 {
        ranges.announce(connection.index);
    }
    is_announced
}

/// Ends the trial of `connection`, if it runs one: its range was refused. Returns whether it did; then the
/// connection that receives the whole file is the only one.
pub(super) fn fail(connection: &ServerConnection<'_>) -> bool {
    let Some(receiver) = connection.mirror.ranges.fail(connection.index) else {
        return false;
    };
    if connection.transfer.claim_sole_connection(receiver) {
        connection.notice("The server does not serve ranges of the file: one connection is used");
    }
    true
}

/// Ends the trial of `connection`, if it runs one: its range was served.
pub(super) fn succeed(connection: &ServerConnection<'_>) {
    if connection.mirror.ranges.succeed(connection.index) {
        connection.transfer.scheduler.wake_idle();
    }
}

/// Requests the whole file in place of a range that was refused with `error`. If the file has changed, that
/// shows it; if the server serves no ranges, the file can be received so.
pub(super) fn request_whole(
    connection: &mut ServerConnection<'_>,
    error: RequestError,
) -> Result<HttpResponse, WorkerError> {
    // The length of the file is in question, also while other connections receive.
    let is_beyond = matches!(
        error,
        RequestError::Rejected(Rejection::RangeNotSatisfiable { .. })
    );
    let counters = &connection.transfer.counters;
    // After parts, a status has another reason: the link has expired, or further connections are refused.
    let is_denied = matches!(error, RequestError::Rejected(Rejection::Denied(_)));
    let is_about_ranges = !(is_denied && connection.mirror.ranges.has_inner_part());
    let is_useful = is_beyond || is_about_ranges && !counters.others_receive(connection.index);
    if !is_useful || !range_refusal::is_refusal(&error) || !connection.mirror.ranges.try_whole() {
        return Err(connection.request_error(error));
    }
    connection
        .request(RangeRequest::Whole)
        .map_err(|error| match error {
            RequestError::Rejected(
                Rejection::Mismatch(Mismatch::LengthChanged)
                | Rejection::RangeNotSatisfiable { len: Some(0) },
            ) => connection.changed_error(),
            error => connection.request_error(error),
        })
}

/// Returns the error of a response without the requested range.
pub(super) fn ignored() -> WorkerError {
    WorkerError::Lost(ProtocolError::RangeIgnored)
}
