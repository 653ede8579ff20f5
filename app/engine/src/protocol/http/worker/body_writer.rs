//! Copies the body of a response into the file.

use std::io::{self, Read as _};
use std::ops::Range;
use std::time::Instant;

use super::error_mapping;
use crate::protocol::error::{ProtocolError, TransportError, WorkerError};
use crate::protocol::http::client::body_reader::BodyReader;
use crate::protocol::http::transport::pool::PooledConnection;
use crate::scheduling::mirror::Mirror;
use crate::scheduling::mirror_set::MirrorSet;
use crate::storage::open_download::OpenDownload;
use crate::storage::sample_comparison;
use crate::storage::splice;
use crate::storage::splice::Splice;
use crate::telemetry::connection_counters::ConnectionCounters;
use crate::transfer::range_writer::RangeWriter;

/// Length of the read buffer in bytes.
pub(super) const BUFFER_LEN: usize = 128 * 1024;
/// Lowest low-water mark that is worth its system call, in bytes.
const MIN_LOW_WATER: u64 = 64 * 1024;
/// Bytes that may lie between the socket and this reader, inside TLS records or chunk framing.
const UNCERTAIN: u64 = 128 * 1024;
/// After this many bytes the TCP window has opened, and the response shows its own rate.
const SIGNIFICANT: u64 = 1 << 20;
/// Most bytes that are passed at once, before the state of the download is looked at once more.
const MAX_PASS: u64 = 1 << 20;
/// A rest up to this length is cheaper to read and drop than a new connection, in bytes.
const MAX_DRAIN: u64 = 64 * 1024;

/// The destination of a body.
pub(super) struct BodySink<'s, 'a> {
    pub writer: &'s mut RangeWriter<'a>,
    pub counters: &'a ConnectionCounters,
    pub file: &'a OpenDownload,
    /// Records which mirror delivered which bytes.
    pub mirrors: &'a MirrorSet,
    pub mirror: &'a Mirror,
}

/// Copies one body to a [`BodySink`].
pub(super) struct BodyWriter<'s, 'a> {
    sink: BodySink<'s, 'a>,
    connection: &'s mut PooledConnection,
    body: BodyReader,
    /// Present if the bytes need not be seen by this program.
    splice: Option<Splice>,
    /// Offset of the next byte in the file.
    pub at: u64,
    /// Range of the response in the file.
    bytes: Range<u64>,
    since: Instant,
    /// Time of the last byte.
    last_byte: Instant,
}

impl<'s, 'a> BodyWriter<'s, 'a> {
    /// Copies `body`, which contains `bytes` of the file, from `connection` to `sink`.
    pub fn new(
        sink: BodySink<'s, 'a>,
        connection: &'s mut PooledConnection,
        body: BodyReader,
        bytes: Range<u64>,
    ) -> Self {
        let can_splice = body.can_splice() && sink.writer.can_splice();
        Self {
            sink,
            connection,
            body,
            splice: can_splice.then(Splice::new).flatten(),
            at: bytes.start,
            bytes,
            since: Instant::now(),
            last_byte: Instant::now(),
        }
    }

    /// Returns the file that the body is written to.
    pub fn file(&self) -> &'a OpenDownload {
        self.sink.file
    }

    /// Announces that the connection writes `bytes`, which it claimed.
    pub fn expect(&mut self, bytes: Range<u64>) {
        self.sink.writer.expect(bytes);
    }

    /// Copies everything up to offset `end`, which was claimed.
    pub fn copy_to(&mut self, end: u64) -> Result<(), WorkerError> {
        let plan = &self.sink.file.plan;
        let mut packet = plan.id_at(self.at);
        while self.at < end {
            let from = self.at;
            let is_spliced = self.splice_to(end)?;
            if !is_spliced {
                self.read_to(end)?;
            }
            let (writer, buf) = (&mut *self.sink.writer, &self.connection.buf);
            let written = match &mut self.splice {
                Some(splice) if is_spliced => writer.splice(from, splice),
                _ => writer.write(from, &buf[..(self.at - from) as usize]),
            };
            written.map_err(error_mapping::write_error)?;
            while packet < plan.count() && plan.bytes_of(&(packet..packet + 1)).end <= self.at {
                writer
                    .complete_packet(packet)
                    .map_err(error_mapping::write_error)?;
                packet += 1;
            }
            writer.flush().map_err(error_mapping::write_error)?;
            self.sink
                .mirrors
                .record_origin(self.sink.mirror, &(from..self.at));
            let complete = plan.offset(packet.min(plan.count())).min(self.at);
            self.sink.counters.set_partial(self.at - complete);
        }
        Ok(())
    }

    /// Reads up to offset `end` and drops the bytes.
    pub fn skip_to(&mut self, end: u64) -> Result<(), WorkerError> {
        while self.at < end {
            self.read_to(end)?;
        }
        Ok(())
    }

    /// Reads up to offset `end` and compares the bytes with those that are present. Returns whether they
    /// are equal.
    ///
    /// # Errors
    /// The connection is lost, or the file cannot be read.
    pub fn compare_to(&mut self, end: u64) -> Result<bool, WorkerError> {
        while self.at < end {
            let from = self.at;
            self.read_to(end)?;
            let bytes = &self.connection.buf[..(self.at - from) as usize];
            let differs = sample_comparison::differs(self.sink.file, from, bytes);
            let part = &self.sink.file.paths.part;
            if differs.map_err(|error| error_mapping::read_error(&error, part))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads on over bytes that the connection cannot claim, because they are present or come over another
    /// connection. Returns whether the response has missing bytes up to offset `end`.
    pub fn pass_present(&mut self, end: u64) -> Result<bool, WorkerError> {
        let file = self.sink.file;
        let Some(gap) = file.missing(&(self.at..end)).into_iter().next() else {
            return Ok(false);
        };
        let packet = file.plan.id_at(self.at);
        let packet_end = file.plan.bytes_of(&(packet..packet + 1)).end;
        match gap.start <= self.at || file.file.stream().is_some() {
            true => self.skip_to(packet_end.min(end))?,
            false if !self.compare_to(gap.start.min(self.at + MAX_PASS))? => {
                return Err(WorkerError::Lost(ProtocolError::OtherVersion));
            }
            false => {}
        }
        Ok(true)
    }

    /// Reads once into the buffer, up to offset `end`.
    fn read_to(&mut self, end: u64) -> Result<(), WorkerError> {
        let len = (BUFFER_LEN as u64).min(end - self.at) as usize;
        self.connection.transport.set_low_water(self.low_water());
        if self.connection.buf.len() < len {
            // Only as long as the response needs, because clearing a whole buffer takes longer than
            // reading a short response. The system delivers a long one cleared, and pages that are
            // never written cost nothing; that takes `vec!`.
            let rest = (BUFFER_LEN as u64).min(self.bytes.end - self.at) as usize;
            self.connection.buf = vec![0; rest.max(len)];
        }
        let read = self.body.read(&mut self.connection.buf[..len]);
        self.advance(read)
    }

    /// Moves bytes up to offset `end` into the pipe. Returns `false` if they must be read.
    fn splice_to(&mut self, end: u64) -> Result<bool, WorkerError> {
        let of_10_ms = (self.rate() / 100.0) as u64;
        let max = of_10_ms.max(BUFFER_LEN as u64).min(splice::CAPACITY as u64);
        let max = max.min(end - self.at) as usize;
        let splice = self.splice.as_mut();
        let Some(moved) = splice.and_then(|splice| self.body.splice(splice, max)) else {
            return Ok(false);
        };
        self.advance(moved).map(|()| true)
    }

    fn advance(&mut self, len: io::Result<usize>) -> Result<(), WorkerError> {
        match len {
            Ok(0) => Err(WorkerError::Lost(ProtocolError::BodyTooShort)),
            Ok(len) => {
                self.at += len as u64;
                self.last_byte = Instant::now();
                if self.at == self.bytes.end && self.body.is_sized() {
                    // If the file is complete too, another download can use the connection.
                    self.connection.transport.mark_idle();
                }
                Ok(())
            }
            Err(error) => {
                let error = TransportError::new(error.into(), self.sink.mirror.url.host());
                Err(WorkerError::Lost(error.into()))
            }
        }
    }

    /// Returns the rate of the connection in bytes a second: the measured one or, before there is
    /// any, the rate of a significant part of this response.
    pub fn rate(&self) -> f64 {
        let measured = self.sink.counters.rate();
        let received = self.at - self.bytes.start;
        if measured > 0.0 || received < SIGNIFICANT {
            return measured;
        }
        received as f64 / self.since.elapsed().as_secs_f64().max(1e-6)
    }

    /// Returns the number of bytes to wait for in the next read: those of 10 ms on a fast
    /// connection, and never more than are certain to arrive.
    fn low_water(&self) -> usize {
        let of_10_ms = (self.sink.counters.rate() / 100.0) as u64;
        // Half of the rest: a read that got almost enough sleeps until as many arrive again.
        let certain = self.bytes.end.saturating_sub(self.at + UNCERTAIN) / 2;
        if of_10_ms < MIN_LOW_WATER || certain < MIN_LOW_WATER {
            return 1;
        }
        of_10_ms.min(certain) as usize
    }

    /// Abandons the rest of the response. Returns whether the connection can carry another request.
    pub fn abandon(mut self) -> Result<bool, WorkerError> {
        let end = self.bytes.end;
        if end - self.at <= MAX_DRAIN {
            self.skip_to(end)?;
            return self.finish();
        }
        self.connection.transport.close_after_body();
        Ok(false)
    }

    /// Ends the claim of the packet that contains the next byte, of which only the beginning has arrived.
    pub fn abandon_packet(&mut self) {
        let packet = self.sink.file.plan.id_at(self.at);
        self.sink.writer.abandon_packet(packet);
    }

    /// Sets the time of the last byte of a response that is read on.
    pub fn set_last_byte(&mut self, last_byte: Instant) {
        self.last_byte = last_byte;
    }

    /// Returns the rest of the response, and the time of its last byte.
    pub fn into_rest(self) -> (BodyReader, Range<u64>, Instant) {
        (self.body, self.at..self.bytes.end, self.last_byte)
    }

    /// Ends a body that was read to its length. Returns whether the connection can carry another
    /// request.
    pub fn finish(self) -> Result<bool, WorkerError> {
        let is_kept = self.body.finish();
        is_kept.ok_or(WorkerError::Lost(ProtocolError::BodyTooLong))
    }
}
