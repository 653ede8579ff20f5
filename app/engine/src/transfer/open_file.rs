//! How a download gets its file and its plan: found on the disk, or made when the length is known.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;

use lanes_shared::packet::PacketPlan;

use super::shared::{Event, Transfer};
use crate::model::checksum::Checksum;
use crate::model::outcome::FetchError;
use crate::model::resource_info::ResourceInfo;
use crate::scheduling::range_scheduler::RangeScheduler;
use crate::storage::download_file::OpenDownload;
use crate::storage::journal::Journal;
use crate::storage::part_store;
use crate::storage::part_store::{Lookup, PartStore};
use crate::storage::target_path;
use crate::storage::tree_hasher::CompleteGroups;

/// Where nothing stood so short a time ago, nothing is looked for again.
const RECENT: Duration = Duration::from_millis(100);

/// What an earlier attempt left, taken up.
type Found = (OpenDownload, Option<CompleteGroups>);

impl Transfer {
    /// Takes up an earlier attempt, if there is one. Called before any worker starts.
    ///
    /// # Errors
    /// When another program is at it.
    pub fn resume(&self) -> Result<(), FetchError> {
        // Without a name from the link the source has to say where the file goes.
        let name = self.request.file_name();
        if name.is_empty() && !self.request.destination.names_file() {
            return Ok(());
        }
        let target = self.target_for(&name);
        let found = if part_store::is_free(&target) {
            // Looked at once only: of a small file that takes as long as to make it.
            let _ = self.free.set(target.clone());
            None
        } else {
            self.find(&target, None)?
        };
        match found {
            Some(found) => {
                let mut board = self.board();
                self.take_up(&mut board, found);
            }
            None if self.request.same_file => {
                let part = target.display();
                return Err(FetchError::Failed(format!(
                    "there is nothing unfinished to go on with: {part}.part"
                )));
            }
            None => {}
        }
        Ok(())
    }

    /// What an earlier attempt left for `target`; also one at a link that differs only in its query,
    /// if `facts` show that it is the same file.
    fn find(
        &self,
        target: &Path,
        info: Option<&ResourceInfo>,
    ) -> Result<Option<Found>, FetchError> {
        let same_file = |journal: &Journal| {
            let source = &self.request.source;
            if self.request.check_len(journal.len).is_err() {
                return false;
            }
            self.request.same_file
                || journal.source == source.to_string()
                || info.is_some_and(|info| {
                    info.version.is_known()
                        && journal.resource_info().is_compatible_with(info)
                        && source.differs_in_query(&journal.source)
                })
        };
        let wanted = Lookup {
            ours: &same_file,
            anything: self.request.same_file,
            restart: self.request.restart,
        };
        let found = part_store::find(&wanted, target).map_err(FetchError::Failed)?;
        let hash = self.wants_hash(false);
        Ok(found.and_then(|(storage, journal)| OpenDownload::resumed(storage, &journal, hash)))
    }

    fn take_up(&self, board: &mut RangeScheduler, (active, whole): Found) {
        let gaps = active.missing(&(0..active.plan.file_len()));
        board.begin_gaps(gaps, active.info.packet_len.into(), self.shares());
        // With mirrors nobody knows whose version it is, and a checksum tells more.
        let known_better = !self.request.mirrors.is_empty()
            && (self.request.checksum.is_some() || self.request.pieces.is_some());
        let site = self.sites.primary().filter(|_| !known_better);
        if let Some(site) = site.filter(|_| active.info.version.is_known()) {
            site.agree(&active.info.version);
        }
        // What is kept may have an alternative name.
        let _ = self.target.set(active.paths.target.clone());
        self.begin(active, whole);
    }

    fn target_for(&self, name: &str) -> PathBuf {
        let (target, notice) = target_path::resolve(&self.request.destination, name);
        if let Some(notice) = notice {
            self.send(Event::Notice(notice));
        }
        target
    }

    /// Whether the file is hashed while it comes.
    fn wants_hash(&self, promised: bool) -> bool {
        promised || matches!(self.request.checksum, Some(Checksum::Blake3(_)))
    }

    /// The source says that the file is like this. The first to learn it makes the file; connection
    /// `prober`, if given, owns its beginning.
    ///
    /// # Errors
    /// The file cannot be made, or is not what it was.
    pub fn agree(
        &self,
        info: ResourceInfo,
        prober: Option<usize>,
    ) -> Result<&OpenDownload, FetchError> {
        let mut board = self.board();
        if self.active.get().is_none() {
            self.make(&mut board, &info, prober)?;
        }
        let Some(active) = self.active.get() else {
            return Err(FetchError::Failed("the plan was lost".into()));
        };
        if !active.info.is_compatible_with(&info) {
            return Err(self.changed());
        }
        if let Some(digest) = info.digest
            && active.digest.set(digest).is_ok()
        {
            self.send(Event::DigestKnown);
        }
        if let Some(checksum) = info.checksum {
            // A second one would say the same, or the file would not.
            let _ = active.checksum.set(checksum);
        }
        Ok(active)
    }

    fn make(
        &self,
        board: &mut RangeScheduler,
        info: &ResourceInfo,
        prober: Option<usize>,
    ) -> Result<(), FetchError> {
        let target = self.choose_target(info.name.as_deref());
        // The source may have given another name than the link, and the link may be a new one.
        let is_recent = self.started.elapsed() < RECENT;
        let was_free = is_recent && self.free.get() == Some(&target);
        if !was_free
            && let Some(found) = self.find(&target, Some(info))?
            && found.0.info.is_compatible_with(info)
        {
            self.take_up(board, found);
            return Ok(());
        }
        // Before anything is made on the disk.
        PacketPlan::new(info.len, info.packet_len)
            .map_err(|error| FetchError::Failed(error.to_string()))?;
        let storage =
            part_store::create(&target, info.len, was_free).map_err(FetchError::Failed)?;
        let hash = self.wants_hash(info.promises_digest);
        let (active, whole) =
            OpenDownload::new(storage, info.clone(), hash).map_err(FetchError::Failed)?;
        // From its first moment with a name on the part file has a journal, or a crash would orphan it. There
        // is nothing yet that a flush could protect.
        let journal = || active.journal(self.request.source.to_string());
        if !active.file.is_anonymous()
            && let Err(error) = journal().write(&active.paths.journal, false)
        {
            tracing::warn!("cannot write the journal: {error}");
        }
        let granule = active.info.packet_len.into();
        board.begin_new(active.info.len, granule, self.shares(), prober);
        self.begin(active, whole);
        Ok(())
    }

    fn choose_target(&self, name: Option<&str>) -> PathBuf {
        let name = name.filter(|_| self.request.name.is_none());
        let target = match (name, self.free.get()) {
            (Some(name), _) => self.target_for(name),
            (None, Some(by_link)) => by_link.clone(),
            (None, None) => self.target_for(&self.request.file_name()),
        };
        self.target.get_or_init(|| target).clone()
    }

    /// A file of unknown length begins to come over connection `index`, the only one from now on.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn spool(&self, index: usize, name: Option<&str>) -> Result<PartStore, FetchError> {
        self.claim_single(index);
        let target = self.choose_target(name);
        part_store::create_named(&target, 0).map_err(FetchError::Failed)
    }

    /// The whole file has come over connection `index` before its length was known.
    ///
    /// # Errors
    /// The file would need too many packets.
    pub fn spooled(
        &self,
        index: usize,
        storage: PartStore,
        info: ResourceInfo,
    ) -> Result<(), FetchError> {
        let hash = self.wants_hash(false);
        let (active, whole) = OpenDownload::complete(storage, info, hash, index as u16 + 1)
            .map_err(FetchError::Failed)?;
        let mut board = self.board();
        board.begin_gaps(Vec::new(), active.info.packet_len.into(), self.meters.len());
        self.begin(active, whole);
        Ok(())
    }

    /// How many equal segments a file is cut into.
    fn shares(&self) -> usize {
        self.wanted()
    }

    fn begin(&self, active: OpenDownload, whole: Option<CompleteGroups>) {
        let complete = active.done.load(Ordering::Acquire) == active.info.len;
        let digest_known = active.digest.get().is_some();
        // Set once only: all callers hold the board and have seen it empty.
        let _ = self.active.set(active);
        self.send(Event::Agreed(whole));
        if digest_known {
            self.send(Event::DigestKnown);
        }
        if complete {
            self.completed();
        }
        self.work.notify_all();
    }

    /// What to say when the source's file is not the one that was begun.
    pub fn changed(&self) -> FetchError {
        let resumed = self.active().filter(|active| active.resumed > 0);
        FetchError::Changed(match resumed {
            Some(active) => format!(
                "the file on the server has changed since this download began; begin anew, which deletes {}",
                active.paths.part.display(),
            ),
            None => "the file on the server changed while it was being fetched; begin anew".into(),
        })
    }
}
