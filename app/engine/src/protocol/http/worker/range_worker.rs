//! Fetches ranges over one connection to an HTTP server: requests a range, writes it, requests the
//! next, until nothing is left.
//!
//! 1. A request asks for the whole range that the connection owns. The body is claimed piece by
//!    piece while it is read, so that the rest can still be stolen. A connection that reaches the
//!    moved end of its range abandons the response. So a steal costs a connection over HTTP.
//! 2. If a lost connection brought the beginning of a packet, the request begins at the first byte that is
//!    missing.
//! 3. Bytes that follow and are not claimed are read on. So the first response, which contains the
//!    whole file, extends into the segments of connections that have not begun.

use std::ops::Range;
use std::time::Instant;

use super::body_receiver::BodyReceiver;
use super::next_task::{Task, next_task};
use super::positioned_body::PositionedBody;
use super::{range_fallback, range_request, whole_file};
use crate::protocol::error::WorkerError;
use crate::protocol::http::parse::response_check::Content;

/// Fetches until nothing is left for the connection of `receiver`.
pub(super) fn run(receiver: &mut BodyReceiver<'_>) -> Result<(), WorkerError> {
    while let Some(task) = next_task(&receiver.connection) {
        match task {
            Task::Own(range) => fetch_own(receiver, range)?,
            Task::Duplicate(range) => fetch_duplicate(receiver, &range)?,
            Task::WholeFile => whole_file::fetch(receiver)?,
        }
    }
    Ok(())
}

fn fetch_own(receiver: &mut BodyReceiver<'_>, range: Range<u64>) -> Result<(), WorkerError> {
    let connection = &mut receiver.connection;
    let (transfer, index) = (connection.transfer, connection.index);
    if !transfer.cold_cache.ask(index, Instant::now(), range.start) {
        // Another connection has asked meanwhile. The segment stays free for the first one.
        return Ok(());
    }
    let is_loose = connection.mirror.versions.is_loose();
    let mut start = transfer.context.request_start(range.start, is_loose);
    let mut begun = None;
    if start == range.start
        && let Some(end) = transfer
            .partial_packets
            .end_of(start)
            .filter(|end| *end < range.end)
    {
        (start, begun) = (end, Some(range.start));
    }
    let present = start..range.start.max(start);
    let response = range_request::request(connection, &(start..range.end));
    transfer.on_far_range_answered(index);
    let Some(response) = response? else {
        // The connection that receives the whole file is the only one now.
        return Ok(());
    };
    match response.content {
        Content::Part(bytes) => receiver.receive(PositionedBody {
            begun,
            ..PositionedBody::new(response.body, bytes, present)
        }),
        Content::Whole if range.start == 0 => {
            let len = response.info.len.unwrap_or(range.end);
            receiver.receive(PositionedBody::new(response.body, 0..len, 0..0))
        }
        Content::Whole => whole_file::receive_instead(receiver, response.body),
        Content::Coded(codings) => Err(connection.coding_error(&codings)),
    }
}

fn fetch_duplicate(receiver: &mut BodyReceiver<'_>, range: &Range<u64>) -> Result<(), WorkerError> {
    let Some(response) = range_request::request(&mut receiver.connection, range)? else {
        return Ok(());
    };
    let Content::Part(bytes) = response.content else {
        return Err(range_fallback::ignored());
    };
    if bytes.end < range.end {
        return Err(range_fallback::ignored());
    }
    let mut body = receiver.body_writer(response.body, bytes)?;
    body.skip_to(range.start)?;
    body.expect(range.clone());
    body.copy_to(range.end)
}
