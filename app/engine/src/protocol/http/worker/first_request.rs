//! The work of a connection before the length of the file is known: one connection requests it, the
//! others connect meanwhile.

use std::time::Duration;

use super::body_receiver::BodyReceiver;
use super::positioned_body::PositionedBody;
use super::server_connection::ServerConnection;
use super::{range_fallback, unsized_body};
use crate::model::connection_state::ConnectionState;
use crate::model::outcome::FetchError;
use crate::protocol::error::{Mismatch, Rejection, RequestError, WorkerError};
use crate::protocol::http::client::request_with_redirects::HttpResponse;
use crate::protocol::http::client::{body_decoder, range_refusal};
use crate::protocol::http::parse::content_coding;
use crate::protocol::http::parse::resource_info_of_response::empty_file;
use crate::protocol::http::parse::response_check::{Content, RangeRequest, ResponseInfo};
use crate::transfer::length_request_claim::LengthRequestClaim;

/// Time that a prepared connection waits when it is surplus. An estimate from the first bytes often
/// proves wrong within that time.
const STANDBY: Duration = Duration::from_secs(1);
/// Shortest pause before a busy server is asked again.
const BUSY: Duration = Duration::from_millis(500);
/// A server within this round trip is near.
const NEAR: Duration = Duration::from_millis(10);

/// Waits until the length is known, or requests it. Returns whether the connection has work.
pub(super) fn run(receiver: &mut BodyReceiver<'_>) -> Result<bool, WorkerError> {
    let transfer = receiver.connection.transfer;
    receiver.connection.set_state(ConnectionState::Connecting);
    let mut is_prepared = false;
    loop {
        let connection = &mut receiver.connection;
        if transfer.cancel.is_cancelled() || is_surplus(connection, is_prepared) {
            return Ok(false);
        }
        let may_probe = transfer.context.mirrors.may_probe(connection.mirror.index);
        match transfer.claim_length_request(connection.index, may_probe) {
            LengthRequestClaim::Known => break,
            LengthRequestClaim::Yours => request_length(receiver)?,
            LengthRequestClaim::Wait if is_prepared => {}
            LengthRequestClaim::Wait => is_prepared = preconnect(connection),
        }
    }
    Ok(!is_surplus(&receiver.connection, is_prepared))
}

/// Returns whether the connection must leave. A prepared one first waits whether it is needed after
/// all.
fn is_surplus(connection: &ServerConnection<'_>, is_prepared: bool) -> bool {
    let transfer = connection.transfer;
    if is_prepared && transfer.scheduler.is_surplus(connection.index) {
        connection.set_state(ConnectionState::Done);
        transfer
            .scheduler
            .wait_if_surplus(connection.index, STANDBY);
    }
    connection.must_leave()
}

/// Connects to the address at which another connection has reached the server, so that the
/// connection is ready when the length is known. Returns whether that was tried. If this download
/// does not need the connection, the next one does.
fn preconnect(connection: &mut ServerConnection<'_>) -> bool {
    if connection.is_reused() {
        return true;
    }
    let Some(reached) = connection.mirror.known_address.get() else {
        return false;
    };
    let pooled = connection.pooled();
    // The first request reports why a connection fails.
    if let Ok(socket) = pooled
        .dialer
        .dial(&reached.origin, [reached.address], || {})
    {
        connection.set_preconnected(socket);
    }
    true
}

/// Requests the whole file, or its length and everything that arrives with it.
fn request_length(receiver: &mut BodyReceiver<'_>) -> Result<(), WorkerError> {
    let connection = &mut receiver.connection;
    let mut requested = if connection.mirror.has_invalid_ranges() {
        RangeRequest::Whole
    } else {
        RangeRequest::From(0)
    };
    loop {
        match connection.request(requested) {
            Ok(response) => return receive(receiver, response),
            Err(RequestError::Rejected(Rejection::RangeNotSatisfiable { len: Some(0) })) => {
                connection.check_len(0)?;
                return receiver.confirm_resource(&empty_file(), 0).map(drop);
            }
            // A server whose ranges are wrong or refused may still serve the whole file.
            Err(error) if requested != RangeRequest::Whole && range_refusal::is_refusal(&error) => {
                if let RequestError::Rejected(Rejection::Mismatch(Mismatch::UnknownTotal)) = error {
                    connection.mirror.ranges.record_part();
                }
                connection.mirror.set_invalid_ranges();
                requested = RangeRequest::Whole;
            }
            Err(error) => {
                // Some servers and firewalls refuse ranges as if they were busy.
                if let RequestError::Rejected(Rejection::Busy {
                    retry_after: None, ..
                }) = error
                {
                    connection.mirror.set_invalid_ranges();
                }
                if let RequestError::Rejected(
                    Rejection::Busy { .. } | Rejection::Mismatch(Mismatch::Status(_)),
                ) = error
                {
                    // Before another connection asks: the end of this worker sets the real pause.
                    connection.transfer.delay_first_request(BUSY);
                }
                return Err(connection.request_error(error));
            }
        }
    }
}

/// Receives the first response, and starts the download with what it says about the file.
fn receive(receiver: &mut BodyReceiver<'_>, response: HttpResponse) -> Result<(), WorkerError> {
    let connection = &receiver.connection;
    let transfer = connection.transfer;
    let HttpResponse {
        content,
        info,
        body,
    } = response;
    if info.is_metalink && transfer.context.spec.stop_at_metalink {
        return Err(WorkerError::Fatal(FetchError::Metalink));
    }
    if let Some(values) = &info.unknown_coding {
        connection.notice(&format!(
            "The server sends Content-Encoding {values}, which is no known coding: the bytes are saved as they arrive"
        ));
    }
    if let Content::Coded(codings) = &content {
        connection.notice(&format!(
            "The server sends the file with the coding {}, which was not accepted: it is decoded, over one connection, and the download cannot be resumed",
            content_coding::list(codings)
        ));
        return unsized_body::receive(connection, &info, body_decoder::decode(body, codings));
    }
    let Some(len) = info.len else {
        connection.notice(
            "The server does not report the length of the file: one connection is used, and the download cannot be resumed",
        );
        return unsized_body::receive(connection, &info, body);
    };
    connection.check_len(len)?;
    let is_in_parts = content != Content::Whole || range_fallback::announce(connection, &info);
    if !is_in_parts && len > 0 {
        transfer.claim_sole_connection(connection.index);
        connection.notice("The server does not serve ranges of the file: one connection is used");
    }
    if is_in_parts
        && transfer.wants_capacity_estimate(len)
        && let Some(train) = body.packet_train()
    {
        transfer.record_packet_train(&train, len);
    }
    if content != Content::Whole {
        observe_far_range(connection);
    }
    receiver.confirm_resource(&info, len)?;
    if is_in_parts {
        warn_if_unverifiable(connection, &info);
    }
    match content {
        Content::Part(bytes) => receiver.receive(PositionedBody::new(body, bytes, 0..0)),
        Content::Whole | Content::Coded(_) => {
            receiver.receive(PositionedBody::new(body, 0..len, 0..0))
        }
    }
}

/// Lets one connection ask for a far range first, if the number of connections is chosen automatically.
fn observe_far_range(connection: &ServerConnection<'_>) {
    let transfer = connection.transfer;
    let spec = &transfer.context.spec;
    let has_choice = spec.auto && !spec.open_all_connections && spec.mirrors.is_empty();
    let has_choice = has_choice && !transfer.ways.has_choice();
    if !has_choice || transfer.counters.allowed() == 1 {
        return;
    }
    // On a long path the wait would take the others a round trip.
    let socket = connection.pooled().transport.socket();
    let holds = socket.is_some_and(|socket| socket.round_trip() < NEAR);
    let latency = transfer.counters[connection.index].latency();
    transfer.cold_cache.begin(connection.index, latency, holds);
}

/// Warns that ranges of two versions of the file cannot be distinguished.
fn warn_if_unverifiable(connection: &ServerConnection<'_>, info: &ResponseInfo) {
    let request = &connection.transfer.context.spec;
    let has_checksum = request.checksum.is_some() || request.pieces.is_some();
    let is_verifiable = info.version.is_known() || info.checksum.is_some() || has_checksum;
    if !is_verifiable && connection.transfer.scheduler.target_connections() > 1 {
        connection.notice(
            "The server reports no version of the file: if it changes during the download, only a checksum can detect that",
        );
    }
}
