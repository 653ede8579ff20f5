//! Receives the bodies of one connection into the file, as far as the connection can claim their bytes.

use std::ops::Range;

use super::body_writer::{BodySink, BodyWriter};
use super::range_fallback;
use super::server_connection::ServerConnection;
use crate::protocol::error::{ProtocolError, WorkerError};
use crate::protocol::http::client::body_reader::BodyReader;
use crate::protocol::http::parse::resource_info::resource_info;
use crate::protocol::http::parse::response_check::ResponseInfo;
use crate::protocol::http::transport::pool::PooledConnection;
use crate::storage::download_file::OpenDownload;
use crate::transfer::range_writer::RangeWriter;

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
            .release(&transfer.plan, index, unfinished);
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

    /// Receives a response that contains `bytes`, from the end of `present` on, as far as the connection can
    /// claim them. The bytes of `present` are there, and compared.
    pub fn receive(
        &mut self,
        body: BodyReader,
        bytes: Range<u64>,
        present: Range<u64>,
    ) -> Result<(), WorkerError> {
        let (transfer, index) = (self.connection.transfer, self.connection.index);
        let _served = self.connection.mirror.begin_response();
        let permit = self.connection.permit();
        let mut body = self.body_writer(body, bytes.clone())?;
        body.skip_to(present.start)?;
        if !body.compare_to(present.end)? {
            return Err(WorkerError::Source(transfer.plan.changed_error()));
        }
        if !present.is_empty() {
            transfer.plan.overlaps.set_equal(present.end);
        }
        let start = present.end;
        body.file().map.mark_start(start);
        // A packet that is not whole would be requested again in any case.
        let end = body.file().whole_packets_until(bytes.end);
        if end <= start && start < bytes.end {
            return Err(range_fallback::ignored());
        }
        while body.at < end {
            let claim = if permit.should_yield() {
                None
            } else {
                let limit = claim_len(body.rate()).min(end - body.at);
                transfer.scheduler.claim_at(index, body.at, limit)
            };
            let Some(claim) = claim else {
                let is_connected = body.abandon()?;
                self.connection.set_connected(is_connected);
                return Ok(());
            };
            body.expect(claim.clone());
            body.copy_to(claim.end)?;
        }
        let is_connected = match end == bytes.end {
            true => body.finish()?,
            false => body.abandon()?,
        };
        self.connection.set_connected(is_connected);
        Ok(())
    }

    /// Returns the writer that copies `body`, which contains `bytes`, into the file.
    pub fn body_writer(
        &mut self,
        body: BodyReader,
        bytes: Range<u64>,
    ) -> Result<BodyWriter<'_, 'a>, WorkerError> {
        let connection = &mut self.connection;
        let (transfer, index) = (connection.transfer, connection.index);
        let Some(file) = transfer.plan.active() else {
            return Err(WorkerError::Lost(ProtocolError::Stopped));
        };
        let writer = self
            .writer
            .get_or_insert_with(|| RangeWriter::new(transfer, file, index));
        let sink = BodySink {
            writer,
            counters: &transfer.counters[index],
            file,
            mirrors: &transfer.plan.mirrors,
            mirror: connection.mirror,
        };
        Ok(BodyWriter::new(sink, connection.pooled_mut(), body, bytes))
    }
}

/// Returns the length of a claim at `rate` bytes a second.
fn claim_len(rate: f64) -> u64 {
    ((rate / 4.0) as u64).clamp(MIN_CLAIM_LEN, MAX_CLAIM_LEN)
}
