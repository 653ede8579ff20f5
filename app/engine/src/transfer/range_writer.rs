//! Writes the bytes that one connection receives to their offsets, and sets the bits of complete
//! packets.
//!
//! 1. Short packets that follow each other are buffered, so that a packet of 128 bytes does not
//!    cost a write of its own. The bit of a packet is set only after its bytes are written.
//! 2. **Duplicate fetches are buffered.** Bytes are written as they arrive, before the checksum of
//!    their packet is known; that saves a copy. Only the connection that owns a packet writes it
//!    so: a connection that fetches a duplicate keeps the packet until it is complete and verified,
//!    and then writes it and sets its bit under one write lock. Otherwise a damaged copy could
//!    overwrite a good one after that was hashed.

use std::io;
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::outstanding_requests::OutstandingRequests;
use super::shared::Transfer;
use crate::model::timeline::MAX_ARRIVALS;
use crate::storage::error::StorageError;
use crate::storage::inline_hasher::InlineHasher;
use crate::storage::open_download::OpenDownload;
use crate::storage::splice::Splice;

/// Slices of at least this length are written without buffering, in bytes.
const DIRECT_LEN: usize = 16 * 1024;
/// Limit of the buffer in bytes.
const BUFFER_LEN: usize = 128 * 1024;

/// Error of a connection's bytes.
#[derive(Debug)]
pub(crate) enum RangeWriteError {
    /// The bytes were not requested, or arrived twice.
    Unrequested,
    /// The bytes cannot be written.
    Write(StorageError),
}

/// Writes the bytes of one connection.
pub(crate) struct RangeWriter<'a> {
    transfer: &'a Transfer,
    active: &'a OpenDownload,
    index: usize,
    runs: OutstandingRequests,
    /// Bytes to write at `buffer_at`.
    buffer: Vec<u8>,
    buffer_at: u64,
    /// Consecutive packets that are written or buffered, but whose bits are not set.
    complete: Range<u64>,
    /// The bytes of the current packet, if it is a duplicate.
    pending: Option<Vec<u8>>,
    /// Hashes bytes while they are in the cache, if that is worthwhile.
    hasher: Option<InlineHasher>,
    /// Every this many packets, one arrival is recorded in the timeline.
    record_every: u64,
    /// Time since the start, and bytes, of what arrived since the last flush.
    arrived: Option<(Duration, u64)>,
}

impl<'a> RangeWriter<'a> {
    /// Creates the writer of connection `index`.
    pub fn new(transfer: &'a Transfer, active: &'a OpenDownload, index: usize) -> Self {
        let connections = transfer.counters.connections().len();
        let inline_hasher = |_| InlineHasher::if_worthwhile(active.info.len, connections);
        Self {
            transfer,
            active,
            index,
            runs: OutstandingRequests::new(active.plan),
            buffer: Vec::new(),
            buffer_at: 0,
            complete: 0..0,
            pending: None,
            hasher: active.hasher.as_ref().and_then(inline_hasher),
            record_every: active.plan.count().div_ceil(MAX_ARRIVALS).max(1),
            arrived: None,
        }
    }

    /// Expects these bytes, which were requested.
    pub fn expect(&mut self, bytes: Range<u64>) {
        self.runs.push(bytes, false);
    }

    /// Expects these bytes, which were requested although another connection owns them. They must
    /// arrive in packets with checksums, each announced by [`Self::begin_packet`].
    pub fn expect_duplicate(&mut self, bytes: Range<u64>) {
        self.runs.push(bytes, true);
    }

    /// Returns the number of requested bytes that have not arrived.
    pub fn outstanding(&self) -> u64 {
        self.runs.outstanding()
    }

    /// Returns the number of requested runs that are not complete.
    pub fn pending_runs(&self) -> usize {
        self.runs.len()
    }

    /// See [`OutstandingRequests::into_unfinished`].
    pub fn into_unfinished(self) -> impl Iterator<Item = Range<u64>> {
        self.runs.into_unfinished()
    }

    /// Begins a packet of this length.
    ///
    /// # Errors
    /// [`RangeWriteError::Unrequested`] if no run has it, or it is complete.
    pub fn begin_packet(&mut self, id: u64, len: u32) -> Result<(), RangeWriteError> {
        if id != self.complete.end {
            // Sets the bits of earlier packets, so that a repeated packet is recognized.
            self.flush()?;
        }
        // The length is checked first: a packet with the right length is within the file.
        let is_valid = len == self.active.plan.len_of(id);
        let is_duplicate = is_valid.then(|| self.runs.is_duplicate(id)).flatten();
        let is_duplicate = is_duplicate.ok_or(RangeWriteError::Unrequested)?;
        if self.active.packets.has(id) && !self.transfer.scheduler.had_duplicates() {
            return Err(RangeWriteError::Unrequested);
        }
        let buffer = || Vec::with_capacity(len as usize);
        self.pending = is_duplicate.then(buffer);
        Ok(())
    }

    /// Returns whether the program needs not see the bytes, so that they can be spliced.
    pub fn can_splice(&self) -> bool {
        let is_stream = self.active.file.stream().is_some();
        self.hasher.is_none() && self.pending.is_none() && !is_stream
    }

    /// Writes all bytes in `pipe` at `offset`.
    ///
    /// # Errors
    /// [`RangeWriteError::Write`].
    pub fn splice(&mut self, offset: u64, pipe: &mut Splice) -> Result<(), RangeWriteError> {
        self.receive(offset, pipe.len() as u64);
        self.write_buffer()?;
        let bytes = offset..offset + pipe.len() as u64;
        let guard = self.active.file.lock_for_write();
        if !self.active.packets.has_any(self.active.plan.ids_of(&bytes)) {
            let begun = Instant::now();
            let written = guard.splice_at(offset, pipe);
            self.transfer.counters[self.index].add_writing(begun.elapsed());
            return written.map_err(|error| self.write_error(error));
        }
        drop(guard);
        let bytes = pipe.take().map_err(|error| self.write_error(error))?;
        self.write_now(offset, &bytes)
    }

    /// Counts received bytes, and waits for the rate limits.
    fn receive(&mut self, offset: u64, len: u64) {
        self.runs.receive(len);
        let counters = &self.transfer.counters[self.index];
        let started = self.transfer.context.started;
        let (_, arrived) = self.arrived.get_or_insert_with(|| (started.elapsed(), 0));
        *arrived += len;
        counters.received(len, || started.elapsed());
        counters.set_offset(offset + len);
        self.transfer.throttle.consume(len, counters);
    }

    /// Writes bytes at `offset`, or buffers them.
    ///
    /// # Errors
    /// [`RangeWriteError::Write`].
    pub fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), RangeWriteError> {
        self.receive(offset, bytes.len() as u64);
        if let Some(pending) = &mut self.pending {
            pending.extend_from_slice(bytes);
            return Ok(());
        }
        let is_next = self.buffer_at + self.buffer.len() as u64 == offset;
        // The last outstanding bytes have nothing to be buffered with.
        let is_all = self.buffer.is_empty() && self.outstanding() == 0;
        let is_direct = bytes.len() >= DIRECT_LEN || is_all;
        if is_direct || !is_next || self.buffer.len() + bytes.len() > BUFFER_LEN {
            self.write_buffer()?;
        }
        if is_direct {
            return self.write_now(offset, bytes);
        }
        if self.buffer.is_empty() {
            self.buffer_at = offset;
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// Accepts packet `id`, which is complete and verified.
    ///
    /// # Errors
    /// Any [`RangeWriteError`] of the packets before.
    pub fn complete_packet(&mut self, id: u64) -> Result<(), RangeWriteError> {
        if id.is_multiple_of(self.record_every) {
            self.transfer.counters[self.index].packet_completed(id);
        }
        if let Some(bytes) = self.pending.take() {
            return self.complete_duplicate(id, &bytes);
        }
        if id != self.complete.end {
            self.flush()?;
            self.complete = id..id;
        }
        self.complete.end = id + 1;
        Ok(())
    }

    /// Writes a verified duplicate and sets its bit under one write lock, unless its owner was
    /// faster.
    fn complete_duplicate(&mut self, id: u64, bytes: &[u8]) -> Result<(), RangeWriteError> {
        let ids = id..id + 1;
        let range = self.active.plan.bytes_of(&ids);
        self.runs.subtract(&range);
        let guard = self.active.file.lock_for_write();
        if self.active.packets.has(id) {
            return Ok(());
        }
        let written = guard.write_at(range.start, bytes);
        written.map_err(|error| self.write_error(error))?;
        let is_new = self.active.packets.set(id);
        drop(guard);
        if is_new {
            if let Some(hasher) = &mut self.hasher {
                hasher.update(range.start, bytes);
            }
            self.account(&ids)?;
        }
        Ok(())
    }

    /// Accepts packet `id` of a plain stream, which may have been complete before.
    ///
    /// # Errors
    /// Any [`RangeWriteError`] of the packets before.
    pub fn stream_passed(&mut self, id: u64) -> Result<(), RangeWriteError> {
        if !self.active.packets.has(id) {
            return self.complete_packet(id);
        }
        let bytes = self.active.plan.bytes_of(&(id..id + 1));
        self.runs.subtract(&bytes);
        Ok(())
    }

    /// Ends the claim of packet `id`, of which only the beginning has arrived.
    pub fn abandon_packet(&mut self, id: u64) {
        self.runs
            .subtract(&self.active.plan.bytes_of(&(id..id + 1)));
    }

    /// Rejects packet `id`, which is damaged, and requeues it.
    ///
    /// # Errors
    /// [`RangeWriteError::Write`].
    pub fn reject_packet(&mut self, id: u64) -> Result<(), RangeWriteError> {
        let bytes = self.active.plan.bytes_of(&(id..id + 1));
        self.runs.reject(id);
        if self.pending.take().is_some() {
            // A duplicate still belongs to its owner, so it is not requeued.
            self.runs.subtract(&bytes);
            return Ok(());
        }
        self.write_buffer()?;
        if let Some(hasher) = &mut self.hasher {
            hasher.invalidate(&bytes);
        }
        self.runs.subtract(&bytes);
        self.transfer.scheduler.requeue(bytes);
        Ok(())
    }

    /// Writes the buffer and sets the bits of complete packets.
    ///
    /// # Errors
    /// Any [`RangeWriteError`].
    pub fn flush(&mut self) -> Result<(), RangeWriteError> {
        self.write_buffer()?;
        if let Some((at, bytes)) = self.arrived.take() {
            self.transfer.counters[self.index]
                .arrivals
                .record(at, bytes);
        }
        let ids = self.complete.clone();
        // The next packet may still follow these.
        self.complete.start = ids.end;
        if ids.is_empty() {
            return Ok(());
        }
        self.set_bits(&ids)
    }

    /// Sets the bits of consecutive packets. Duplicates whose bit another connection has set are
    /// only subtracted.
    fn set_bits(&mut self, ids: &Range<u64>) -> Result<(), RangeWriteError> {
        self.runs.subtract(&self.active.plan.bytes_of(ids));
        let mut new = ids.start..ids.start;
        for id in ids.clone() {
            if self.active.packets.set(id) {
                new.end = id + 1;
                continue;
            }
            if !self.transfer.scheduler.had_duplicates() {
                return Err(RangeWriteError::Unrequested);
            }
            self.account(&new)?;
            new = id + 1..id + 1;
        }
        self.account(&new)
    }

    /// Accounts for packets that were missing before: hashes, counters, map, completion.
    fn account(&mut self, ids: &Range<u64>) -> Result<(), RangeWriteError> {
        if ids.is_empty() {
            return Ok(());
        }
        // Before the file counts as complete.
        let begun = self.active.file.stream().map(|_| Instant::now());
        let committed = self.active.commit_stream();
        if let Some(begun) = begun {
            self.transfer.counters[self.index].add_writing(begun.elapsed());
        }
        committed.map_err(|error| self.write_error(error))?;
        let bytes = self.active.plan.bytes_of(ids);
        let len = bytes.end - bytes.start;
        if let Some(tree) = &self.active.hasher {
            let hasher = &mut self.hasher;
            let hash_of = |group| hasher.as_mut().and_then(|hasher| hasher.take_hash(group));
            tree.add(bytes.start, bytes.end, hash_of);
        }
        self.transfer.counters[self.index].add_completed(len);
        self.active.map.add(&bytes, self.index as u16 + 1);
        let done = self.active.done.fetch_add(len, Ordering::AcqRel) + len;
        if done == self.active.info.len {
            self.transfer.mark_complete();
            self.transfer.scheduler.wake_idle();
        }
        Ok(())
    }

    fn write_buffer(&mut self) -> Result<(), RangeWriteError> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        let written = self.write_now(self.buffer_at, &buffer);
        buffer.clear();
        self.buffer = buffer;
        written
    }

    /// Writes bytes, except those of packets whose bit is set.
    fn write_now(&mut self, offset: u64, bytes: &[u8]) -> Result<(), RangeWriteError> {
        // Hashed without the write lock, so that others can write meanwhile.
        if let Some(hasher) = &mut self.hasher {
            hasher.update(offset, bytes);
        }
        let mut time = Duration::ZERO;
        let written = write_missing(self.active, offset, bytes, &mut time);
        self.transfer.counters[self.index].add_writing(time);
        let is_all = written.map_err(|error| self.write_error(error))?;
        if !is_all && let Some(hasher) = &mut self.hasher {
            hasher.invalidate(&(offset..offset + bytes.len() as u64));
        }
        Ok(())
    }

    fn write_error(&self, error: io::Error) -> RangeWriteError {
        RangeWriteError::Write(StorageError::write(error, &self.active.paths.part))
    }
}

/// Writes bytes, except those of packets whose bit is set, and sets the `time` of the write. Returns whether
/// all were written.
fn write_missing(
    active: &OpenDownload,
    offset: u64,
    bytes: &[u8],
    time: &mut Duration,
) -> io::Result<bool> {
    let range = offset..offset + bytes.len() as u64;
    // The bits are read under the lock under which the bits of duplicates are set.
    let guard = active.file.lock_for_write();
    // Without the wait for the lock, so that two connections never count the same time.
    let begun = Instant::now();
    if !active.packets.has_any(active.plan.ids_of(&range)) {
        let written = guard.write_at(offset, bytes);
        *time = begun.elapsed();
        return written.map(|()| true);
    }
    for gap in active.missing(&range) {
        let (from, to) = (gap.start.max(offset), gap.end.min(range.end));
        let missing = &bytes[(from - offset) as usize..(to - offset) as usize];
        guard.write_at(from, missing)?;
    }
    Ok(false)
}
