//! Opens the file of a transfer: resumes a part file, or creates one when the length is known.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;

use lanes_shared::packet::PacketPlan;

use super::events::Event;
use super::shared::Transfer;
use crate::model::checksum::Checksum;
use crate::model::outcome::FetchError;
use crate::model::resource_info::ResourceInfo;
use crate::model::source_url::Source;
use crate::scheduling::range_scheduler::RangeScheduler;
use crate::storage::error::StorageError;
use crate::storage::journal::Journal;
use crate::storage::open_download::OpenDownload;
use crate::storage::part_store;
use crate::storage::part_store::{Lookup, SHORT};
use crate::storage::target_path;
use crate::storage::tree_hasher::CompleteGroups;
use crate::storage::user_key::UserKey;

/// A path found free this recently is not checked again.
const RECENT: Duration = Duration::from_millis(100);

/// A part file of an earlier attempt, and the groups that are complete in it.
pub(super) type Resumed = (OpenDownload, Option<CompleteGroups>);

impl Transfer {
    /// Resumes the part file of an earlier attempt, if there is one. Called before any worker
    /// starts.
    ///
    /// # Errors Another process is downloading to the part file, or [`same_file`] is set and there
    /// is no part file.
    ///
    /// [`same_file`]: crate::model::spec::DownloadSpec::same_file
    pub fn resume(&self) -> Result<(), FetchError> {
        let spec = &self.context.spec;
        if self.context.is_stream {
            return self.open_stream();
        }
        // If neither the URL nor the destination has a name, the response has to give one.
        let name = spec.file_name();
        if name.is_empty() && !spec.destination.names_file() {
            return Ok(());
        }
        let target = self.resolve_target(&name);
        let found = if part_store::is_free(&target) {
            // Remembered, because a second check takes as long as creating a small file.
            let _ = self.context.free.set(target.clone());
            None
        } else {
            self.find(&target, None)?
        };
        match found {
            Some(found) => {
                let mut ranges = self.scheduler.lock();
                self.adopt(&mut ranges, found);
            }
            None if spec.same_file => {
                let part = target.display();
                return Err(FetchError::Failed(format!(
                    "no partial download to resume: {part}.part"
                )));
            }
            None => {}
        }
        Ok(())
    }

    /// Finds the part file of an earlier attempt for `target`. A part file from a URL that differs
    /// only in its query counts if `info` shows that it is the same file.
    pub(super) fn find(
        &self,
        target: &Path,
        info: Option<&ResourceInfo>,
    ) -> Result<Option<Resumed>, FetchError> {
        let spec = &self.context.spec;
        let is_same_file = |journal: &Journal| {
            if spec.check_len(journal.len).is_err() {
                return false;
            }
            spec.same_file
                || journal.source == spec.source.full_link()
                || info.is_some_and(|info| {
                    info.version.is_known()
                        && journal.resource_info().is_compatible_with(info)
                        && spec.source.differs_in_query(&journal.source)
                })
        };
        let lookup = Lookup {
            is_ours: &is_same_file,
            beside_finished: spec.same_file,
            restart: spec.restart,
            notice: &|notice| self.events.notice(notice),
        };
        let found = part_store::find(&lookup, target)?;
        let hash = self.wants_hash(false);
        // A Lanes server is asked for the digest of the whole file anyway.
        let asks = matches!(spec.source, Source::Http(_));
        Ok(found
            .and_then(|(storage, journal)| OpenDownload::resumed(storage, &journal, hash, asks)))
    }

    /// Uses the part file of an earlier attempt.
    pub(super) fn adopt(
        &self,
        ranges: &mut RangeScheduler,
        (active, groups): Resumed,
    ) -> &OpenDownload {
        let spec = &self.context.spec;
        let gaps = active.missing(&(0..active.plan.file_len()));
        if active.resumed > 0 {
            self.context.overlaps.set_resumed(&gaps);
            self.warn_if_unverifiable(&active);
        }
        let granule = active.info.packet_len.into();
        ranges.begin_gaps(gaps, granule, self.scheduler.target_connections());
        // With mirrors it is unknown which server reported the version, and a checksum is the
        // better test.
        let has_better_test =
            !spec.mirrors.is_empty() && (spec.checksum.is_some() || spec.pieces.is_some());
        let primary = self.context.mirrors.primary().filter(|_| !has_better_test);
        if let Some(mirror) = primary.filter(|_| active.info.version.is_known()) {
            mirror.versions.set_recorded(&active.info.version);
        }
        // The part file may have an alternative name.
        let _ = self.context.target.set(active.paths.target.clone());
        self.publish(active, groups)
    }

    /// Warns that nothing tells versions of the resumed file apart but some of its bytes.
    fn warn_if_unverifiable(&self, active: &OpenDownload) {
        let is_verifiable = active.info.version.is_known()
            || active.checksum.get().is_some()
            || self.context.has_checksum();
        if !is_verifiable && active.done.load(Ordering::Acquire) < active.info.len {
            self.events.notice(
                "The server reported no version of the file: some bytes of the partial file are compared with the server's, but only a checksum shows that it is the same file",
            );
        }
    }

    fn resolve_target(&self, name: &str) -> PathBuf {
        let (target, notice) = target_path::resolve(&self.context.spec.destination, name);
        if let Some(notice) = notice {
            self.events.notice(notice);
        }
        target
    }

    /// Returns whether the file is hashed during the download.
    pub(super) fn wants_hash(&self, is_promised: bool) -> bool {
        is_promised || matches!(self.context.spec.checksum, Some(Checksum::Blake3(_)))
    }

    /// Confirms the resource metadata that a server reported. The first caller creates the file and
    /// the segments; connection `prober`, if given, then owns the first segment.
    ///
    /// # Errors
    /// The file cannot be created, or the metadata differ from those confirmed before.
    pub fn confirm_resource(
        &self,
        info: ResourceInfo,
        prober: Option<usize>,
    ) -> Result<&OpenDownload, FetchError> {
        let mut ranges = self.scheduler.lock();
        let active = match self.context.active() {
            Some(active) => active,
            None => self.open(&mut ranges, &info, prober)?,
        };
        if !active.info.is_compatible_with(&info) {
            return Err(self.context.changed_error());
        }
        if let Some(digest) = info.digest
            && active.digest.set(digest).is_ok()
        {
            self.events.send(Event::DigestKnown);
        }
        if let Some(checksum) = info.checksum {
            // A second server that reports another one would fail the compatibility check.
            let _ = active.checksum.set(checksum);
        }
        Ok(active)
    }

    /// Opens the file of this resource: the part file of an earlier attempt, or a new one.
    fn open(
        &self,
        ranges: &mut RangeScheduler,
        info: &ResourceInfo,
        prober: Option<usize>,
    ) -> Result<&OpenDownload, FetchError> {
        let target = self.choose_target(info.name.as_deref());
        let is_recent = self.context.started.elapsed() < RECENT;
        let was_free = is_recent && self.context.free.get() == Some(&target);
        // The response may have given another name than the URL, and the URL may be a new one.
        if !was_free
            && !self.context.is_stream
            && let Some(found) = self.find(&target, Some(info))?
            && found.0.info.is_compatible_with(info)
        {
            return Ok(self.adopt(ranges, found));
        }
        // Checked before anything is created on the disk.
        PacketPlan::new(info.len, info.packet_len).map_err(StorageError::from)?;
        let hash = self.wants_hash(info.promises_digest);
        let storage = match self.context.is_stream {
            true => self.take_stream(hash, info.checksum.clone())?,
            false => part_store::create(&target, Some(info.len), was_free)?,
        };
        let (mut active, groups) = OpenDownload::new(storage, info.clone(), hash)?;
        if !self.context.is_stream && info.len > SHORT {
            self.begin_part(&mut active, &target)?;
        }
        let granule = active.info.packet_len.into();
        let count = self.scheduler.target_connections();
        ranges.begin_new(active.info.len, granule, count, prober);
        Ok(self.publish(active, groups))
    }

    /// Gives a long file its name and its first journal. Without them the download still works, and they
    /// are tried again later.
    ///
    /// # Errors
    /// The file is longer than the file system or a limit of the process allows.
    pub(super) fn begin_part(
        &self,
        active: &mut OpenDownload,
        target: &Path,
    ) -> Result<(), StorageError> {
        let source = self.context.spec.source.full_link();
        match active.begin_part(source, target) {
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                return Err(StorageError::write(error, &active.paths.part));
            }
            Err(error) => tracing::warn!("cannot write the journal: {error}"),
            Ok(()) => {}
        }
        if !UserKey::get().is_kept() {
            self.events.notice(
                "There is no data folder of this user for the key of the journals: this download can be resumed only until the program ends",
            );
        }
        Ok(())
    }

    /// Returns the path of the finished file; the first call decides. `name` is the name in the
    /// response.
    pub(super) fn choose_target(&self, name: Option<&str>) -> PathBuf {
        let spec = &self.context.spec;
        let name = name.filter(|_| spec.name.is_none());
        let target = match (name, self.context.free.get()) {
            (Some(name), _) => self.resolve_target(name),
            (None, Some(by_url)) => by_url.clone(),
            (None, None) => self.resolve_target(&spec.file_name()),
        };
        self.context.target.get_or_init(|| target).clone()
    }

    /// Makes the open file visible to all threads. The caller holds the lock and has seen that
    /// there is none yet.
    pub(super) fn publish(
        &self,
        active: OpenDownload,
        groups: Option<CompleteGroups>,
    ) -> &OpenDownload {
        let is_complete = active.done.load(Ordering::Acquire) == active.info.len;
        let is_digest_known = active.digest.get().is_some();
        let active = self.context.active.get_or_init(|| active);
        self.events.send(Event::Confirmed(groups));
        if is_digest_known {
            self.events.send(Event::DigestKnown);
        }
        if is_complete {
            self.mark_complete();
        }
        self.scheduler.notify_all();
        active
    }
}
