//! The worker of one connection to a Lanes server: requests runs of packets, stores what arrives,
//! and requests more until nothing is left.
//!
//! 1. The first request leaves together with the greeting. Before the length is known it asks for
//!    the beginning of this connection's *equal segment*. Both sides compute the segments with the
//!    same function, so no round trip is spent on learning the length first.
//! 2. Requests are pipelined: the next runs are requested while earlier ones are in flight, as much
//!    as the connection transfers in a few round trips. Not more, so that the rest can still be
//!    stolen by a faster connection.
//! 3. A reply is accepted once, and only if it was requested; everything else is a protocol
//!    violation. So a server cannot keep a connection busy without delivering the file.

mod failure;
mod replies;

use std::net::TcpStream;
use std::time::Duration;

use lanes_shared::endgame;
use lanes_shared::request_window::RequestWindow;
use lanes_shared::wire::{Opened, Order, Request, RunRequest};

use self::failure::{worker_error, write_error};
use super::connection::{Connection, hello};
use crate::model::connection_state::ConnectionState;
use crate::model::source_url::ServerName;
use crate::model::spec::Mode;
use crate::model::time_limits::TimeLimits;
use crate::protocol::error::{ConnectionError, Disconnect, ProtocolViolation, WorkerError};
use crate::protocol::way_trouble;
use crate::scheduling::way_set::WaySeat;
use crate::storage::open_download::OpenDownload;
use crate::transfer::range_writer::RangeWriter;
use crate::transfer::shared::Transfer;

/// Limit of runs in flight; the gaps of an earlier attempt can be short.
const MAX_RUNS: usize = 64;
/// Limit of replies in a row that report the digest as pending without [`HASHED_STEP`] more bytes
/// hashed. The server of this project sends one a second.
const MAX_PENDING_REPLIES: u32 = 600;
/// Progress that resets the count of pending replies, in bytes (1 MiB).
const HASHED_STEP: u64 = 1 << 20;

/// Fetches over one connection until nothing is left for it.
///
/// # Errors
/// Any [`WorkerError`] but `Busy` and `Denied`.
pub(crate) fn run(
    transfer: &Transfer,
    index: usize,
    server: &ServerName,
    name: &str,
) -> Result<(), WorkerError> {
    loop {
        let seat = transfer.ways.take(index, 0, &transfer.counters[index]);
        let end = run_over(transfer, index, (server, name), &seat);
        if end.is_err() || !seat.should_leave() || !transfer.is_needed(index) {
            return end.map_err(|error| way_trouble::explain(error, &seat));
        }
    }
}

/// Fetches over one connection, until nothing is left for it or it must leave its way.
fn run_over(
    transfer: &Transfer,
    index: usize,
    (server, name): (&ServerName, &str),
    seat: &WaySeat<'_>,
) -> Result<(), WorkerError> {
    let mut worker = LanesWorker::new(transfer, index, server, name);
    let end = worker.run(seat);
    let unfinished = worker
        .writer
        .map(RangeWriter::into_unfinished)
        .into_iter()
        .flatten();
    transfer
        .scheduler
        .release(&transfer.context, index, unfinished);
    end.map_err(|error| worker_error(error, server, transfer.context.active().is_some()))
}

/// State of one connection.
struct LanesWorker<'a> {
    transfer: &'a Transfer,
    index: usize,
    server: &'a ServerName,
    name: &'a str,
    /// Present once the server has opened the file.
    writer: Option<RangeWriter<'a>>,
    window: RequestWindow,
    /// True if the beginning of the equal segment was requested before the length was known.
    requested_segment: bool,
    /// Requested length of the packets in bytes.
    packet_len: u32,
    welcomed: bool,
    /// Offset of the next byte of the stream.
    stream_at: u64,
    /// True if a stream was requested and has not begun.
    stream_requested: bool,
    damaged_packets: u32,
    digest_requested: bool,
    /// Replies that reported the digest as pending since `hashed` last grew.
    pending_replies: u32,
    /// Bytes hashed by the server.
    hashed: u64,
    report_requested: bool,
}

impl<'a> LanesWorker<'a> {
    fn new(transfer: &'a Transfer, index: usize, server: &'a ServerName, name: &'a str) -> Self {
        Self {
            transfer,
            index,
            server,
            name,
            writer: None,
            window: RequestWindow::default(),
            requested_segment: false,
            packet_len: transfer.context.spec.packet_len,
            welcomed: false,
            stream_at: 0,
            stream_requested: false,
            damaged_packets: 0,
            digest_requested: false,
            pending_replies: 0,
            hashed: 0,
            report_requested: false,
        }
    }

    fn run(&mut self, seat: &WaySeat<'_>) -> Result<(), ConnectionError> {
        let transfer = self.transfer;
        let counters = &transfer.counters[self.index];
        counters.set_state(ConnectionState::Connecting);
        let cancel = transfer.cancel.of_group(seat.group());
        let watch = |socket: &TcpStream| cancel.guard(socket);
        let limits = TimeLimits::default().among_ways(transfer.ways.has_choice());
        let (mut connection, guard) =
            Connection::open(self.server, seat.name(), limits.connect, watch)?;
        if !guard.is_registered() {
            return Err(ConnectionError::Lost(Disconnect::Stopped));
        }
        if let Some(address) = connection.peer() {
            counters.set_remote(address);
        }
        counters.set_state(ConnectionState::Waiting);
        let connect = connection.age();
        connection.send(&self.greeting())?;
        loop {
            let bytes = connection.receive(self)? as u64;
            let now = connection.age();
            counters.set_round_trip(connect, now);
            if let Some(writer) = &mut self.writer {
                writer.flush().map_err(write_error)?;
            }
            self.window.on_received(now, bytes);
            let Some(file) = transfer.context.active().filter(|_| self.writer.is_some()) else {
                continue;
            };
            if !self.request_more(&mut connection, file, seat)? {
                return Ok(());
            }
        }
    }

    /// Returns the first bytes of the connection: session, file, and the first run or stream.
    fn greeting(&mut self) -> Vec<u8> {
        let transfer = self.transfer;
        let request = &transfer.context.spec;
        let mut out = hello(transfer.context.session, request.link.as_ref());
        // A resumed download keeps its packet length.
        let packet_len = transfer
            .context
            .active()
            .map_or(request.packet_len, |file| file.info.packet_len);
        self.packet_len = packet_len;
        Request::Open {
            name: self.name.to_owned(),
            packet_len,
        }
        .encode(&mut out);
        let limit = self.run_len_limit(packet_len);
        if request.mode == Mode::Stream {
            let missing = transfer
                .context
                .active()
                .map(|file| file.missing(&(0..file.info.len)));
            let first = missing.map_or(Some(0), |gaps| gaps.first().map(|gap| gap.start));
            if let Some(offset) = first {
                self.stream_at = offset;
                self.stream_requested = true;
                Request::Stream { offset }.encode(&mut out);
            }
        } else if transfer.context.active().is_none()
            && transfer.scheduler.request_equal_segment(self.index, limit)
        {
            self.requested_segment = true;
            // The scheduler cuts the file into as many segments. The number does not change before
            // the length is known.
            Request::Segment {
                index: self.index as u16,
                count: transfer.scheduler.target_connections() as u16,
                limit,
                order: request.order,
            }
            .encode(&mut out);
        }
        out
    }

    /// Returns the longest next run in bytes.
    fn run_len_limit(&self, packet_len: u32) -> u64 {
        let whole_file = self.transfer.context.spec.mode == Mode::Packets
            && self.transfer.context.spec.order != Order::InOrder;
        // One shuffled run covers the whole file, so that the shuffle shows.
        if whole_file {
            u64::MAX
        } else {
            self.window.run_size().max(packet_len.into())
        }
    }

    /// Fills the pipeline. Returns `false` when nothing is left for this connection.
    fn request_more(
        &mut self,
        connection: &mut Connection,
        file: &'a OpenDownload,
        seat: &WaySeat<'_>,
    ) -> Result<bool, ConnectionError> {
        let is_stream = self.transfer.context.spec.mode == Mode::Stream;
        let limits = (self.run_len_limit(file.info.packet_len), self.window.size());
        loop {
            let Some(writer) = self.writer.as_mut() else {
                return Ok(true);
            };
            let mut out = Vec::new();
            if !is_stream && !seat.should_leave() {
                fill_window(self.transfer, self.index, writer, file, &limits, &mut out);
            }
            if !out.is_empty() {
                connection.send(&out)?;
            }
            if writer.pending_runs() > 0 || self.transfer.cancel.is_cancelled() {
                return Ok(true);
            }
            if self.transfer.scheduler.is_complete() {
                return self.request_last(connection, file);
            }
            if self.transfer.scheduler.is_surplus(self.index) || seat.should_leave() {
                return Ok(false);
            }
            if let Some(bytes) = self
                .transfer
                .claim_duplicate(self.index, endgame::MIN_TIME_LEFT)
            {
                let mut out = Vec::new();
                Request::Run(run_of(file, &bytes, Order::InOrder)).encode(&mut out);
                writer.expect_duplicate(bytes);
                connection.send(&out)?;
                return Ok(true);
            }
            self.transfer.counters[self.index].set_state(ConnectionState::Done);
            self.transfer
                .scheduler
                .wait_for_work(self.index, Duration::from_millis(200));
        }
    }

    /// Requests the digest and the link report once the file is complete. Returns whether a reply
    /// is pending.
    fn request_last(
        &mut self,
        connection: &mut Connection,
        file: &OpenDownload,
    ) -> Result<bool, ConnectionError> {
        if self.request_digest(connection, file)? {
            return Ok(true);
        }
        let transfer = self.transfer;
        if !transfer.duties.claim_report_request(self.index) {
            return Ok(false);
        }
        if !self.report_requested {
            let mut out = Vec::new();
            Request::LinkReport.encode(&mut out);
            connection.send(&out)?;
            self.report_requested = true;
        }
        Ok(true)
    }

    /// Requests the digest unless another connection has. Returns whether a reply is pending.
    fn request_digest(
        &mut self,
        connection: &mut Connection,
        file: &OpenDownload,
    ) -> Result<bool, ConnectionError> {
        if file.digest.get().is_some() {
            return Ok(false);
        }
        if !self.digest_requested {
            if !self.transfer.duties.claim_digest_request(self.index) {
                return Ok(false);
            }
            let mut out = Vec::new();
            Request::Digest.encode(&mut out);
            connection.send(&out)?;
            self.digest_requested = true;
        }
        Ok(true)
    }

    /// Accepts the server's description of the file, and expects what was requested before it.
    fn on_opened(&mut self, opened: Opened) -> Result<(), ConnectionError> {
        if self.writer.is_some() || !self.welcomed {
            return Err(ProtocolViolation::Unrequested.into());
        }
        if opened.packet_len != self.packet_len {
            return Err(ProtocolViolation::PacketLength.into());
        }
        let transfer = self.transfer;
        let file = transfer
            .confirm_resource(opened.into(), None)
            .map_err(ConnectionError::Sink)?;
        let mut writer = RangeWriter::new(transfer, file, self.index);
        if self.requested_segment
            && let Some(bytes) = transfer.scheduler.take_reserved(self.index)
        {
            file.map.mark_start(bytes.start);
            writer.expect(bytes);
        }
        if transfer.context.spec.mode == Mode::Stream && self.stream_at < file.info.len {
            file.map.mark_start(self.stream_at);
            writer.expect(self.stream_at..file.info.len);
        }
        self.writer = Some(writer);
        if file.info.len == 0 {
            transfer.mark_complete();
            transfer.scheduler.wake_idle();
        }
        Ok(())
    }

    /// Counts a reply without the digest; the server has hashed `hashed` bytes of the file.
    fn on_digest_pending(&mut self, hashed: u64) -> Result<(), ConnectionError> {
        self.pending_replies += 1;
        if hashed >= self.hashed.saturating_add(HASHED_STEP) {
            self.hashed = hashed;
            self.pending_replies = 0;
        }
        if self.pending_replies > MAX_PENDING_REPLIES {
            return Err(ProtocolViolation::DigestStalled.into());
        }
        Ok(())
    }

    fn writer(&mut self) -> Result<&mut RangeWriter<'a>, ConnectionError> {
        let writer = self.writer.as_mut();
        writer.ok_or(ConnectionError::Protocol(ProtocolViolation::Unrequested))
    }
}

/// Claims and requests runs of at most `limit` bytes each until the window is full.
fn fill_window(
    transfer: &Transfer,
    index: usize,
    writer: &mut RangeWriter<'_>,
    file: &OpenDownload,
    &(limit, window): &(u64, u64),
    out: &mut Vec<u8>,
) {
    while writer.outstanding() < window && writer.pending_runs() < MAX_RUNS {
        // A run lasts about a round trip, so it is soon enough to look beyond the own segment when
        // at most one is in flight. A connection that claimed free bytes earlier would claim all of
        // them.
        let is_idle = writer.outstanding() <= limit;
        let Some(claim) = transfer.claim(index, limit, is_idle) else {
            break;
        };
        Request::Run(run_of(file, &claim.bytes, transfer.context.spec.order)).encode(out);
        writer.expect(claim.bytes);
    }
}

/// Returns the run of packets that covers `bytes`.
fn run_of(file: &OpenDownload, bytes: &std::ops::Range<u64>, order: Order) -> RunRequest {
    let ids = file.plan.ids_of(bytes);
    RunRequest {
        first: ids.start,
        count: ids.end - ids.start,
        order,
    }
}
