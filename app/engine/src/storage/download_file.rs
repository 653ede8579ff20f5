//! Everything of a download that exists once the length of its file is known.

use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use lanes_shared::checksum::Digest;
use lanes_shared::packet::PacketPlan;

use super::journal::Journal;
use super::packet_bitmap::PacketBitmap;
use super::part_file::{PartFile, Paths};
use super::part_store::PartStore;
use super::tree_hasher::{CompleteGroups, TreeHasher};
use crate::model::checksum::Checksum;
use crate::model::resource_info::ResourceInfo;
use crate::telemetry::file_map::FileMap;

/// The file, the plan, and what has come so far.
pub(crate) struct OpenDownload {
    pub info: ResourceInfo,
    pub plan: PacketPlan,
    pub paths: Paths,
    pub file: PartFile,
    pub packets: PacketBitmap,
    pub map: FileMap,
    /// What is hashed as it comes; `None` when nobody will ask for the digest.
    pub hasher: Option<TreeHasher>,
    /// Bytes of whole packets in the file.
    pub done: AtomicU64,
    /// Bytes that an earlier attempt had brought.
    pub resumed: u64,
    /// The BLAKE3 digest, as the source gave it.
    pub digest: OnceLock<Digest>,
    /// Another digest that the source gave.
    pub checksum: OnceLock<Checksum>,
}

impl OpenDownload {
    /// A download of which nothing is there. With `hash` it is hashed while it comes.
    ///
    /// # Errors
    /// In words: the file would need too many packets.
    pub fn new(
        storage: PartStore,
        info: ResourceInfo,
        hash: bool,
    ) -> Result<(Self, Option<CompleteGroups>), String> {
        let plan = PacketPlan::new(info.len, info.packet_len).map_err(|e| e.to_string())?;
        let (hasher, whole) = hash.then(|| TreeHasher::new(info.len)).unzip();
        let active = Self {
            packets: PacketBitmap::new(plan.count()),
            map: FileMap::new(info.len, info.packet_len),
            hasher,
            done: AtomicU64::new(0),
            resumed: 0,
            digest: info.digest.map_or_else(OnceLock::new, OnceLock::from),
            checksum: info
                .checksum
                .clone()
                .map_or_else(OnceLock::new, OnceLock::from),
            plan,
            paths: storage.paths,
            file: storage.file,
            info,
        };
        Ok((active, whole))
    }

    /// Takes up what an earlier attempt left; `None` when the journal does not fit its file.
    pub fn resumed(
        storage: PartStore,
        journal: &Journal,
        hash: bool,
    ) -> Option<(Self, Option<CompleteGroups>)> {
        let info = journal.resource_info();
        let hash = hash || info.promises_digest;
        let (mut active, whole) = Self::new(storage, info, hash).ok()?;
        if !active.packets.load(&journal.packets) {
            return None;
        }
        let all = 0..active.plan.file_len();
        let mut at = 0;
        let missing = active.missing(&all);
        for gap in missing.iter().chain([&(all.end..all.end)]) {
            let there = at..gap.start;
            active.resumed += there.end - there.start;
            active.note(&there, 0);
            at = gap.end;
        }
        active.done = AtomicU64::new(active.resumed);
        Some((active, whole))
    }

    /// A whole file that has come over connection `number` (from 1) before its length was known.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn complete(
        storage: PartStore,
        info: ResourceInfo,
        hash: bool,
        number: u16,
    ) -> Result<(Self, Option<CompleteGroups>), String> {
        let (mut active, whole) = Self::new(storage, info, hash)?;
        for id in 0..active.plan.count() {
            active.packets.set(id);
        }
        let all = 0..active.plan.file_len();
        active.note(&all, number);
        active.done = AtomicU64::new(all.end);
        Ok((active, whole))
    }

    fn note(&self, there: &Range<u64>, number: u16) {
        if let Some(hasher) = &self.hasher {
            hasher.add(there.start, there.end, |_| None);
        }
        self.map.add(there, number);
    }

    /// Strikes from the books the packets that `bytes` touch: what came of them is wrong.
    pub fn invalidate(&self, bytes: &Range<u64>) {
        for id in self.plan.ids_of(bytes) {
            if self.packets.clear(id) {
                let bytes = self.plan.bytes_of(&(id..id + 1));
                self.map.remove(&bytes);
                self.done
                    .fetch_sub(bytes.end - bytes.start, Ordering::AcqRel);
            }
        }
    }

    /// The bytes of `range` that are missing, by whole packets.
    pub fn missing(&self, range: &Range<u64>) -> Vec<Range<u64>> {
        let runs = self.packets.missing(self.plan.ids_of(range));
        runs.iter().map(|ids| self.plan.bytes_of(ids)).collect()
    }

    /// What is to be kept for a later attempt.
    pub fn journal(&self, source: String) -> Journal {
        let mut info = self.info.clone();
        info.digest = self.digest.get().copied();
        Journal::new(source, &info, self.packets.save())
    }

    /// Whether something of it stays when the program ends, or should.
    pub fn has_partial_data(&self) -> bool {
        match self.file.is_anonymous() {
            true => self.done.load(Ordering::Acquire) > 0,
            false => self.paths.part.exists(),
        }
    }

    /// Deletes what came.
    pub fn discard(&self) {
        self.done.store(0, Ordering::Release);
        self.paths.discard();
    }

    /// Whether every digest that the source promised is known.
    pub fn is_digest_known(&self) -> bool {
        !self.info.promises_digest || self.digest.get().is_some()
    }
}
