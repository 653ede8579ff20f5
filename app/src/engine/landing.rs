//! Where the bytes of one connection land: in the file, at their offset, and in the books.
//!
//! Short packets that follow each other are gathered, so that a packet of 128 bytes does not cost
//! a write of its own. A packet counts as there only after its bytes were written.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::Ordering;

use super::active::Active;
use super::hot_hash::HotHash;
use super::storage::write_error;
use super::timeline::MAX_ARRIVALS;
use super::transfer::Transfer;

/// Pieces from this length on are written as they are, in bytes.
const DIRECT_LEN: usize = 16 * 1024;
/// How much is gathered at most, in bytes.
const STAGE_LEN: usize = 128 * 1024;

/// Why bytes could not be taken.
#[derive(Debug)]
pub(super) enum LandingError {
    /// They were not asked for, or came twice.
    Unasked,
    /// They cannot be written: the reason, in words.
    Write(String),
}

/// A run of bytes that was asked for, and how many of them have not come yet.
struct Run {
    bytes: Range<u64>,
    left: u64,
}

/// The landing place of one connection.
pub(super) struct Landing<'a> {
    transfer: &'a Transfer,
    active: &'a Active,
    index: usize,
    /// What was asked for and has not come, in the order of asking.
    runs: VecDeque<Run>,
    /// Bytes that have come of packets that are not in the books.
    under_way: u64,
    stage: Vec<u8>,
    stage_at: u64,
    /// Packets whose bytes are written or staged, but not in the books.
    whole: Vec<u64>,
    hot: Option<HotHash>,
    /// Of how many packets one is noted in the time line.
    noted: u64,
}

impl<'a> Landing<'a> {
    pub fn new(transfer: &'a Transfer, active: &'a Active, index: usize) -> Self {
        Self {
            transfer,
            active,
            index,
            runs: VecDeque::new(),
            under_way: 0,
            stage: Vec::new(),
            stage_at: 0,
            whole: Vec::new(),
            hot: (active.groups.as_ref())
                .and_then(|_| HotHash::worthwhile(active.facts.len, transfer.meters.len())),
            noted: active.plan.count().div_ceil(MAX_ARRIVALS).max(1),
        }
    }

    /// These bytes were asked for.
    pub fn expect(&mut self, bytes: Range<u64>) {
        let left = bytes.end - bytes.start;
        if left > 0 {
            self.runs.push_back(Run { bytes, left });
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

    /// What was asked for and may not have come.
    pub fn into_unfinished(self) -> impl Iterator<Item = Range<u64>> {
        self.runs.into_iter().map(|run| run.bytes)
    }

    /// A packet begins: it must be one that was asked for.
    pub fn begin(&self, id: u64, len: u32) -> Result<(), LandingError> {
        let offset = id.checked_mul(self.active.facts.packet_len.into());
        let asked = |offset| self.runs.iter().any(|run| run.bytes.contains(&offset));
        let fits = len == self.active.plan.len_of(id);
        let again = self.active.packets.has(id) && !self.transfer.has_raced();
        if fits && !again && offset.is_some_and(asked) {
            Ok(())
        } else {
            Err(LandingError::Unasked)
        }
    }

    /// Bytes of the file at `offset`.
    pub fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), LandingError> {
        self.under_way += bytes.len() as u64;
        let meter = &self.transfer.meters[self.index];
        meter.received(bytes.len() as u64, || self.transfer.started.elapsed());
        meter.set_offset(offset + bytes.len() as u64);
        let follows = self.stage_at + self.stage.len() as u64 == offset;
        self.transfer.throttle(bytes.len() as u64);
        let direct = bytes.len() >= DIRECT_LEN;
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
    pub fn whole(&mut self, id: u64) {
        if id.is_multiple_of(self.noted) {
            self.transfer.meters[self.index].arrived(id);
        }
        self.whole.push(id);
    }

    /// The plain stream has passed the end of packet `id`, which may have been there before.
    pub fn passed(&mut self, id: u64) {
        if self.active.packets.has(id) {
            let bytes = self.active.plan.bytes_of(&(id..id + 1));
            self.settle(&bytes);
        } else {
            self.whole(id);
        }
    }

    /// Packet `id` is whole and damaged: it is fetched again, by whoever comes first.
    pub fn damaged(&mut self, id: u64) -> Result<(), LandingError> {
        self.write_stage()?;
        let bytes = self.active.plan.bytes_of(&(id..id + 1));
        if let Some(hot) = &mut self.hot {
            hot.forget(&bytes);
        }
        self.settle(&bytes);
        self.transfer.give_back(bytes);
        Ok(())
    }

    /// Writes what is staged and enters what is whole into the books.
    pub fn flush(&mut self) -> Result<(), LandingError> {
        self.write_stage()?;
        let mut ids = std::mem::take(&mut self.whole).into_iter().peekable();
        while let Some(first) = ids.next() {
            let mut run = first..first + 1;
            while ids.next_if_eq(&run.end).is_some() {
                run.end += 1;
            }
            self.enter(&run)?;
        }
        Ok(())
    }

    /// Enters packets that follow each other. Those that another connection was faster with are only
    /// crossed off.
    fn enter(&mut self, ids: &Range<u64>) -> Result<(), LandingError> {
        self.settle(&self.active.plan.bytes_of(ids));
        let mut new = ids.start..ids.start;
        for id in ids.clone() {
            if self.active.packets.set(id) {
                new.end = id + 1;
                continue;
            }
            if !self.transfer.has_raced() {
                return Err(LandingError::Unasked);
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
        if let Some(groups) = &self.active.groups {
            let hot = &mut self.hot;
            let hash_of = |group| hot.as_mut().and_then(|hot| hot.hash_of(group));
            groups.add(bytes.start, bytes.end, hash_of);
        }
        self.transfer.meters[self.index].booked(len);
        self.active.cells.add(&bytes, self.index as u16 + 1);
        let done = self.active.done.fetch_add(len, Ordering::AcqRel) + len;
        if done == self.active.facts.len {
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

    fn write_stage(&mut self) -> Result<(), LandingError> {
        if self.stage.is_empty() {
            return Ok(());
        }
        let mut stage = std::mem::take(&mut self.stage);
        let written = self.write_now(self.stage_at, &stage);
        stage.clear();
        self.stage = stage;
        written
    }

    fn write_now(&mut self, offset: u64, bytes: &[u8]) -> Result<(), LandingError> {
        if let Some(hot) = &mut self.hot {
            hot.take(offset, bytes);
        }
        let written = self.active.file.write_at(offset, bytes);
        written.map_err(|error| LandingError::Write(write_error(&error, &self.active.paths.part)))
    }
}
