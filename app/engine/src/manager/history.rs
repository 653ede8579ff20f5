//! The list of downloads, kept from one start of the program to the next.
//!
//! 1. One file, replaced as a whole by a thread of its own: the engine's thread never waits for a
//!    disk. Between two writes only the newest list waits.
//! 2. Bounded: the newest [`MAX_KEPT`] downloads.
//! 3. A file that cannot be understood is set aside, never trusted and never deleted; an entry that
//!    cannot is left out.
//! 4. A lock keeps a second program from writing over the first one's list.

mod entry;

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use serde::{Deserialize, Serialize};

use self::entry::Entry;
use crate::model::snapshot::DownloadSnapshot;
use crate::model::spec::DownloadSpec;

/// The most downloads that are kept.
pub const MAX_KEPT: usize = 1000;
/// The version of the file's form.
const VERSION: u32 = 1;
/// The longest file that is read, in bytes.
const MAX_LEN: u64 = 64 << 20;

/// The file's form. The entries are read one by one, so that one bad one costs only itself.
#[derive(Serialize, Deserialize)]
struct Form {
    version: u32,
    downloads: Vec<serde_json::Value>,
}

/// A download of an earlier time: what was asked for, and how it stood.
pub(crate) type Past = (DownloadSpec, DownloadSnapshot);

/// Keeps the list in its file.
pub(crate) struct History {
    lists: Option<Sender<Vec<u8>>>,
    thread: Option<JoinHandle<()>>,
    /// Held as long as the program runs.
    _lock: File,
}

impl History {
    /// Opens the list at `path` and reads it, oldest first; with what the user should know of it.
    ///
    /// # Errors
    /// In words, when it cannot be kept: another program has it, or the folder cannot be written.
    pub fn open(path: &Path) -> Result<(Self, Vec<Past>, Option<String>), String> {
        let refuse = |error: io::Error| {
            let path = path.display();
            format!("The list of downloads cannot be kept: {error}: {path}")
        };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(refuse)?;
        }
        let lock = File::create(beside(path, ".lock")).map_err(refuse)?;
        if matches!(lock.try_lock(), Err(fs::TryLockError::WouldBlock)) {
            return Err(
                "Another Lanes window keeps the list of downloads; the list of this one is not kept"
                    .to_owned(),
            );
        }
        let (past, remark) = read(path);
        let (lists, inbox) = bounded(1);
        let kept_at = path.to_owned();
        let thread = Builder::new()
            .name("history".into())
            .spawn(move || keep(&kept_at, &inbox))
            .map_err(refuse)?;
        let history = Self {
            lists: Some(lists),
            thread: Some(thread),
            _lock: lock,
        };
        Ok((history, past, remark))
    }

    /// Has the list written. Returns `false` when the last one is not written yet: ask again later.
    pub fn offer(&self, list: Vec<u8>) -> bool {
        let sent = self.lists.as_ref().map(|lists| lists.try_send(list));
        !matches!(sent, Some(Err(TrySendError::Full(_))))
    }

    /// Writes the last list and ends.
    pub fn close(self, list: Vec<u8>) {
        if let Some(lists) = &self.lists {
            // An error means that the thread has panicked, and has said so.
            let _ = lists.send(list);
        }
    }
}

impl Drop for History {
    fn drop(&mut self) {
        drop(self.lists.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The list as it is written: the newest, oldest first.
pub(crate) fn list<'a>(
    downloads: impl ExactSizeIterator<Item = (&'a DownloadSpec, Arc<DownloadSnapshot>)>,
) -> Vec<u8> {
    let too_many = downloads.len().saturating_sub(MAX_KEPT);
    let downloads = downloads
        .skip(too_many)
        // A path that is no text has no form in the file: that download is not kept.
        .filter_map(|(request, now)| serde_json::to_value(Entry::new(request, &now)).ok())
        .collect();
    let form = Form {
        version: VERSION,
        downloads,
    };
    serde_json::to_vec(&form).unwrap_or_default()
}

fn read(path: &Path) -> (Vec<Past>, Option<String>) {
    let text = match fs::metadata(path) {
        Err(_) => return (Vec::new(), None),
        Ok(meta) if meta.len() > MAX_LEN => Vec::new(),
        Ok(_) => fs::read(path).unwrap_or_default(),
    };
    let form = serde_json::from_slice::<Form>(&text).ok();
    let Some(form) = form.filter(|form| form.version == VERSION) else {
        return (Vec::new(), Some(set_aside(path)));
    };
    let entries = form.downloads.into_iter();
    let past: Vec<Past> = entries
        .filter_map(|entry| serde_json::from_value::<Entry>(entry).ok()?.past())
        .collect();
    let too_many = past.len().saturating_sub(MAX_KEPT);
    (past.into_iter().skip(too_many).collect(), None)
}

/// Takes a file out of the way that cannot be understood, and says so.
fn set_aside(path: &Path) -> String {
    let aside = beside(path, ".broken");
    match fs::rename(path, &aside) {
        Ok(()) => format!(
            "The list of downloads could not be read; it was set aside as {}",
            aside.display()
        ),
        Err(error) => format!(
            "The list of downloads could not be read nor set aside: {error}: {}",
            path.display()
        ),
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Writes each list that comes.
fn keep(path: &Path, lists: &Receiver<Vec<u8>>) {
    for list in lists {
        if let Err(error) = replace(path, &list) {
            // The next one may do better.
            tracing::warn!(
                "the list of downloads cannot be written: {error}: {}",
                path.display()
            );
        }
    }
}

fn replace(path: &Path, list: &[u8]) -> io::Result<()> {
    let beside = beside(path, ".new");
    let mut file = File::create(&beside)?;
    file.write_all(list)?;
    file.sync_data()?;
    drop(file);
    fs::rename(&beside, path)
}

#[cfg(test)]
mod tests;
