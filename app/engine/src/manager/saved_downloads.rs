//! The list of downloads, saved from one run of the program to the next.
//!
//! 1. One file, replaced as a whole by a thread of its own: the engine's thread never waits for a
//!    disk. At most one list is queued while another is being written.
//! 2. Bounded: [`MAX_DOWNLOADS`] downloads, those that have not ended before others.
//! 3. A file that cannot be parsed is renamed, never trusted and never deleted; an entry that cannot
//!    be parsed is skipped.
//! 4. A lock file keeps a second program from overwriting the list of the first.
//! 5. Only this user can read it, and it has no secrets of downloads that have ended.

mod entry;
mod saved_http;

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use self::entry::Entry;
use crate::model::recording::RecordingId;
use crate::model::snapshot::DownloadSnapshot;
use crate::model::spec::DownloadSpec;
use crate::storage::own_file;
use crate::storage::private_file::{self, make_private};

/// Largest number of downloads that an engine with a history saves.
pub const MAX_DOWNLOADS: usize = 20_000;
/// Version of the file format.
const VERSION: u32 = 1;
/// Longest file that is read, in bytes.
const MAX_LEN: u64 = 64 << 20;

/// The file format.
#[derive(Deserialize)]
struct HistoryFile {
    version: u32,
    downloads: Entries,
}

/// The entries of the file. They are parsed one by one, so that a bad one affects only itself, and that a long
/// list is in memory only once.
struct Entries(Vec<SavedDownload>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Entries;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list of downloads")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Entries, A::Error> {
                let mut saved = Vec::new();
                while let Some(entry) = list.next_element::<serde_json::Value>()? {
                    let entry = serde_json::from_value::<Entry>(entry).ok();
                    saved.extend(entry.and_then(Entry::restore));
                }
                Ok(Entries(saved))
            }
        }
        deserializer.deserialize_seq(List)
    }
}

/// A saved download: its specification, its last snapshot and the name of its recording.
pub(crate) type SavedDownload = (DownloadSpec, DownloadSnapshot, Option<RecordingId>);

/// Error that prevents the list from being saved.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SavedDownloadsError {
    /// Another program has locked the file.
    #[error("another Lanes window saves its list in the same file")]
    Locked,
    /// The folder or the lock file cannot be written, or the thread cannot be started.
    #[error("{error}: {}", .path.display())]
    Io {
        /// Path of the list.
        path: PathBuf,
        /// Reason.
        error: io::Error,
    },
}

/// Saves the list of downloads in a file.
pub(crate) struct SavedDownloads {
    /// Serialized lists for the writer thread; `None` only while the history is being dropped.
    lists: Option<Sender<Vec<u8>>>,
    thread: Option<JoinHandle<()>>,
    /// Locked while the program runs.
    _lock: File,
}

impl SavedDownloads {
    /// Opens the list at `path`. Returns the saved downloads, oldest first, and a notice to the user
    /// if the file could not be parsed.
    ///
    /// # Errors
    /// [`SavedDownloadsError::Locked`] if another program uses the list; [`SavedDownloadsError::Io`] if it cannot
    /// be written.
    pub fn open(
        path: &Path,
    ) -> Result<(Self, Vec<SavedDownload>, Option<String>), SavedDownloadsError> {
        let failed = |error: io::Error| SavedDownloadsError::Io {
            path: path.to_owned(),
            error,
        };
        if let Some(folder) = path.parent() {
            private_file::create_private_folder(folder).map_err(failed)?;
        }
        let lock = own_file::create_or_open(&with_suffix(path, ".lock")).map_err(failed)?;
        if matches!(lock.try_lock(), Err(fs::TryLockError::WouldBlock)) {
            return Err(SavedDownloadsError::Locked);
        }
        // An earlier version let other users read it.
        if let Err(error) = make_private(path) {
            tracing::warn!("cannot change the mode of {}: {error}", path.display());
        }
        let (saved, notice) = read(path);
        let (lists, inbox) = bounded(1);
        let write_to = path.to_owned();
        let thread = Builder::new()
            .name("history".into())
            .spawn(move || run_writer(&write_to, &inbox))
            .map_err(failed)?;
        let history = Self {
            lists: Some(lists),
            thread: Some(thread),
            _lock: lock,
        };
        Ok((history, saved, notice))
    }

    /// Returns whether no earlier list is queued for writing.
    pub fn is_ready(&self) -> bool {
        self.lists.as_ref().is_none_or(|lists| !lists.is_full())
    }

    /// Queues a serialized list for writing. Returns `false` if an earlier list is still queued: try
    /// again later.
    pub fn try_save(&self, list: Vec<u8>) -> bool {
        let sent = self.lists.as_ref().map(|lists| lists.try_send(list));
        !matches!(sent, Some(Err(TrySendError::Full(_))))
    }

    /// Writes the last list and ends the thread.
    pub fn close(self, list: Vec<u8>) {
        if let Some(lists) = &self.lists {
            // An error means that the thread has panicked, which the panic hook has reported.
            let _ = lists.send(list);
        }
    }
}

impl Drop for SavedDownloads {
    fn drop(&mut self) {
        drop(self.lists.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Serializes at most [`MAX_DOWNLOADS`] of `downloads`, oldest first. If there are more, the oldest of those that
/// have ended are left out, and then the oldest of all.
pub(crate) fn serialize<'a>(
    downloads: impl ExactSizeIterator<
        Item = (&'a DownloadSpec, Arc<DownloadSnapshot>, Option<RecordingId>),
    >,
) -> Vec<u8> {
    let mut excess = downloads.len().saturating_sub(MAX_DOWNLOADS);
    let mut kept: Vec<_> = downloads.collect();
    kept.retain(|(_, now, _)| {
        let has_ended = !now.state.can_resume() && !now.state.is_active();
        let is_left_out = excess > 0 && has_ended;
        excess -= usize::from(is_left_out);
        !is_left_out
    });
    let mut file = format!("{{\"version\":{VERSION},\"downloads\":[").into_bytes();
    for (spec, now, recording) in kept.into_iter().skip(excess) {
        let end = file.len();
        if file.last() != Some(&b'[') {
            file.push(b',');
        }
        // A path that is not UTF-8 cannot be serialized: that download is not saved.
        if serde_json::to_writer(&mut file, &Entry::new(spec, &now, recording)).is_err() {
            file.truncate(end);
        }
    }
    file.extend(b"]}");
    file
}

fn read(path: &Path) -> (Vec<SavedDownload>, Option<String>) {
    let text = match fs::metadata(path) {
        Err(_) => return (Vec::new(), None),
        Ok(meta) if meta.len() > MAX_LEN => Vec::new(),
        Ok(_) => fs::read(path).unwrap_or_default(),
    };
    let file = serde_json::from_slice::<HistoryFile>(&text).ok();
    let Some(file) = file.filter(|file| file.version == VERSION) else {
        return (Vec::new(), Some(move_aside(path)));
    };
    let Entries(saved) = file.downloads;
    let excess = saved.len().saturating_sub(MAX_DOWNLOADS);
    (saved.into_iter().skip(excess).collect(), None)
}

/// Renames a file that cannot be parsed. Returns the notice to the user.
fn move_aside(path: &Path) -> String {
    let broken = with_suffix(path, ".broken");
    match fs::rename(path, &broken) {
        Ok(()) => format!(
            "The list of downloads could not be read; it was renamed to {}",
            broken.display()
        ),
        Err(error) => format!(
            "The list of downloads could neither be read nor renamed: {error}: {}",
            path.display()
        ),
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Runs the writer thread: writes each list that it receives.
fn run_writer(path: &Path, lists: &Receiver<Vec<u8>>) {
    for list in lists {
        if let Err(error) = private_file::replace_private(path, &list) {
            // The next write may succeed.
            tracing::warn!(
                "cannot write the list of downloads: {error}: {}",
                path.display()
            );
        }
    }
}

#[cfg(test)]
mod tests;
