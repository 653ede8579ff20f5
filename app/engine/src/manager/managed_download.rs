//! What the engine knows of one download besides what it publishes.

use std::path::Path;
use std::time::SystemTime;

use crate::model::spec::DownloadSpec;
use crate::storage::journal::Journal;
use crate::storage::part_file::{PartFile, Paths};
use crate::sync::cancel::CancelToken;

/// One download that the engine owns.
pub(crate) struct ManagedDownload {
    pub request: DownloadSpec,
    /// When it was asked for.
    pub added: SystemTime,
    pub attempt: Option<Attempt>,
    /// What is kept on the disk of an attempt that did not finish, where that attempt was made since
    /// the program started.
    pub kept: Option<Paths>,
    pub recheck: Option<Recheck>,
}

/// A director at work.
pub(crate) struct Attempt {
    pub cancel: CancelToken,
    /// Whether what comes is to be deleted when it has stopped.
    pub cancelled: bool,
}

/// A thread that reads the finished file again.
pub(crate) struct Recheck {
    pub cancel: CancelToken,
}

impl ManagedDownload {
    pub fn new(request: DownloadSpec, added: SystemTime) -> Self {
        Self {
            request,
            added,
            attempt: None,
            kept: None,
            recheck: None,
        }
    }

    /// Has its threads end soon.
    pub fn stop(&self) {
        if let Some(attempt) = &self.attempt {
            attempt.cancel.cancel();
        }
        if let Some(recheck) = &self.recheck {
            recheck.cancel.cancel();
        }
    }

    /// Whether it has a thread.
    pub fn is_busy(&self) -> bool {
        self.attempt.is_some() || self.recheck.is_some()
    }

    /// Whether something is kept that was to become the file `target`.
    pub fn has_kept(&self, target: Option<&Path>) -> bool {
        let journal = || Some(Paths::new(target?.to_owned()).journal.exists());
        self.kept.is_some() || journal().unwrap_or(false)
    }

    /// What is kept on the disk of an attempt that did not finish, also of one in an earlier life of
    /// the program, which was to become the file `target`.
    pub fn take_kept(&mut self, target: Option<&Path>) -> Option<Paths> {
        self.kept.take().or_else(|| {
            let paths = Paths::new(target?.to_owned());
            let source = Journal::read(&paths.journal)?.source;
            // What came from another link is ours once the user has said so.
            let is_ours = self.request.same_file || source == self.request.source.to_string();
            // Another program may be at it.
            let is_free = PartFile::open(&paths.part).is_ok();
            (is_ours && is_free).then_some(paths)
        })
    }
}
