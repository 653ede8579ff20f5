//! The work of a connection before the length of the file is known: one connection requests it, the
//! others connect meanwhile.

use std::sync::Arc;
use std::time::Duration;

use super::range_worker::RangeWorker;
use super::{range_trial, unknown_length};
use crate::model::connection_state::ConnectionState;
use crate::model::outcome::FetchError;
use crate::protocol::error::{Mismatch, Rejection, RequestError, WorkerError};
use crate::protocol::http::client::request::HttpResponse;
use crate::protocol::http::client::{body_decoder, range_refusal};
use crate::protocol::http::parse::content_coding;
use crate::protocol::http::parse::resource_info::empty_file;
use crate::protocol::http::parse::response_check::{Content, RangeRequest, ResponseInfo};
use crate::transfer::length_request::LengthRequest;

/// Time that a prepared connection waits when it is surplus. An estimate from the first bytes often
/// proves wrong within that time.
const STANDBY: Duration = Duration::from_secs(1);
/// Shortest pause before a busy server is asked again.
const BUSY: Duration = Duration::from_millis(500);
/// A server within this round trip is near.
const NEAR: Duration = Duration::from_millis(10);

/// Waits until the length is known, or requests it. Returns whether the connection has work.
pub(super) fn run(worker: &mut RangeWorker<'_>) -> Result<bool, WorkerError> {
    let transfer = worker.transfer;
    worker.set_state(ConnectionState::Connecting);
    let mut is_prepared = false;
    loop {
        if transfer.cancel.is_cancelled() || is_surplus(worker, is_prepared) {
            return Ok(false);
        }
        let may_probe = transfer.plan.mirrors.may_probe(worker.mirror.index);
        match transfer.claim_length_request(worker.index, may_probe) {
            LengthRequest::Known => break,
            LengthRequest::Yours => request_length(worker)?,
            LengthRequest::Wait if is_prepared => {}
            LengthRequest::Wait => is_prepared = preconnect(worker),
        }
    }
    Ok(!is_surplus(worker, is_prepared))
}

/// Returns whether the connection must leave. A prepared one first waits whether it is needed after
/// all.
fn is_surplus(worker: &RangeWorker<'_>, is_prepared: bool) -> bool {
    let transfer = worker.transfer;
    if is_prepared && transfer.scheduler.is_surplus(worker.index) {
        worker.set_state(ConnectionState::Done);
        transfer.scheduler.wait_if_surplus(worker.index, STANDBY);
    }
    worker.must_leave()
}

/// Connects to the address at which another connection has reached the server, so that the
/// connection is ready when the length is known. Returns whether that was tried.
fn preconnect(worker: &RangeWorker<'_>) -> bool {
    if worker.is_reused() {
        return true;
    }
    let Some(reached) = worker.mirror.known_address.get() else {
        return false;
    };
    let connection = worker.connection();
    // The first request reports why a connection fails.
    if let Ok(socket) = connection
        .dialer
        .dial(&reached.origin, [reached.address], || {})
    {
        connection.transport.keep_idle(Arc::new(socket));
    }
    true
}

/// Requests the whole file, or its length and everything that arrives with it.
fn request_length(worker: &mut RangeWorker<'_>) -> Result<(), WorkerError> {
    let mut requested = if worker.mirror.has_invalid_ranges() {
        RangeRequest::Whole
    } else {
        RangeRequest::From(0)
    };
    loop {
        match worker.request(requested) {
            Ok(response) => return receive(worker, response),
            Err(RequestError::Rejected(Rejection::RangeNotSatisfiable { len: Some(0) })) => {
                worker.check_len(0)?;
                return worker.confirm_resource(&empty_file(), 0).map(drop);
            }
            // A server whose ranges are wrong or refused may still serve the whole file.
            Err(error) if requested != RangeRequest::Whole && range_refusal::is_refusal(&error) => {
                if let RequestError::Rejected(Rejection::Mismatch(Mismatch::UnknownTotal)) = error {
                    worker.mirror.ranges.record_part();
                }
                worker.mirror.set_invalid_ranges();
                requested = RangeRequest::Whole;
            }
            Err(error) => {
                // Some servers and firewalls refuse ranges as if they were busy.
                if let RequestError::Rejected(Rejection::Busy {
                    retry_after: None, ..
                }) = error
                {
                    worker.mirror.set_invalid_ranges();
                }
                if matches!(error, RequestError::Rejected(Rejection::Busy { .. })) {
                    // Before another connection asks: the worker sets the real pause.
                    worker.transfer.delay_first_request(BUSY);
                }
                return Err(worker.request_error(error));
            }
        }
    }
}

/// Receives the first response, and starts the download with what it says about the file.
fn receive(worker: &mut RangeWorker<'_>, response: HttpResponse) -> Result<(), WorkerError> {
    let transfer = worker.transfer;
    let HttpResponse {
        content,
        info,
        body,
    } = response;
    if info.is_metalink && transfer.plan.spec.stop_at_metalink {
        return Err(WorkerError::Fatal(FetchError::Metalink));
    }
    if let Content::Coded(codings) = &content {
        worker.notice(&format!(
            "The server sends the file with Content-Encoding {}, which was not accepted: it is decoded, over one connection, and the download cannot be resumed",
            content_coding::list(codings)
        ));
        return unknown_length::receive(worker, &info, body_decoder::decode(body, codings));
    }
    let Some(len) = info.len else {
        worker.notice(
            "The server does not report the length of the file: one connection is used, and the download cannot be resumed",
        );
        return unknown_length::receive(worker, &info, body);
    };
    worker.check_len(len)?;
    let is_in_parts = content != Content::Whole
        || range_trial::announce(transfer, worker.mirror, worker.index, &info);
    if !is_in_parts && len > 0 {
        transfer.claim_sole_connection(worker.index);
        worker.notice("The server does not serve ranges of the file: one connection is used");
    }
    if is_in_parts
        && transfer.wants_capacity_estimate(len)
        && let Some(train) = body.packet_train()
    {
        transfer.record_packet_train(&train, len);
    }
    if content != Content::Whole {
        observe_far_range(worker);
    }
    worker.confirm_resource(&info, len)?;
    if is_in_parts {
        warn_if_unverifiable(worker, &info);
    }
    match content {
        Content::Part(bytes) => worker.read(body, bytes, 0..0),
        Content::Whole | Content::Coded(_) => worker.read(body, 0..len, 0..0),
    }
}

/// Lets one connection ask for a far range first, if the number of connections is chosen automatically.
fn observe_far_range(worker: &RangeWorker<'_>) {
    let transfer = worker.transfer;
    let spec = &transfer.plan.spec;
    let has_choice = spec.auto && !spec.open_all_connections && spec.mirrors.is_empty();
    if !has_choice || transfer.counters.connections().len() == 1 {
        return;
    }
    // On a long path the wait would take the others a round trip.
    let socket = worker.connection().transport.socket();
    let holds = socket.is_some_and(|socket| socket.round_trip() < NEAR);
    let latency = transfer.counters[worker.index].latency();
    transfer.far_range.begin(worker.index, latency, holds);
}

/// Warns that ranges of two versions of the file cannot be distinguished.
fn warn_if_unverifiable(worker: &RangeWorker<'_>, info: &ResponseInfo) {
    let request = &worker.transfer.plan.spec;
    let has_checksum = request.checksum.is_some() || request.pieces.is_some();
    let is_verifiable = info.version.is_known() || info.checksum.is_some() || has_checksum;
    if !is_verifiable && worker.transfer.scheduler.target_connections() > 1 {
        worker.notice(
            "The server reports no version of the file: if it changes during the download, only a checksum can detect that",
        );
    }
}
