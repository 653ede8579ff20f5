//! Receives the bodies of one connection into the file, as far as the connection can claim their bytes.

use std::ops::Range;

use super::body_writer::{BodySink, BodyWriter};
use super::hedged_request;
use super::positioned_body::{PositionedBody, Silence, StalledBody};
use super::server_connection::ServerConnection;
use crate::protocol::error::{ProtocolError, TransportError, WorkerError};
use crate::protocol::http::client::body_reader::BodyReader;
use crate::protocol::http::parse::resource_info_of_response::resource_info;
use crate::protocol::http::parse::response_check::ResponseInfo;
use crate::protocol::http::transport::pool::PooledConnection;
use crate::storage::open_download::OpenDownload;
use crate::transfer::range_writer::RangeWriter;
use crate::transfer::shared::Transfer;

/// Shortest claim in bytes. Between this and [`MAX_CLAIM_LEN`] a claim is what arrives in a quarter of a
/// second.
const MIN_CLAIM_LEN: u64 = 64 * 1024;
/// Longest claim in bytes.
pub(super) const MAX_CLAIM_LEN: u64 = 1024 * 1024;

/// A connection, and the writer of the ranges that it has claimed.
pub(super) struct BodyReceiver<'a> {
    pub connection: ServerConnection<'a>,
    writer: Option<RangeWriter<'a>>,
}

impl<'a> BodyReceiver<'a> {
    /// Creates a receiver of the bodies that come over `connection`.
    pub fn new(connection: ServerConnection<'a>) -> Self {
        let writer = None;
        Self { connection, writer }
    }

    /// Releases unfinished ranges. Returns the connection if it can carry another request.
    pub fn finish(self) -> Option<PooledConnection> {
        let (transfer, index) = (self.connection.transfer, self.connection.index);
        self.connection.mirror.ranges.abandon(index);
        let unfinished = self.writer.map(RangeWriter::into_unfinished);
        let unfinished = unfinished.into_iter().flatten();
        transfer
            .scheduler
            .release(&transfer.context, index, unfinished);
        self.connection.into_idle()
    }

    /// Confirms the length of the file and the rest of its description.
    pub fn confirm_resource(
        &self,
        info: &ResponseInfo,
        len: u64,
    ) -> Result<&'a OpenDownload, WorkerError> {
        let (transfer, mirror) = (self.connection.transfer, self.connection.mirror);
        if !mirror.confirm_version(&info.version) {
            return Err(self.connection.changed_error());
        }
        let file = transfer
            .confirm_resource(resource_info(info, len), Some(self.connection.index))
            .map_err(WorkerError::Fatal)?;
        // The other servers are compared with this one.
        mirror.set_compared();
        if len == 0 {
            transfer.mark_complete();
            transfer.scheduler.wake_idle();
        }
        Ok(file)
    }

    /// Receives a response, as far as the connection can claim its bytes. If it falls silent, it is read on, or
    /// continued by the response to a second request.
    pub fn receive(&mut self, mut incoming: PositionedBody) -> Result<(), WorkerError> {
        let connection = &self.connection;
        let _served = connection.mirror.begin_response(connection.index);
        while let Some((silent, error)) = self.receive_until_silence(incoming)? {
            incoming = hedged_request::outlast(&mut self.connection, silent, error)?;
            if incoming.silence.is_none() {
                self.connection.mirror.count_body();
            }
        }
        Ok(())
    }

    /// Receives a response. Returns its rest, and the error, if nothing arrives any more.
    fn receive_until_silence(
        &mut self,
        incoming: PositionedBody,
    ) -> Result<Option<(StalledBody, WorkerError)>, WorkerError> {
        let (transfer, index) = (self.connection.transfer, self.connection.index);
        let (mirror, permit, seat) = self.connection.place();
        let should_yield = || permit.should_yield() || seat.should_leave();
        let (bytes, start) = (incoming.bytes, incoming.present.end);
        let mut body = self.body_writer(incoming.body, bytes.clone())?;
        if let Some(silence) = incoming.silence {
            body.set_last_byte(silence.since);
        }
        check_present(transfer, &mut body, incoming.present)?;
        let file = body.file();
        file.map.mark_start(start);
        // The beginning of a packet is kept only if there is nothing else.
        let whole = file.whole_packets_until(bytes.end);
        let end = if whole > start { whole } else { bytes.end };
        let (mut claimed, mut begun) = (incoming.claimed, incoming.begun);
        while body.at < end {
            let claim_end = match claimed.take() {
                Some(claim_end) => Some(claim_end),
                None if should_yield() => None,
                None => claim(transfer, index, &mut body, begun.take(), end),
            };
            let Some(claim_end) = claim_end else {
                let is_last = mirror.refuses_requests() && !should_yield();
                if is_last && body.pass_present(end)? {
                    continue;
                }
                let is_connected = body.abandon()?;
                self.connection.set_connected(is_connected);
                return Ok(None);
            };
            if let Err(error) = body.copy_to(claim_end.min(end)) {
                keep_beginning(transfer, index, body.at, claim_end);
                return match is_silence(&error) {
                    true => Ok(Some((silent(body, claim_end, incoming.silence), error))),
                    false => Err(error),
                };
            }
            if claim_end > end {
                keep_beginning(transfer, index, end, claim_end);
                body.abandon_packet();
                let packet = file.plan.offset(file.plan.id_at(end));
                transfer.scheduler.unclaim(index, packet..claim_end);
            }
        }
        let is_connected = match end == bytes.end {
            true => body.finish()?,
            false => body.abandon()?,
        };
        self.connection.set_connected(is_connected);
        Ok(None)
    }

    /// Returns the writer that copies `body`, which contains `bytes`, into the file.
    pub fn body_writer(
        &mut self,
        body: BodyReader,
        bytes: Range<u64>,
    ) -> Result<BodyWriter<'_, 'a>, WorkerError> {
        let connection = &mut self.connection;
        let (transfer, index) = (connection.transfer, connection.index);
        let Some(file) = transfer.context.active() else {
            return Err(WorkerError::Lost(ProtocolError::Stopped));
        };
        let writer = self
            .writer
            .get_or_insert_with(|| RangeWriter::new(transfer, file, index));
        let sink = BodySink {
            writer,
            counters: &transfer.counters[index],
            file,
            mirrors: &transfer.context.mirrors,
            mirror: connection.mirror,
        };
        Ok(BodyWriter::new(sink, connection.pooled_mut(), body, bytes))
    }
}

/// Returns the length of a claim at `rate` bytes a second.
fn claim_len(rate: f64) -> u64 {
    ((rate / 4.0) as u64).clamp(MIN_CLAIM_LEN, MAX_CLAIM_LEN)
}

/// Compares the bytes of `present`, which a response contains before the first missing one.
fn check_present(
    transfer: &Transfer,
    body: &mut BodyWriter<'_, '_>,
    present: Range<u64>,
) -> Result<(), WorkerError> {
    body.skip_to(present.start)?;
    if !body.compare_to(present.end)? {
        return Err(WorkerError::Source(transfer.context.changed_error()));
    }
    if !present.is_empty() {
        transfer.context.overlaps.set_equal(present.end);
    }
    Ok(())
}

/// Claims the next bytes of `body` for connection `index`, up to offset `end`: from `begun` on, if the beginning
/// of a packet is in the file already. Returns the end of the claim.
fn claim(
    transfer: &Transfer,
    index: usize,
    body: &mut BodyWriter<'_, '_>,
    begun: Option<u64>,
    end: u64,
) -> Option<u64> {
    let from = begun.unwrap_or(body.at);
    let limit = claim_len(body.rate()).min(end - from);
    let claim = transfer.scheduler.claim_at(index, from, limit)?;
    body.expect(claim.clone());
    Some(claim.end)
}

/// Returns the rest of `body`, in which nothing arrives any more.
fn silent(body: BodyWriter<'_, '_>, claimed: u64, earlier: Option<Silence>) -> StalledBody {
    let (body, bytes, since) = body.into_rest();
    let earlier = earlier.filter(|silence| silence.since == since);
    StalledBody {
        body,
        bytes,
        claimed,
        silence: earlier.unwrap_or(Silence { since, tries: 0 }),
    }
}

/// Keeps the beginning of the packet that contains offset `at`, up to which the bytes of a claim that ends at
/// `claim_end` have arrived.
fn keep_beginning(transfer: &Transfer, index: usize, at: u64, claim_end: u64) {
    let Some(file) = transfer.context.active().filter(|_| at < claim_end) else {
        return;
    };
    let start = file.plan.offset(file.plan.id_at(at));
    if start < at {
        let gained = transfer.partial_packets.record(start, at);
        transfer.counters[index].add_kept(gained);
    }
}

/// Returns whether a connection was lost because nothing arrived within its limit.
fn is_silence(error: &WorkerError) -> bool {
    matches!(
        error,
        WorkerError::Lost(ProtocolError::Transport(TransportError::Idle { .. }))
    )
}
