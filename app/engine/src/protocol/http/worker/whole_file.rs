//! Receives all missing bytes over one connection, from a server that serves only the whole file.

use super::body_receiver::{BodyReceiver, MAX_CLAIM_LEN};
use super::range_fallback;
use crate::protocol::error::WorkerError;
use crate::protocol::http::client::body_reader::BodyReader;
use crate::protocol::http::parse::response_check::{Content, RangeRequest};

/// Requests the whole file, and writes the missing bytes of it.
pub(super) fn fetch(receiver: &mut BodyReceiver<'_>) -> Result<(), WorkerError> {
    let connection = &mut receiver.connection;
    let (plan, mirror) = (&connection.transfer.context, connection.mirror);
    let response = connection
        .request(RangeRequest::Whole)
        .map_err(|error| connection.request_error(error))?;
    let len = plan.active().map(|file| file.info.len);
    if let Content::Coded(codings) = &response.content {
        return Err(connection.coding_error(codings));
    }
    let is_other_len = response.info.len.is_some() && response.info.len != len;
    let is_other = is_other_len || !mirror.confirm_version(&response.info.version);
    if is_other {
        let is_shorter = response
            .info
            .len
            .is_some_and(|now| len.is_some_and(|len| now < len));
        if is_shorter || plan.is_stream {
            return Err(connection.changed_error());
        }
        // All present bytes are compared while the response is read, so that it counts if they are
        // equal.
        mirror.versions.replace(response.info.version);
    }
    receive_missing(receiver, response.body)
}

/// Handles a response with the whole file instead of a range. That is an error if the server serves ranges
/// to other connections. If not, the file is downloaded as one stream.
pub(super) fn receive_instead(
    receiver: &mut BodyReceiver<'_>,
    body: BodyReader,
) -> Result<(), WorkerError> {
    let (transfer, index) = (receiver.connection.transfer, receiver.connection.index);
    if transfer.counters.others_receive(index) || !transfer.claim_sole_connection(index) {
        return Err(range_fallback::ignored());
    }
    receiver.connection.notice(
        "The server does not serve ranges of the file: one connection is used, from the first byte on",
    );
    receive_missing(receiver, body)
}

/// Reads the whole file from its first byte, and writes the missing bytes of it.
fn receive_missing(receiver: &mut BodyReceiver<'_>, body: BodyReader) -> Result<(), WorkerError> {
    let (transfer, index) = (receiver.connection.transfer, receiver.connection.index);
    let len = transfer.context.active().map_or(0, |file| file.info.len);
    let mirror = receiver.connection.mirror;
    let _served = mirror.begin_response(index);
    mirror.ranges.record_whole(false);
    let mut body = receiver.body_writer(body, 0..len)?;
    let plan = &body.file().plan;
    while body.at < len && !transfer.scheduler.is_complete() {
        if let Some(claim) = transfer.scheduler.claim_at(index, body.at, MAX_CLAIM_LEN) {
            body.expect(claim.clone());
            body.copy_to(claim.end)?;
            mirror.ranges.record_whole(true);
        } else {
            let packet = plan.id_at(body.at);
            // Present bytes pass by anyway, and show whether the file is the same.
            if !body.compare_to(plan.bytes_of(&(packet..packet + 1)).end)? {
                return Err(WorkerError::Source(transfer.context.changed_error()));
            }
        }
    }
    Ok(())
}
