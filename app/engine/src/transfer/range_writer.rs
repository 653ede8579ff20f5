//! Where the bytes of one connection land: in the file, at their offset, and in the books.
//!
//! 1. Short packets that follow each other are gathered, so that a packet of 128 bytes does not cost
//!    a write of its own. A packet counts as there only after its bytes were written.
//! 2. Bytes are written as they come, before the checksum of their packet is known. So a packet that
//!    is in the books is never written again, and of those who fetch the same packet only its owner
//!    writes so: who races for it holds it back until it is whole and right.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::sync::atomic::Ordering;

use super::shared::Transfer;
use crate::model::timeline::MAX_ARRIVALS;
use crate::storage::download_file::OpenDownload;
use crate::storage::inline_hasher::InlineHasher;
use crate::storage::part_store::write_error;
use crate::storage::splice::Splice;

/// Pieces from this length on are written as they are, in bytes.
const DIRECT_LEN: usize = 16 * 1024;
/// How much is gathered at most, in bytes.
const STAGE_LEN: usize = 128 * 1024;

/// Why bytes could not be taken.
#[derive(Debug)]
pub(crate) enum RangeWriteError {
    /// They were not asked for, or came twice.
    Unasked,
    /// They cannot be written: the reason, in words.
    Write(String),
}

/// A run of bytes that was asked for, and how many of them have not come yet.
struct Run {
    bytes: Range<u64>,
    left: u64,
    /// Whether they are another's, who may bring them at the same time.
    raced: bool,
}

/// The landing place of one connection.
pub(crate) struct RangeWriter<'a> {
    transfer: &'a Transfer,
    active: &'a OpenDownload,
    index: usize,
    /// What was asked for and has not come, in the order of asking.
    runs: VecDeque<Run>,
    /// Bytes that have come of packets that are not in the books.
    under_way: u64,
    stage: Vec<u8>,
    stage_at: u64,
    /// Packets that follow each other, whose bytes are written or staged, but not in the books.
    whole: Range<u64>,
    /// The bytes of the packet at hand, when it is raced.
    held: Option<Vec<u8>>,
    /// Packets that came damaged: they are to be fetched again, and this run brings them no more.
    returned: Vec<u64>,
    hot: Option<InlineHasher>,
    /// Of how many packets one is noted in the time line.
    noted: u64,
}

impl<'a> RangeWriter<'a> {
    pub fn new(transfer: &'a Transfer, active: &'a OpenDownload, index: usize) -> Self {
        Self {
            transfer,
            active,
            index,
            runs: VecDeque::new(),
            under_way: 0,
            stage: Vec::new(),
            stage_at: 0,
            whole: 0..0,
            held: None,
            returned: Vec::new(),
            hot: (active.hasher.as_ref())
                .and_then(|_| InlineHasher::if_worthwhile(active.info.len, transfer.meters.len())),
            noted: active.plan.count().div_ceil(MAX_ARRIVALS).max(1),
        }
    }

    /// These bytes were asked for.
    pub fn expect(&mut self, bytes: Range<u64>) {
        self.push(bytes, false);
    }

    /// These bytes were asked for although another has them on its way. They come in packets with
    /// checksums, each announced by [`Self::begin`].
    pub fn expect_raced(&mut self, bytes: Range<u64>) {
        self.push(bytes, true);
    }

    fn push(&mut self, bytes: Range<u64>, raced: bool) {
        let ids = self.active.plan.ids_of(&bytes);
        self.returned.retain(|id| !ids.contains(id));
        let left = bytes.end - bytes.start;
        if left > 0 {
            self.runs.push_back(Run { bytes, left, raced });
        }
    }

    /// How many bytes were asked for and have not come yet.
    pub fn outstanding(&self) -> u64 {
        let unbooked: u64 = self.runs.iter().map(|run| run.left).sum();
        unbooked.saturating_sub(self.under_way)
    }

    /// How many runs were asked for and are not whole.
    pub fn runs(&self) -> usize {
        self.runs.len()
    }

    /// What was asked for and may not have come, and is nobody else's: neither what was raced nor
    /// what was given back already.
    pub fn into_unfinished(mut self) -> impl Iterator<Item = Range<u64>> {
        self.returned.sort_unstable();
        let plan = self.active.plan;
        let mut unfinished = Vec::new();
        for run in self.runs.into_iter().filter(|run| !run.raced) {
            let mut from = run.bytes.start;
            for id in &self.returned {
                let gone = plan.bytes_of(&(*id..id + 1));
                if run.bytes.contains(&gone.start) {
                    unfinished.push(from..gone.start);
                    from = gone.end;
                }
            }
            unfinished.push(from..run.bytes.end);
        }
        unfinished.into_iter().filter(|span| !span.is_empty())
    }

    /// A packet begins: it must be one that was asked for.
    pub fn begin(&mut self, id: u64, len: u32) -> Result<(), RangeWriteError> {
        if id != self.whole.end {
            // So that one which comes twice is in the books before it comes again.
            self.flush()?;
        }
        if len != self.active.plan.len_of(id) || self.returned.contains(&id) {
            return Err(RangeWriteError::Unasked);
        }
        // Whose length is right is one of the file, so this is within it.
        let offset = self.active.plan.offset(id);
        let run = self.runs.iter().find(|run| run.bytes.contains(&offset));
        let run = run.ok_or(RangeWriteError::Unasked)?;
        if self.active.packets.has(id) && !self.transfer.has_raced() {
            return Err(RangeWriteError::Unasked);
        }
        self.held = run.raced.then(|| Vec::with_capacity(len as usize));
        Ok(())
    }

    /// Whether nobody looks at the bytes that land here, so that they can be poured.
    pub fn takes_unseen(&self) -> bool {
        self.hot.is_none() && self.held.is_none()
    }

    /// Bytes of the file at `offset`: all that `pipe` has.
    pub fn pour(&mut self, offset: u64, pipe: &mut Splice) -> Result<(), RangeWriteError> {
        self.arrive(offset, pipe.len() as u64);
        self.write_stage()?;
        let place = offset..offset + pipe.len() as u64;
        let turn = self.active.file.lock_for_write();
        if !self.active.packets.has_any(self.active.plan.ids_of(&place)) {
            let poured = turn.splice_at(offset, pipe);
            return poured.map_err(|error| self.write_error(&error));
        }
        drop(turn);
        let bytes = pipe.take().map_err(|error| self.write_error(&error))?;
        self.write_now(offset, &bytes)
    }

    /// So many bytes have come, which belong at `offset`.
    fn arrive(&mut self, offset: u64, len: u64) {
        self.under_way += len;
        let meter = &self.transfer.meters[self.index];
        meter.received(len, || self.transfer.started.elapsed());
        meter.set_offset(offset + len);
        self.transfer.throttle(len);
    }

    /// Bytes of the file at `offset`.
    pub fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), RangeWriteError> {
        self.arrive(offset, bytes.len() as u64);
        if let Some(held) = &mut self.held {
            held.extend_from_slice(bytes);
            return Ok(());
        }
        let follows = self.stage_at + self.stage.len() as u64 == offset;
        // There is nothing to gather with what comes last.
        let is_all = self.stage.is_empty() && self.outstanding() == 0;
        let direct = bytes.len() >= DIRECT_LEN || is_all;
        if direct || !follows || self.stage.len() + bytes.len() > STAGE_LEN {
            self.write_stage()?;
        }
        if direct {
            return self.write_now(offset, bytes);
        }
        if self.stage.is_empty() {
            self.stage_at = offset;
        }
        self.stage.extend_from_slice(bytes);
        Ok(())
    }

    /// Packet `id` is whole and its checksum right.
    pub fn whole(&mut self, id: u64) -> Result<(), RangeWriteError> {
        if id.is_multiple_of(self.noted) {
            self.transfer.meters[self.index].packet_completed(id);
        }
        if let Some(bytes) = self.held.take() {
            return self.land_held(id, &bytes);
        }
        if id != self.whole.end {
            self.flush()?;
            self.whole = id..id;
        }
        self.whole.end = id + 1;
        Ok(())
    }

    /// A packet that was raced is whole and right: it is written and entered in one turn, unless its
    /// owner was faster.
    fn land_held(&mut self, id: u64, bytes: &[u8]) -> Result<(), RangeWriteError> {
        let ids = id..id + 1;
        let place = self.active.plan.bytes_of(&ids);
        self.settle(&place);
        let turn = self.active.file.lock_for_write();
        if self.active.packets.has(id) {
            return Ok(());
        }
        let written = turn.write_at(place.start, bytes);
        written.map_err(|error| self.write_error(&error))?;
        let is_new = self.active.packets.set(id);
        drop(turn);
        if is_new {
            if let Some(hot) = &mut self.hot {
                hot.update(place.start, bytes);
            }
            self.count(&ids);
        }
        Ok(())
    }

    /// The plain stream has passed the end of packet `id`, which may have been there before.
    pub fn passed(&mut self, id: u64) -> Result<(), RangeWriteError> {
        if !self.active.packets.has(id) {
            return self.whole(id);
        }
        let bytes = self.active.plan.bytes_of(&(id..id + 1));
        self.settle(&bytes);
        Ok(())
    }

    /// Packet `id` is whole and damaged: it is fetched again, by whoever comes first.
    pub fn damaged(&mut self, id: u64) -> Result<(), RangeWriteError> {
        let bytes = self.active.plan.bytes_of(&(id..id + 1));
        self.returned.push(id);
        if self.held.take().is_some() {
            // It is still its owner's.
            self.settle(&bytes);
            return Ok(());
        }
        self.write_stage()?;
        if let Some(hot) = &mut self.hot {
            hot.invalidate(&bytes);
        }
        self.settle(&bytes);
        self.transfer.give_back(bytes);
        Ok(())
    }

    /// Writes what is staged and enters what is whole into the books.
    pub fn flush(&mut self) -> Result<(), RangeWriteError> {
        self.write_stage()?;
        // The next packet may still follow.
        let ids = self.whole.clone();
        self.whole.start = ids.end;
        if ids.is_empty() {
            return Ok(());
        }
        self.enter(&ids)
    }

    /// Enters packets that follow each other. Those that another connection was faster with are only
    /// crossed off.
    fn enter(&mut self, ids: &Range<u64>) -> Result<(), RangeWriteError> {
        self.settle(&self.active.plan.bytes_of(ids));
        let mut new = ids.start..ids.start;
        for id in ids.clone() {
            if self.active.packets.set(id) {
                new.end = id + 1;
                continue;
            }
            if !self.transfer.has_raced() {
                return Err(RangeWriteError::Unasked);
            }
            self.count(&new);
            new = id + 1..id + 1;
        }
        self.count(&new);
        Ok(())
    }

    /// Counts packets that were missing before.
    fn count(&mut self, ids: &Range<u64>) {
        if ids.is_empty() {
            return;
        }
        let bytes = self.active.plan.bytes_of(ids);
        let len = bytes.end - bytes.start;
        if let Some(groups) = &self.active.hasher {
            let hot = &mut self.hot;
            let hash_of = |group| hot.as_mut().and_then(|hot| hot.take_hash(group));
            groups.add(bytes.start, bytes.end, hash_of);
        }
        self.transfer.meters[self.index].add_completed(len);
        self.active.map.add(&bytes, self.index as u16 + 1);
        let done = self.active.done.fetch_add(len, Ordering::AcqRel) + len;
        if done == self.active.info.len {
            self.transfer.completed();
            self.transfer.wake_idle();
        }
    }

    /// Crosses bytes off the runs that asked for them.
    fn settle(&mut self, bytes: &Range<u64>) {
        self.under_way = self.under_way.saturating_sub(bytes.end - bytes.start);
        for run in &mut self.runs {
            let from = bytes.start.max(run.bytes.start);
            let to = bytes.end.min(run.bytes.end);
            run.left -= to.saturating_sub(from).min(run.left);
        }
        self.runs.retain(|run| run.left > 0);
    }

    fn write_stage(&mut self) -> Result<(), RangeWriteError> {
        if self.stage.is_empty() {
            return Ok(());
        }
        let mut stage = std::mem::take(&mut self.stage);
        let written = self.write_now(self.stage_at, &stage);
        stage.clear();
        self.stage = stage;
        written
    }

    /// Writes bytes, but not those of packets that are in the books.
    fn write_now(&mut self, offset: u64, bytes: &[u8]) -> Result<(), RangeWriteError> {
        // Hashed outside the turn, so that others can write meanwhile.
        if let Some(hot) = &mut self.hot {
            hot.update(offset, bytes);
        }
        let all = put(self.active, offset, bytes).map_err(|error| self.write_error(&error))?;
        if !all && let Some(hot) = &mut self.hot {
            hot.invalidate(&(offset..offset + bytes.len() as u64));
        }
        Ok(())
    }

    fn write_error(&self, error: &io::Error) -> RangeWriteError {
        RangeWriteError::Write(write_error(error, &self.active.paths.part))
    }
}

/// Writes bytes into the file, but not those of packets that are in the books. Returns whether none was.
fn put(active: &OpenDownload, offset: u64, bytes: &[u8]) -> io::Result<bool> {
    let place = offset..offset + bytes.len() as u64;
    // Within the turn: whoever enters a packet that is raced does it in a turn too.
    let turn = active.file.lock_for_write();
    if !active.packets.has_any(active.plan.ids_of(&place)) {
        return turn.write_at(offset, bytes).map(|()| true);
    }
    for gap in active.missing(&place) {
        let (from, to) = (gap.start.max(offset), gap.end.min(place.end));
        let piece = &bytes[(from - offset) as usize..(to - offset) as usize];
        turn.write_at(from, piece)?;
    }
    Ok(false)
}
