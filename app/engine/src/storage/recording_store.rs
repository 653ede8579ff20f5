//! Recordings of downloads, each a file in a folder of the program.
//!
//! 1. A thread of its own writes and deletes them: the engine's thread never waits for a disk.
//! 2. Bounded: at most [`MAX_RECORDING`] each, [`MAX_FILES`] files and [`MAX_TOTAL`] in all; the oldest go.
//! 3. Only this user can read them. A file that is no recording is told, and left alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{Builder, JoinHandle};
use std::time::SystemTime;

use super::own_file::{self, Access, Opened};
use super::private_file::{create_private_folder, replace_private};
use crate::model::recording::{Recording, RecordingId};
use crate::sync::{lock, wait};
use crate::telemetry::recording_format::{MAX_RECORDING, RecordingError};

/// Most recordings that are kept.
const MAX_FILES: usize = 500;
/// Most bytes that all recordings take.
const MAX_TOTAL: u64 = 64 << 20;
/// End of the names of the files.
const EXTENSION: &str = "lnsr";

/// Why a recording cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadRecordingError {
    /// The file cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The name leads to a link, a folder or a device.
    #[error("it is no file of this program")]
    Foreign,
    /// The thread that reads it failed, for this reason.
    #[error("{0}")]
    Thread(String),
    /// The file holds no recording.
    #[error(transparent)]
    Content(#[from] RecordingError),
}

/// Writes and deletes recordings. Dropping it waits until all are written.
pub(crate) struct RecordingStore {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    folder: PathBuf,
    queue: Mutex<Queue>,
    changed: Condvar,
}

/// The jobs of the thread, at most one for each recording.
#[derive(Default)]
struct Queue {
    /// The recording to write; `None` to delete it.
    jobs: BTreeMap<RecordingId, Option<Recording>>,
    is_closed: bool,
}

impl RecordingStore {
    /// Opens the store in `folder`, which need not exist, and deletes the recordings that are not `known`.
    ///
    /// # Errors
    /// The system cannot create a thread.
    pub fn open(folder: PathBuf, known: BTreeSet<RecordingId>) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            folder,
            queue: Mutex::default(),
            changed: Condvar::new(),
        });
        let own = Arc::clone(&shared);
        let thread = Builder::new()
            .name("recordings".into())
            .spawn(move || run(&own, &known))?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Writes a recording soon.
    pub fn keep(&self, id: RecordingId, recording: Recording) {
        self.queue(id, Some(recording));
    }

    /// Deletes a recording soon.
    pub fn remove(&self, id: RecordingId) {
        self.queue(id, None);
    }

    fn queue(&self, id: RecordingId, job: Option<Recording>) {
        lock(&self.shared.queue).jobs.insert(id, job);
        self.shared.changed.notify_one();
    }

    /// Returns a function that reads a recording, for another thread. It returns `None` if the recording is
    /// not kept any more.
    pub fn reader(
        &self,
        id: RecordingId,
    ) -> impl FnOnce() -> Result<Option<Recording>, ReadRecordingError> + Send + 'static {
        let waiting = lock(&self.shared.queue).jobs.get(&id).cloned();
        let path = path(&self.shared.folder, id);
        move || match waiting {
            Some(waiting) => Ok(waiting),
            None => read(&path),
        }
    }
}

impl Drop for RecordingStore {
    fn drop(&mut self) {
        lock(&self.shared.queue).is_closed = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported by the panic hook.
            let _ = thread.join();
        }
    }
}

/// Does all jobs until the queue is closed and empty.
fn run(shared: &Shared, known: &BTreeSet<RecordingId>) {
    for (id, path) in files(&shared.folder) {
        if !known.contains(&id) {
            remove(&path);
        }
    }
    loop {
        let mut queue = lock(&shared.queue);
        while queue.jobs.is_empty() && !queue.is_closed {
            queue = wait(&shared.changed, queue);
        }
        let Some((id, job)) = queue.jobs.pop_first() else {
            return;
        };
        drop(queue);
        match job {
            Some(recording) => write(&shared.folder, id, &recording),
            None => remove(&path(&shared.folder, id)),
        }
    }
}

/// Writes a recording, and deletes the oldest ones if there are too many. A full disk costs only the
/// recording.
fn write(folder: &Path, id: RecordingId, recording: &Recording) {
    let Some(bytes) = recording.to_bytes() else {
        return;
    };
    let path = path(folder, id);
    let written = create_private_folder(folder).and_then(|()| replace_private(&path, &bytes));
    if let Err(error) = written {
        tracing::warn!("cannot keep a recording: {error}: {}", path.display());
    }
    prune(folder, MAX_FILES, MAX_TOTAL);
}

/// Deletes the files that were written first until at most `most` with `total` bytes are left.
fn prune(folder: &Path, most: usize, total: u64) {
    let age = |(_, path): (RecordingId, PathBuf)| {
        let meta = fs::symlink_metadata(&path).ok()?;
        let written = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        Some((written, meta.len(), path))
    };
    let mut all: Vec<_> = files(folder).filter_map(age).collect();
    all.sort();
    let mut left: u64 = all.iter().map(|(_, len, _)| len).sum();
    let excess = all.len().saturating_sub(most);
    for (index, (_, len, path)) in all.iter().enumerate() {
        if index >= excess && left <= total {
            return;
        }
        remove(path);
        left -= len;
    }
}

fn read(path: &Path) -> Result<Option<Recording>, ReadRecordingError> {
    let file = match own_file::open(path, Access::Read) {
        Opened::Missing => return Ok(None),
        Opened::Foreign => return Err(ReadRecordingError::Foreign),
        Opened::Regular(file, _) => file,
    };
    let mut bytes = Vec::new();
    // One more byte tells that it is too long.
    file.take(MAX_RECORDING as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok(Some(Recording::from_bytes(&bytes)?))
}

fn remove(path: &Path) {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!("cannot delete a recording: {error}: {}", path.display());
        }
        _ => {}
    }
}

fn path(folder: &Path, id: RecordingId) -> PathBuf {
    folder.join(format!("{id}.{EXTENSION}"))
}

/// Iterates over the recordings in the folder. Files with other names are not of the store.
fn files(folder: &Path) -> impl Iterator<Item = (RecordingId, PathBuf)> + use<> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| {
        let path = entry.path();
        let is_own = path.extension().is_some_and(|end| end == EXTENSION);
        let stem = path.file_stem()?.to_str()?;
        let id = u64::from_str_radix(stem, 16).ok().filter(|_| is_own)?;
        Some((RecordingId(id), path))
    })
}

#[cfg(test)]
mod tests;
