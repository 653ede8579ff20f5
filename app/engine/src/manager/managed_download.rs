//! State of one download that the engine does not publish.

use std::path::Path;
use std::time::SystemTime;

use crate::model::spec::DownloadSpec;
use crate::storage::journal::Journal;
use crate::storage::part_file::{PartFile, Paths};
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
}

/// An attempt that a thread is running.
pub(crate) struct RunningAttempt {
    pub cancel: CancelToken,
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
    }

    /// Returns whether it has a thread.
    pub fn is_busy(&self) -> bool {
        self.attempt.is_some() || self.verification.is_some()
    }

    /// Returns whether a partial file for `target` exists.
    pub fn has_partial(&self, target: Option<&Path>) -> bool {
        let has_journal = || Some(Paths::new(target?.to_owned()).journal.exists());
        self.partial.is_some() || has_journal().unwrap_or(false)
    }

    /// Takes the paths of the partial file for `target`, which may be from an earlier run of the
    /// program. Returns `None` if the partial file belongs to another download or is in use.
    pub fn take_partial(&mut self, target: Option<&Path>) -> Option<Paths> {
        self.partial.take().or_else(|| {
            let paths = Paths::new(target?.to_owned());
            let source = Journal::read(&paths.journal)?.source;
            // With `same_file` the user has said that the other source's data is of this file.
            let is_ours = self.spec.same_file || source == self.spec.source.full_link();
            // Opening takes the lock, which fails while another program uses the file.
            let is_free = PartFile::open(&paths.part).is_ok();
            (is_ours && is_free).then_some(paths)
        })
    }
}
