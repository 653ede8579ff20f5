//! Holds in memory the latest snapshots, which the engine's threads publish and user interfaces read.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::SystemTime;

use crate::model::command::DownloadId;
use crate::model::host_connection_limit::HostConnectionLimit;
use crate::model::recording::Recording;
use crate::model::snapshot::{
    Catalogue, Check, DownloadSnapshot, DownloadState, Recorded, Snapshot,
};
use crate::model::source_url::ServerName;
use crate::model::timeline::Timeline;
use crate::sync::lock;

/// Callback for every change of the snapshot, called from any thread. It must return at once.
pub type Waker = Arc<dyn Fn() + Send + Sync>;

/// Largest number of ended downloads whose timelines are kept, to bound memory.
const MAX_TIMELINES: usize = 50;

/// The current snapshots of all downloads and catalogues.
///
/// Almost nothing is allocated or freed while the lock is held: with a thousand connections at work,
/// the allocator may block a thread for long, and all others would wait for that thread.
pub(crate) struct SnapshotStore {
    waker: Waker,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    downloads: BTreeMap<DownloadId, Arc<DownloadSnapshot>>,
    queue: Arc<[DownloadId]>,
    is_queue_stopped: bool,
    catalogues: BTreeMap<ServerName, Catalogue>,
    hosts: Arc<[HostConnectionLimit]>,
    revision: u64,
    notices: Vec<String>,
}

impl SnapshotStore {
    pub fn new(waker: Waker) -> Self {
        let state = Mutex::default();
        Self { waker, state }
    }

    /// Returns the current state of everything. Cheap: clones pointers.
    pub fn snapshot(&self) -> Snapshot {
        let capacity = self.lock().downloads.len() + 1;
        let mut downloads = Vec::with_capacity(capacity);
        let state = self.lock();
        downloads.extend(state.downloads.values().cloned());
        Snapshot {
            downloads,
            queue: Arc::clone(&state.queue),
            is_queue_stopped: state.is_queue_stopped,
            catalogues: state.catalogues.clone(),
            hosts: Arc::clone(&state.hosts),
            revision: state.revision,
            notices: state.notices.clone(),
        }
    }

    /// Returns the last published snapshot of a download.
    pub fn download(&self, id: DownloadId) -> Option<Arc<DownloadSnapshot>> {
        self.lock().downloads.get(&id).cloned()
    }

    /// Returns the last published snapshots of all downloads, oldest first.
    pub fn downloads(&self) -> Vec<Arc<DownloadSnapshot>> {
        self.lock().downloads.values().cloned().collect()
    }

    /// Publishes the snapshot of a download.
    pub fn publish(&self, snapshot: Arc<DownloadSnapshot>) {
        drop(self.change(|state| state.downloads.insert(snapshot.id, snapshot)));
    }

    /// Publishes the snapshot of a running download. The states `Pausing` and `Cancelling` persist
    /// until its threads have ended.
    pub fn publish_running(&self, mut snapshot: Arc<DownloadSnapshot>) {
        let id = snapshot.id;
        loop {
            let published = self.change(|state| match state.downloads.get(&id) {
                Some(before) if before.state.is_ending() && before.state != snapshot.state => {
                    Err(before.state.clone())
                }
                _ => Ok(state.downloads.insert(id, Arc::clone(&snapshot))),
            });
            match published {
                Ok(_before) => return,
                Err(ending) => Arc::make_mut(&mut snapshot).set_state(ending),
            }
        }
    }

    /// Publishes restored downloads, all at once, so that no reader sees half a list.
    pub fn publish_all(&self, snapshots: impl Iterator<Item = DownloadSnapshot>) {
        self.change(|state| {
            let pairs = snapshots.map(|snapshot| (snapshot.id, Arc::new(snapshot)));
            state.downloads.extend(pairs);
        });
    }

    /// Changes the state of a download.
    pub fn set_state(&self, id: DownloadId, state: &DownloadState) {
        self.update(id, |download| download.set_state(state.clone()));
    }

    /// Changes the result of verifying a finished file again.
    pub fn set_check(&self, id: DownloadId, check: &Check) {
        self.update(id, |download| download.check = check.clone());
    }

    /// Changes the time at which a download starts by itself.
    pub fn set_start_time(&self, id: DownloadId, at: Option<SystemTime>) {
        self.update(id, |download| download.start_at = at);
    }

    /// Changes whether the recording of a download is kept.
    pub fn set_recorded(&self, id: DownloadId, recorded: &Recorded) {
        self.update(id, |download| download.recorded = recorded.clone());
    }

    /// Puts a recording into the snapshot of its download, unless another attempt has started.
    pub fn restore_recording(&self, id: DownloadId, recording: &Recording) {
        self.update(id, |download| {
            let is_over = !download.state.is_active() && download.state != DownloadState::Queued;
            // The file may be another by now.
            if is_over && download.recorded == Recorded::Reading && recording.len == download.len {
                recording.clone().restore_to(download);
                download.recorded = Recorded::Loaded;
            } else if download.recorded == Recorded::Reading {
                download.recorded = Recorded::Absent;
            }
        });
    }

    /// Copies the snapshot of a download, updates the copy without the lock, and publishes it; repeats
    /// that if another thread has published a snapshot meanwhile.
    pub fn update(&self, id: DownloadId, update: impl Fn(&mut DownloadSnapshot)) {
        while let Some(before) = self.download(id) {
            let mut after = Arc::clone(&before);
            update(Arc::make_mut(&mut after));
            let is_published = self.change(|state| match state.downloads.get_mut(&id) {
                Some(now) if Arc::ptr_eq(now, &before) => {
                    *now = after;
                    true
                }
                _ => false,
            });
            if is_published {
                return;
            }
        }
    }

    /// Removes a download.
    pub fn remove(&self, id: DownloadId) {
        self.change(|state| {
            state.downloads.remove(&id);
        });
    }

    /// Drops the timelines of all but the newest ended downloads, and not that of `shown`. Those that are
    /// kept in a file are read again when they are needed.
    pub fn drop_old_timelines(&self, shown: Option<DownloadId>) {
        let mut state = self.lock();
        let ended = |download: &&mut Arc<DownloadSnapshot>| {
            let is_shown = shown == Some(download.id);
            !is_shown && !download.state.is_active() && !download.timeline.is_empty()
        };
        let newest_first = state.downloads.values_mut().rev().filter(ended);
        for old in newest_first.skip(MAX_TIMELINES) {
            let old = Arc::make_mut(old);
            old.timeline = Arc::new(Timeline::default());
            if old.recorded == Recorded::Loaded {
                old.recorded = Recorded::Stored;
            }
        }
    }

    /// Publishes the queue, unless it is the published one.
    pub fn set_queue(&self, queue: &VecDeque<DownloadId>) {
        let published = Arc::clone(&self.lock().queue);
        if !published.iter().eq(queue) {
            let queue: Arc<[DownloadId]> = queue.iter().copied().collect();
            drop(self.change(|state| std::mem::replace(&mut state.queue, queue)));
        }
    }

    /// Publishes whether the queue is stopped.
    pub fn set_queue_stopped(&self, is_stopped: bool) {
        self.change(|state| state.is_queue_stopped = is_stopped);
    }

    /// Publishes the catalogue of a server.
    pub fn set_catalogue(&self, server: ServerName, catalogue: Catalogue) {
        self.change(|state| {
            state.catalogues.insert(server, catalogue);
        });
    }

    /// Publishes the servers that refused further connections.
    pub fn set_hosts(&self, hosts: Arc<[HostConnectionLimit]>) {
        drop(self.change(|state| std::mem::replace(&mut state.hosts, hosts)));
    }

    /// Adds a notice to the user about the list of downloads.
    pub fn add_notice(&self, notice: String) {
        self.change(|state| state.notices.push(notice));
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let out = change(&mut state);
        state.revision += 1;
        drop(state);
        (self.waker)();
        out
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::spec::DownloadSpec;

    #[test]
    fn progress_of_an_ending_download_keeps_its_ending_state() {
        let store = SnapshotStore::new(Arc::new(|| {}));
        let spec = DownloadSpec::new("lanes://host/x".parse().unwrap());
        let requested = DownloadSnapshot::requested(DownloadId(1), &spec, SystemTime::UNIX_EPOCH);
        let running = |done| {
            Arc::new(DownloadSnapshot {
                state: DownloadState::Running,
                done,
                rate: 1e6,
                ..requested.clone()
            })
        };
        store.publish_running(running(1));
        for ending in [DownloadState::Pausing, DownloadState::Cancelling] {
            store.set_state(DownloadId(1), &ending);
            store.publish_running(running(2));
            let now = store.download(DownloadId(1)).unwrap();
            assert_eq!((&now.state, now.done, now.rate), (&ending, 2, 0.0));
        }
        store.publish(running(3));
        let now = store.download(DownloadId(1)).unwrap();
        assert_eq!((&now.state, now.done), (&DownloadState::Running, 3));
    }
}
