//! State that all connections of an attempt share, beside the scheduler: the specification, the mirrors, the
//! target path, and the open file once its length is known.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;

use super::carried_state::CarriedState;
use super::overlap::{MOMENT, Overlaps};
use crate::model::files_beside::FilesBeside;
use crate::model::outcome::FetchError;
use crate::model::random_id;
use crate::model::spec::DownloadSpec;
use crate::scheduling::mirror_set::MirrorSet;
use crate::scheduling::packet_train::CapacityEstimate;
use crate::storage::open_download::OpenDownload;
use crate::storage::part_store::PartStore;
use crate::storage::sample_comparison::{SAMPLE_LEN, overlap_start};
use crate::storage::stream_sink;
use crate::sync::lock;

/// The specification of a transfer, and what is learned about it once.
pub(crate) struct TransferContext {
    pub spec: Arc<DownloadSpec>,
    pub started: Instant,
    /// State of the attempt, carried over from earlier attempts.
    pub carried: CarriedState,
    /// Id by which a Lanes server recognizes the connections of the transfer.
    pub session: [u8; 16],
    /// The HTTP servers; empty for a Lanes server.
    pub mirrors: Arc<MirrorSet>,
    /// Path of the finished file, unless the name is taken by then.
    pub(super) target: OnceLock<PathBuf>,
    /// Path at which there was neither a file nor a part file when the transfer began.
    pub(super) free: OnceLock<PathBuf>,
    /// Set if the bytes go to a pipe or a device, in order and once.
    pub is_stream: bool,
    /// The open pipe or device, until the download takes it.
    pub(super) stream: Mutex<Option<PartStore>>,
    pub(super) active: OnceLock<OpenDownload>,
    /// The only connection, if the source provides the file only as a whole.
    pub(super) sole_connection: OnceLock<usize>,
    pub(super) capacity: OnceLock<CapacityEstimate>,
    /// The gaps before which bytes are compared.
    pub overlaps: Overlaps,
    /// The unfinished file of another program that this attempt began with.
    taken_over: OnceLock<PathBuf>,
    /// Checksums and signatures beside the file, once all were looked for.
    files_beside: OnceLock<FilesBeside>,
    /// The only connection, if the validators of the server tell nothing.
    loose_connection: Mutex<Option<usize>>,
}

impl TransferContext {
    /// Creates the context of one attempt; only the specification is known.
    pub fn new(spec: Arc<DownloadSpec>, carried: CarriedState) -> Self {
        Self {
            started: carried.started,
            is_stream: stream_sink::is_stream(&spec.destination),
            stream: Mutex::new(None),
            session: random_id::random(),
            mirrors: Arc::clone(&carried.mirrors),
            carried,
            spec,
            target: OnceLock::new(),
            free: OnceLock::new(),
            active: OnceLock::new(),
            sole_connection: OnceLock::new(),
            capacity: OnceLock::new(),
            overlaps: Overlaps::default(),
            taken_over: OnceLock::new(),
            files_beside: OnceLock::new(),
            loose_connection: Mutex::default(),
        }
    }

    /// Returns the active download, that is the open file and its progress, once the length is known.
    pub fn active(&self) -> Option<&OpenDownload> {
        self.active.get()
    }

    /// Returns the number of bytes that were present before the download began.
    pub fn resumed(&self) -> u64 {
        let resumed = || self.active().map_or(0, |active| active.resumed);
        self.carried.resumed.unwrap_or_else(resumed)
    }

    /// Returns the path of the finished file, once its name is known.
    pub fn target(&self) -> Option<&Path> {
        self.target.get().map(PathBuf::as_path)
    }

    /// Returns the only connection, if the source provides the file only as a whole.
    pub fn sole_connection(&self) -> Option<usize> {
        self.sole_connection.get().copied()
    }

    /// Makes connection `index` the only one that continues, if no other is. Returns whether it is.
    pub fn claim_loose_connection(&self, index: usize) -> bool {
        *lock(&self.loose_connection).get_or_insert(index) == index
    }

    /// Lets another connection continue in place of `index`, which has ended.
    pub fn release_loose_connection(&self, index: usize) {
        lock(&self.loose_connection).take_if(|only| *only == index);
    }

    /// Returns the estimate of the first packets.
    pub fn capacity_estimate(&self) -> Option<CapacityEstimate> {
        self.capacity.get().copied()
    }

    /// Returns whether the user or a Metalink file gave a checksum, which tells versions apart better than
    /// the validators of a server.
    pub fn has_checksum(&self) -> bool {
        self.spec.checksum.is_some() || self.spec.pieces.is_some()
    }

    /// Returns the offset from which bytes are requested, if those from `start` on are needed: earlier, if
    /// bytes before `start` are to be compared. With `always`, some are compared in any case.
    pub fn request_start(&self, start: u64, always: bool) -> u64 {
        let Some(file) = self.active().filter(|_| !self.is_stream) else {
            return start;
        };
        if self.overlaps.is_due(start, self.started.elapsed() > MOMENT) {
            return overlap_start(file, start);
        }
        match always {
            // Short, so that a server that ends every response early gets on.
            true => overlap_start(file, start).max(start.saturating_sub(SAMPLE_LEN / 4)),
            false => start,
        }
    }

    /// Records the unfinished file of another program that this attempt begins with.
    pub(super) fn set_taken_over(&self, path: &Path) {
        let _ = self.taken_over.set(path.to_owned());
    }

    /// Returns the unfinished file of another program that this attempt began with.
    pub fn taken_over(&self) -> Option<&Path> {
        self.taken_over.get().map(PathBuf::as_path)
    }

    /// Records the checksums and signatures beside the file.
    pub fn set_files_beside(&self, found: FilesBeside) {
        let _ = self.files_beside.set(found);
    }

    /// Returns the checksums and signatures beside the file, if they were looked for.
    pub fn files_beside(&self) -> Option<&FilesBeside> {
        self.files_beside.get()
    }

    /// Returns the error for a file at the source that differs from the one begun.
    pub fn changed_error(&self) -> FetchError {
        if let Some(path) = self.taken_over() {
            return FetchError::Changed(format!(
                "the unfinished file has other bytes than the file on the server; it is left as it is, start over without it: {}",
                path.display()
            ));
        }
        let resumed = self.active().filter(|active| active.resumed > 0);
        FetchError::Changed(match resumed {
            Some(active) => format!(
                "the file on the server has changed since this download began; start over, which deletes {}",
                active.paths.part.display(),
            ),
            None => "the file on the server changed during the download; start over".into(),
        })
    }
}
