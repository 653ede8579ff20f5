//! The state of a download whose length is known.

use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use lanes_shared::checksum::Digest;
use lanes_shared::packet::PacketPlan;

use super::error::StorageError;
use super::journal::Journal;
use super::packet_bitmap::PacketBitmap;
use super::part_file::{PartFile, Paths};
use super::part_store::PartStore;
use super::tree_hasher::{CompleteGroups, TreeHasher};
use crate::model::checksum::Checksum;
use crate::model::resource_info::ResourceInfo;
use crate::telemetry::file_map::FileMap;

/// An open part file, its packet plan and its received packets.
pub(crate) struct OpenDownload {
    pub info: ResourceInfo,
    pub plan: PacketPlan,
    pub paths: Paths,
    pub file: PartFile,
    pub packets: PacketBitmap,
    pub map: FileMap,
    /// Hashes the file while it is received; `None` if there is no digest to compare with.
    pub hasher: Option<TreeHasher>,
    /// Bytes of complete packets in the file.
    pub done: AtomicU64,
    /// Bytes that an earlier attempt had received.
    pub resumed: u64,
    /// BLAKE3 digest that the source reported.
    pub digest: OnceLock<Digest>,
    /// Another digest that the source reported.
    pub checksum: OnceLock<Checksum>,
}

impl OpenDownload {
    /// Creates a download without any received bytes. With `hash`, it is hashed while it is received.
    ///
    /// # Errors
    /// [`StorageError::Packets`]: the file would need too many packets.
    pub fn new(
        store: PartStore,
        info: ResourceInfo,
        hash: bool,
    ) -> Result<(Self, Option<CompleteGroups>), StorageError> {
        let plan = PacketPlan::new(info.len, info.packet_len)?;
        let (hasher, groups) = hash.then(|| TreeHasher::new(info.len)).unzip();
        let download = Self {
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
            paths: store.paths,
            file: store.file,
            info,
        };
        Ok((download, groups))
    }

    /// Resumes the download of an earlier attempt. `None` if the journal does not fit its file.
    pub fn resumed(
        store: PartStore,
        journal: &Journal,
        hash: bool,
    ) -> Option<(Self, Option<CompleteGroups>)> {
        let info = journal.resource_info();
        let hash = hash || info.promises_digest;
        let (mut download, groups) = Self::new(store, info, hash).ok()?;
        if !download.packets.load(&journal.packets) {
            return None;
        }
        let all = 0..download.plan.file_len();
        let mut at = 0;
        let missing = download.missing(&all);
        for gap in missing.iter().chain([&(all.end..all.end)]) {
            let received = at..gap.start;
            download.resumed += received.end - received.start;
            download.record(&received, 0);
            at = gap.end;
        }
        download.done = AtomicU64::new(download.resumed);
        Some((download, groups))
    }

    /// Creates a download that connection `number` (from 1) completed before its length was known.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn complete(
        store: PartStore,
        info: ResourceInfo,
        hash: bool,
        number: u16,
    ) -> Result<(Self, Option<CompleteGroups>), StorageError> {
        let (mut download, groups) = Self::new(store, info, hash)?;
        for id in 0..download.plan.count() {
            download.packets.set(id);
        }
        let all = 0..download.plan.file_len();
        download.record(&all, number);
        download.done = AtomicU64::new(all.end);
        Ok((download, groups))
    }

    fn record(&self, received: &Range<u64>, number: u16) {
        if let Some(hasher) = &self.hasher {
            hasher.add(received.start, received.end, |_| None);
        }
        self.map.add(received, number);
    }

    /// Marks the packets that overlap `bytes` as missing, because their content is wrong.
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

    /// Returns the missing bytes of `range`, extended to whole packets.
    pub fn missing(&self, range: &Range<u64>) -> Vec<Range<u64>> {
        let runs = self.packets.missing(self.plan.ids_of(range));
        runs.iter().map(|ids| self.plan.bytes_of(ids)).collect()
    }

    /// Returns the journal from which a later attempt resumes. `source` is the URL of the source.
    pub fn journal(&self, source: String) -> Journal {
        let mut info = self.info.clone();
        info.digest = self.digest.get().copied();
        Journal::new(source, &info, self.packets.save())
    }

    /// Returns whether there is a partial file to keep when the program ends.
    pub fn has_partial_data(&self) -> bool {
        match self.file.is_anonymous() {
            true => self.done.load(Ordering::Acquire) > 0,
            false => self.paths.part.exists(),
        }
    }

    /// Deletes the part file and its journal.
    pub fn discard(&self) {
        self.done.store(0, Ordering::Release);
        self.paths.discard();
    }

    /// Returns whether every digest that the source promised is known.
    pub fn is_digest_known(&self) -> bool {
        !self.info.promises_digest || self.digest.get().is_some()
    }
}
