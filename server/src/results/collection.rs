//! The bounded list of results, and the thread that saves it.
//!
//! 1. A connection only adds to the list in memory. One thread writes the file, at most once a second, so
//!    that a flood of results costs the downloads nothing.
//! 2. A result with the measurements of an earlier one from the same address replaces it: it was sent twice.
//!    Any other is listed beside the earlier ones.
//! 3. A full list drops the oldest result of the client that has most. One client cannot push out the others.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lanes_shared::class_result::ClassResult;

use super::collected_result::CollectedResult;
use super::result_file::{ResultFile, ResultFileError};
use crate::sync::lock;

/// Maximum number of results.
pub const MAX_RESULTS: usize = 1000;
/// Maximum total length of the results in memory, in bytes (4 MiB).
const MAX_SIZE: usize = 4 << 20;
/// Maximum number of results of one address that is not of this machine: that of a class behind one router.
const MAX_PER_CLIENT: usize = 100;
/// Least time between two writes of the file.
const SAVE_INTERVAL: Duration = Duration::from_secs(1);

/// The results that a server keeps, the oldest first. Dropping it saves them and joins its thread.
pub struct ResultCollection {
    shared: Arc<Shared>,
    saver: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Wakes the saver.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    list: Arc<Vec<Arc<CollectedResult>>>,
    last_number: u64,
    /// Counts the changes.
    version: u64,
    saved_version: u64,
    is_ending: bool,
    problem: Option<Arc<ResultFileError>>,
}

/// The outcome of adding a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Added {
    /// It replaced an equal one.
    pub is_replaced: bool,
    /// Number of results now.
    pub kept: usize,
}

impl ResultCollection {
    /// Creates an empty list that is kept in memory alone.
    pub fn in_memory() -> Self {
        Self {
            shared: Arc::default(),
            saver: None,
        }
    }

    /// Opens a list that is kept in a file as well: CSV if its name ends in `.csv`, else JSON. Results in a
    /// JSON file that exists are kept.
    ///
    /// # Errors
    /// [`ResultFileError`]: the file cannot be read, has something else in it, or is a CSV file that exists.
    pub fn open(path: PathBuf) -> Result<Self, ResultFileError> {
        let file = ResultFile::new(path);
        let mut state = State::default();
        let read = file.read()?;
        state.last_number = read.iter().map(|one| one.number).max().unwrap_or(0);
        state.list = Arc::new(read.into_iter().map(Arc::new).collect());
        state.shrink(None);
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            changed: Condvar::new(),
        });
        // The first write shows early that the file cannot be written.
        file.write(&lock(&shared.state).list)?;
        let for_saver = Arc::clone(&shared);
        let saver = thread::Builder::new()
            .name("results".into())
            .spawn(move || for_saver.save_changes(&file))
            .map_err(ResultFileError::Thread)?;
        Ok(Self {
            shared,
            saver: Some(saver),
        })
    }

    /// Returns all results, the oldest first. Cheap enough for every frame of a window.
    pub fn all(&self) -> Arc<Vec<Arc<CollectedResult>>> {
        Arc::clone(&lock(&self.shared.state).list)
    }

    /// Returns the reason why the results could not be saved last; `None` while they can be.
    pub fn problem(&self) -> Option<Arc<ResultFileError>> {
        lock(&self.shared.state).problem.clone()
    }

    /// Removes a result.
    pub fn remove(&self, number: u64) {
        self.shared.change(|state| {
            Arc::make_mut(&mut state.list).retain(|one| one.number != number);
        });
    }

    /// Removes all results.
    pub fn clear(&self) {
        self.shared.change(|state| state.list = Arc::default());
    }

    /// Adds a result of the client at `addr`.
    pub(crate) fn add(&self, addr: IpAddr, result: ClassResult) -> Added {
        let (addr, result) = (addr.to_canonical(), result.cleaned());
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
        let at_secs = since_1970.map_or(0, |time| time.as_secs());
        self.shared.change(|state| {
            let number = state.last_number + 1;
            state.last_number = number;
            let new = CollectedResult {
                number,
                at_secs,
                addr,
                result,
            };
            let list = Arc::make_mut(&mut state.list);
            let before = list.len();
            list.retain(|one| one.addr != addr || !one.result.is_same_experiment(&new.result));
            let is_replaced = list.len() < before;
            list.push(Arc::new(new));
            state.shrink(Some(addr));
            Added {
                is_replaced,
                kept: state.list.len(),
            }
        })
    }
}

impl Drop for ResultCollection {
    fn drop(&mut self) {
        lock(&self.shared.state).is_ending = true;
        self.shared.changed.notify_all();
        if self.saver.take().is_some_and(|saver| saver.join().is_err()) {
            tracing::error!("thread panicked: results");
        }
    }
}

impl std::fmt::Debug for ResultCollection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ResultCollection")
    }
}

impl Shared {
    fn change<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        let mut state = lock(&self.state);
        let changed = change(&mut state);
        state.version += 1;
        drop(state);
        self.changed.notify_all();
        changed
    }

    /// Writes the file after each change until the list is dropped.
    fn save_changes(&self, file: &ResultFile) {
        loop {
            let state = lock(&self.state);
            let Ok(state) = self.changed.wait_while(state, |state| {
                state.version == state.saved_version && !state.is_ending
            }) else {
                return;
            };
            let (list, version, is_ending) =
                (Arc::clone(&state.list), state.version, state.is_ending);
            let is_saved = version == state.saved_version;
            drop(state);
            let problem = match is_saved {
                true => None,
                false => file.write(&list).err().map(Arc::new),
            };
            if let Some(problem) = &problem {
                tracing::warn!("{problem}");
            }
            let mut state = lock(&self.state);
            state.saved_version = version;
            state.problem = problem;
            if is_ending {
                return;
            }
            // A poisoned lock only ends the wait early.
            drop(
                self.changed
                    .wait_timeout_while(state, SAVE_INTERVAL, |state| !state.is_ending),
            );
        }
    }
}

impl State {
    /// Drops results until the list is within its bounds, after one of `newest` was added.
    fn shrink(&mut self, newest: Option<IpAddr>) {
        let list = Arc::make_mut(&mut self.list);
        let mut size: usize = list.iter().map(|one| one.result.size()).sum();
        let count_of = |list: &[Arc<CollectedResult>], addr| {
            list.iter().filter(|one| one.addr == addr).count()
        };
        if let Some(addr) = newest.filter(|addr| !addr.is_loopback())
            && count_of(list, addr) > MAX_PER_CLIENT
        {
            size -= remove_oldest_of(list, addr);
        }
        while list.len() > MAX_RESULTS || size > MAX_SIZE {
            let mut counts = HashMap::new();
            for one in list.iter() {
                *counts.entry(one.addr).or_insert(0_usize) += 1;
            }
            // Among equals, the one that sent the newest makes way.
            let most = counts
                .into_iter()
                .max_by_key(|(addr, count)| (*count, newest == Some(*addr)));
            let Some((addr, _)) = most else {
                return;
            };
            size -= remove_oldest_of(list, addr);
        }
    }
}

/// Removes the oldest result of a client and returns its size.
fn remove_oldest_of(list: &mut Vec<Arc<CollectedResult>>, addr: IpAddr) -> usize {
    let oldest = list.iter().position(|one| one.addr == addr);
    oldest.map_or(0, |index| list.remove(index).result.size())
}

#[cfg(test)]
mod tests;
