//! State of one download that only the engine's thread needs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use crate::download::running_options::RunningOptions;
use crate::model::recording::RecordingId;
use crate::model::snapshot::DownloadSnapshot;
use crate::model::spec::DownloadSpec;
use crate::storage::part_move;
use crate::storage::part_paths::Paths;
use crate::storage::part_store;
use crate::sync::cancel::CancelToken;

/// One download that the engine owns.
pub(crate) struct ManagedDownload {
    pub spec: DownloadSpec,
    /// Time at which the download was added.
    pub added: SystemTime,
    pub attempt: Option<RunningAttempt>,
    /// Paths of the partial file of an unfinished attempt, if it ran since the program started.
    pub partial: Option<Paths>,
    pub verification: Option<Verification>,
    /// Cancels the thread that moves the finished file.
    pub file_move: Option<CancelToken>,
    /// Name of the kept recording of its last attempt.
    pub recording: Option<RecordingId>,
}

/// A download that was removed from the list.
pub(super) struct RemovedDownload {
    pub download: ManagedDownload,
    pub snapshot: Arc<DownloadSnapshot>,
}

/// An attempt that a thread is running.
pub(crate) struct RunningAttempt {
    pub cancel: CancelToken,
    /// Handles by which its options are changed.
    pub options: Arc<RunningOptions>,
    /// Set to delete the partial file once the attempt has ended.
    pub is_cancelled: bool,
}

/// A thread that reads the finished file again.
pub(crate) struct Verification {
    pub cancel: CancelToken,
}

impl ManagedDownload {
    pub fn new(spec: DownloadSpec, added: SystemTime) -> Self {
        Self {
            spec,
            added,
            attempt: None,
            partial: None,
            verification: None,
            file_move: None,
            recording: None,
        }
    }

    /// Asks its threads to end. Does not wait for them.
    pub fn stop(&self) {
        if let Some(attempt) = &self.attempt {
            attempt.cancel.cancel();
        }
        if let Some(verification) = &self.verification {
            verification.cancel.cancel();
        }
        if let Some(cancel) = &self.file_move {
            cancel.cancel();
        }
    }

    /// Returns whether it has a thread.
    pub fn is_busy(&self) -> bool {
        self.attempt.is_some() || self.verification.is_some() || self.file_move.is_some()
    }

    /// Returns whether a partial file for `target` exists.
    pub fn has_partial(&self, target: Option<&Path>) -> bool {
        let is_unfinished = |path: &Path| part_store::is_unfinished(&Paths::new(path.to_owned()));
        self.partial.is_some() || target.is_some_and(is_unfinished)
    }

    /// Moves the partial file for `target` to another target on the same file system. Returns the target that
    /// it has then, or `None` if it stays.
    pub fn move_partial(&mut self, target: &Path, to: &Path) -> Option<PathBuf> {
        let known = self.partial.clone();
        let from = known.unwrap_or_else(|| Paths::new(target.to_owned()));
        let moved = part_move::move_part(&from, to).ok()?;
        let target = moved.target.clone();
        self.partial = Some(moved);
        Some(target)
    }

    /// Deletes the partial file for `target`, which may be from an earlier run of the program. Leaves it
    /// alone if it belongs to another download or is in use.
    pub fn delete_partial(&mut self, target: Option<&Path>) {
        let known = self.partial.take();
        let is_known = known.is_some();
        let Some(paths) = known.or_else(|| Some(Paths::new(target?.to_owned()))) else {
            return;
        };
        let source = self.spec.source.full_link();
        part_store::discard(&paths, |journal| {
            // With `same_file` the user has said that the other source's data is of this file.
            is_known || self.spec.same_file || journal.source == source
        });
    }
}
