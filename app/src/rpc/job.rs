//! One download in the queue of the daemon.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use lanes_engine::{Cell, DownloadId, DownloadSnapshot};

use super::gid::Gid;
use super::options::Options;

/// The state that a user gave a download, or that it ended in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", content = "reason", rename_all = "lowercase")]
pub(crate) enum Phase {
    /// Runs, or starts as soon as the limit of downloads allows.
    Queued,
    Paused,
    Complete,
    /// Failed, for this reason.
    Failed(String),
    /// Removed before it was complete.
    Removed,
}

/// An attempt of the engine at the download.
pub(crate) struct Attempt {
    pub id: DownloadId,
    /// Set once the engine has been asked to pause it: its threads end soon.
    pub is_stopping: bool,
    /// Latest snapshot; `None` until the engine has published one.
    pub latest: Option<Arc<DownloadSnapshot>>,
}

/// Progress of a download, which outlives its attempts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// Length of the file in bytes, once it is known.
    pub len: Option<u64>,
    /// Received bytes.
    pub done: u64,
    /// Path of the file, once it is known.
    pub path: Option<PathBuf>,
    /// Map of the file; not saved.
    #[serde(skip)]
    pub map: Option<Arc<[Cell]>>,
}

/// One download.
pub(crate) struct Job {
    pub gid: Gid,
    /// Links to the same file; at least one.
    pub uris: Vec<String>,
    /// Options of this download alone.
    pub options: Options,
    pub phase: Phase,
    pub progress: Progress,
    /// Folder of the file.
    pub folder: String,
    /// Path that the file has as long as no better one is known.
    pub expected_path: PathBuf,
    pub attempt: Option<Attempt>,
}

impl Job {
    /// Returns the length of its links and options in bytes.
    pub(crate) fn request_len(&self) -> usize {
        request_len(&self.uris, &self.options)
    }

    /// Returns whether the engine downloads it now.
    pub(crate) fn is_active(&self) -> bool {
        let is_running = self
            .attempt
            .as_ref()
            .is_some_and(|attempt| !attempt.is_stopping);
        self.phase == Phase::Queued && is_running
    }

    /// Returns whether it has not ended.
    pub(crate) fn is_unfinished(&self) -> bool {
        matches!(self.phase, Phase::Queued | Phase::Paused)
    }

    /// Returns the name of the state in RPC calls.
    pub(crate) fn status(&self) -> &'static str {
        match self.phase {
            Phase::Queued if self.is_active() => "active",
            Phase::Queued => "waiting",
            Phase::Paused => "paused",
            Phase::Complete => "complete",
            Phase::Failed(_) => "error",
            Phase::Removed => "removed",
        }
    }

    /// Returns the latest snapshot of the running attempt.
    pub(crate) fn latest(&self) -> Option<&DownloadSnapshot> {
        self.attempt.as_ref()?.latest.as_deref()
    }

    /// Takes over the progress of a snapshot.
    pub(crate) fn observe(&mut self, snapshot: &Arc<DownloadSnapshot>) {
        self.progress.done = snapshot.done;
        if snapshot.len.is_some() {
            self.progress.len = snapshot.len;
        }
        if snapshot.path.is_some() {
            self.progress.path.clone_from(&snapshot.path);
        }
        if !snapshot.map.is_empty() {
            self.progress.map = Some(Arc::clone(&snapshot.map));
        }
        if let Some(attempt) = &mut self.attempt {
            attempt.latest = Some(Arc::clone(snapshot));
        }
    }
}

/// Returns the length of links and options in bytes.
pub(crate) fn request_len(uris: &[String], options: &Options) -> usize {
    uris.iter().map(String::len).sum::<usize>() + options.len()
}

/// The saved form of a download.
#[derive(Serialize, Deserialize)]
pub(crate) struct SavedJob {
    pub gid: String,
    pub uris: Vec<String>,
    pub options: Options,
    #[serde(flatten)]
    pub phase: Phase,
    /// Set if it ran: it starts before those that waited.
    #[serde(default)]
    pub active: bool,
    #[serde(default)]
    pub progress: Progress,
    #[serde(default)]
    pub folder: String,
    #[serde(default)]
    pub expected_path: PathBuf,
}

impl SavedJob {
    /// Returns the saved form. Options and queries of links may be secrets, so those of an ended download
    /// are left out.
    pub(crate) fn new(job: &Job) -> Self {
        let is_unfinished = job.is_unfinished();
        let shown = |uri: &String| {
            uri.parse()
                .map_or_else(|_| uri.clone(), |s: lanes_engine::Source| s.to_string())
        };
        Self {
            gid: job.gid.to_string(),
            uris: match is_unfinished {
                true => job.uris.clone(),
                false => job.uris.iter().map(shown).collect(),
            },
            options: match is_unfinished {
                true => job.options.clone(),
                false => Options::default(),
            },
            phase: job.phase.clone(),
            active: job.is_active(),
            progress: job.progress.clone(),
            folder: job.folder.clone(),
            expected_path: job.expected_path.clone(),
        }
    }

    /// Returns the download; `None` if its id is not valid or it has no links.
    pub(crate) fn restore(self) -> Option<Job> {
        let gid = Gid::parse(&self.gid)?;
        (!self.uris.is_empty()).then_some(Job {
            gid,
            uris: self.uris,
            options: self.options,
            phase: self.phase,
            progress: self.progress,
            folder: self.folder,
            expected_path: self.expected_path,
            attempt: None,
        })
    }
}
