//! The state of a download whose length is known.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use lanes_shared::checksum::Digest;
use lanes_shared::packet::PacketPlan;

use super::error::StorageError;
use super::journal::Journal;
use super::journal_file::JournalFile;
use super::packet_bitmap::PacketBitmap;
use super::part_file::PartFile;
use super::part_paths::Paths;
use super::part_store::{self, PartStore};
use super::target_path::alternatives;
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
    /// The journal, once the file has the name of a part file.
    journal: JournalFile,
    /// Set once the complete file is verified, and lacks only its final name.
    is_verified: AtomicBool,
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
        // A stream is hashed as it leaves, and cannot be read back.
        let hash = hash && store.file.stream().is_none();
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
            journal: store.journal,
            is_verified: AtomicBool::new(false),
            info,
        };
        Ok((download, groups))
    }

    /// Resumes the download of an earlier attempt. `None` if the journal does not fit its file. With
    /// `asks`, the last packet is fetched again, so that a server confirms the version of the file before
    /// it is finished; unless it was verified before, and lacks only its name.
    pub fn resumed(
        store: PartStore,
        journal: &Journal,
        hash: bool,
        asks: bool,
    ) -> Option<(Self, Option<CompleteGroups>)> {
        let info = journal.resource_info();
        let hash = hash || info.promises_digest;
        let (mut download, groups) = Self::new(store, info, hash).ok()?;
        if !download.packets.load(&journal.packets) {
            return None;
        }
        if asks && !journal.is_verified {
            // Bytes are compared before each gap, so the last run needs one too.
            let last = download.plan.count().checked_sub(1)?;
            download.packets.clear(last);
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

    /// Returns the end of the last whole packet up to offset `end`, in bytes.
    pub fn whole_packets_until(&self, end: u64) -> u64 {
        match end < self.plan.file_len() {
            true => self.plan.offset(self.plan.id_at(end)),
            false => end,
        }
    }

    /// Writes the packets that have left the file in order to the pipe or device behind it, if any.
    ///
    /// # Errors
    /// Those of a write.
    pub fn commit_stream(&self) -> io::Result<()> {
        let Some(stream) = self.file.stream() else {
            return Ok(());
        };
        let mut id = self.plan.id_at(stream.written());
        while self.packets.has(id) {
            id += 1;
        }
        stream.commit(self.plan.bytes_of(&(id..id)).start)
    }

    /// Gives a new file the name of a part file, beside its first journal. If the names are taken, the
    /// next alternative of `target` is used. `source` is the URL of the source.
    ///
    /// # Errors
    /// Those of a write; the file then still has no name.
    pub fn begin_part(&mut self, source: String, target: &Path) -> io::Result<()> {
        let journal = self.present_journal(source)?;
        for candidate in alternatives(target) {
            let paths = Paths::new(candidate);
            if paths.are_taken() {
                continue;
            }
            let journal_file = JournalFile::new(paths.journal.clone());
            // Not flushed, because there is nothing yet that a flush could protect.
            match self.name_part(&paths, &journal_file, &journal, false) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
                Ok(()) => {
                    (self.paths, self.journal) = (paths, journal_file);
                    return Ok(());
                }
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Writes the journal and then gives the file its name, so that a crash leaves no part file without a
    /// journal.
    fn name_part(
        &self,
        paths: &Paths,
        journal_file: &JournalFile,
        journal: &Journal,
        flush: bool,
    ) -> io::Result<()> {
        let _locked = journal_file.create(journal, flush)?;
        self.file.name_part(&paths.part).inspect_err(|_| {
            // A journal without its part file is deleted by the next run.
            let _ = journal_file.remove();
        })
    }

    /// Returns the journal of this moment. `source` is the URL of the source.
    ///
    /// # Errors
    /// The file cannot be prepared for a name.
    pub fn present_journal(&self, source: String) -> io::Result<Journal> {
        let record = self.file.prepare()?;
        let mut info = self.info.clone();
        info.digest = self.digest.get().copied();
        let journal = Journal::new(source, &info, record, self.packets.save());
        Ok(match self.is_verified.load(Ordering::Acquire) {
            true => journal.into_verified(),
            false => journal,
        })
    }

    /// Saves a journal whose bytes are on the disk. The file gets its name with the first one. With
    /// `flush`, waits until the journal is on the disk.
    ///
    /// # Errors
    /// Those of a write.
    pub fn save_journal(&self, journal: &Journal, flush: bool) -> io::Result<()> {
        match self.file.is_part() {
            true => self.journal.replace(journal, flush),
            false => self.name_part(&self.paths, &self.journal, journal, flush),
        }
    }

    /// Gives the complete and verified file its final name: `wanted` or its first free alternative.
    /// Returns the path, and notices about what could not be cleaned up.
    ///
    /// # Errors
    /// Those of a rename.
    pub fn move_to_final_name(
        &self,
        source: &str,
        wanted: &Path,
    ) -> io::Result<(PathBuf, Vec<String>)> {
        self.is_verified.store(true, Ordering::Release);
        let placed = match self.file.is_staged() {
            // Without unnamed files and renames that refuse to replace, only a journal makes this safe.
            true => {
                let refuse = |_: &Path| Err(io::ErrorKind::Unsupported.into());
                self.file.move_to_final_name(wanted, &refuse)
            }
            false => self.place(source, wanted),
        };
        let (path, error) = match placed {
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                let journal = self.present_journal(source.to_owned())?;
                self.save_journal(&journal, false)?;
                self.place(source, wanted)?
            }
            placed => placed?,
        };
        let closed = |error| format!("The file can be read by this user only: {error}");
        let mut notices: Vec<String> = error.map(closed).into_iter().collect();
        for left in part_store::left_beside(&self.file, &self.journal, &self.paths) {
            let left = left.display();
            notices.push(format!(
                "{left} could not be deleted; it is no longer needed"
            ));
        }
        Ok((path, notices))
    }

    /// Gives the file its final name. First records in the journal of a part file that the file is
    /// verified, so that the next run finishes what a crash interrupts; and announces a placeholder there.
    fn place(&self, source: &str, wanted: &Path) -> io::Result<(PathBuf, Option<io::Error>)> {
        if self.file.is_part() {
            let journal = self.present_journal(source.to_owned());
            let saved = journal.and_then(|journal| self.journal.replace(&journal, false));
            if let Err(error) = saved {
                // Without it the file gets its name all the same.
                tracing::warn!("cannot write the journal: {error}");
            }
        }
        self.file.move_to_final_name(wanted, &|path: &Path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let journal = self.present_journal(source.to_owned())?;
            let journal = journal.with_placeholder(name.into_owned());
            self.journal.replace(&journal, false)
        })
    }

    /// Returns whether there is a partial file to keep when the program ends.
    pub fn has_partial_data(&self) -> bool {
        let is_new = self.file.stream().is_none() && !self.file.is_final();
        self.file.is_part() || (is_new && self.done.load(Ordering::Acquire) > 0)
    }

    /// Deletes the part file and its journal.
    pub fn discard(&self) {
        self.done.store(0, Ordering::Release);
        // A file that cannot be deleted remains visible to the user.
        let _ = self.file.remove_part(&self.paths.part);
        let _ = self.journal.remove();
    }

    /// Returns whether every digest that the source promised is known.
    pub fn is_digest_known(&self) -> bool {
        !self.info.promises_digest || self.digest.get().is_some()
    }
}
