//! What the engine's threads have published for screens to read.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Waker;
use crate::model::command::DownloadId;
use crate::model::snapshot::{Catalogue, Check, DownloadSnapshot, DownloadState, Snapshot};
use crate::model::source_url::ServerName;
use crate::model::timeline::Timeline;

/// Of how many downloads that have ended the time lines are kept: more would cost memory that
/// nobody looks at.
const MAX_TIMELINES: usize = 50;

/// What screens see.
///
/// Nothing is copied or freed under its lock where that can be helped: with a thousand connections at work the
/// allocator may let a thread wait for long, and everybody else would wait for that thread.
pub(crate) struct SnapshotStore {
    waker: Waker,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    downloads: BTreeMap<DownloadId, Arc<DownloadSnapshot>>,
    catalogues: BTreeMap<ServerName, Catalogue>,
    revision: u64,
    remarks: Vec<String>,
}

impl SnapshotStore {
    pub fn new(waker: Waker) -> Self {
        let state = Mutex::default();
        Self { waker, state }
    }

    /// Everything, as it is now. Cheap: clones pointers.
    pub fn snapshot(&self) -> Snapshot {
        let room = self.lock().downloads.len() + 1;
        let mut downloads = Vec::with_capacity(room);
        let state = self.lock();
        downloads.extend(state.downloads.values().cloned());
        Snapshot {
            downloads,
            catalogues: state.catalogues.clone(),
            revision: state.revision,
            remarks: state.remarks.clone(),
        }
    }

    /// One download, as it was published last.
    pub fn download(&self, id: DownloadId) -> Option<Arc<DownloadSnapshot>> {
        self.lock().downloads.get(&id).cloned()
    }

    /// All downloads, oldest first.
    pub fn downloads(&self) -> Vec<Arc<DownloadSnapshot>> {
        self.lock().downloads.values().cloned().collect()
    }

    /// A download has news.
    pub fn publish(&self, snapshot: Arc<DownloadSnapshot>) {
        drop(self.change(|state| state.downloads.insert(snapshot.id, snapshot)));
    }

    /// A download that runs has news. That it was told to stop stays said until its threads have ended.
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
                Err(order) => Arc::make_mut(&mut snapshot).turn(order),
            }
        }
    }

    /// The downloads of an earlier time: all at once, so that nobody sees half a list.
    pub fn publish_all(&self, all: impl Iterator<Item = DownloadSnapshot>) {
        self.change(|state| {
            let pairs = all.map(|snapshot| (snapshot.id, Arc::new(snapshot)));
            state.downloads.extend(pairs);
        });
    }

    /// A download is in another state, and the rest is as it was.
    pub fn set_state(&self, id: DownloadId, to: &DownloadState) {
        self.alter(id, |download| download.turn(to.clone()));
    }

    /// What came of looking at a file again.
    pub fn set_check(&self, id: DownloadId, check: &Check) {
        self.alter(id, |download| download.check = check.clone());
    }

    fn alter(&self, id: DownloadId, alter: impl Fn(&mut DownloadSnapshot)) {
        // Anew where somebody else had news meanwhile: they have some twenty times a second.
        while let Some(before) = self.download(id) {
            let mut after = Arc::clone(&before);
            alter(Arc::make_mut(&mut after));
            let is_done = self.change(|state| match state.downloads.get_mut(&id) {
                Some(now) if Arc::ptr_eq(now, &before) => {
                    *now = after;
                    true
                }
                _ => false,
            });
            if is_done {
                return;
            }
        }
    }

    /// A download is forgotten.
    pub fn remove(&self, id: DownloadId) {
        self.change(|state| {
            state.downloads.remove(&id);
        });
    }

    /// Forgets the time lines of downloads that ended long ago.
    pub fn forget_timelines(&self) {
        let mut state = self.lock();
        let ended = |download: &&mut Arc<DownloadSnapshot>| {
            !download.state.is_active() && !download.timeline.is_empty()
        };
        let newest_first = state.downloads.values_mut().rev().filter(ended);
        for old in newest_first.skip(MAX_TIMELINES) {
            Arc::make_mut(old).timeline = Arc::new(Timeline::default());
        }
    }

    pub fn catalogue(&self, server: ServerName, catalogue: Catalogue) {
        self.change(|state| {
            state.catalogues.insert(server, catalogue);
        });
    }

    /// Something of the list itself is worth knowing.
    pub fn remark(&self, words: String) {
        self.change(|state| state.remarks.push(words));
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
        // Plain values, whole at every moment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::model::spec::DownloadSpec;

    #[test]
    fn what_the_connections_still_bring_does_not_hide_that_it_stops() {
        let published = SnapshotStore::new(Arc::new(|| {}));
        let request = DownloadSpec::new("lanes://host/x".parse().unwrap());
        let asked = DownloadSnapshot::asked(DownloadId(1), &request, SystemTime::UNIX_EPOCH);
        let running = |done| {
            Arc::new(DownloadSnapshot {
                state: DownloadState::Running,
                done,
                rate: 1e6,
                ..asked.clone()
            })
        };
        published.publish_running(running(1));
        for order in [DownloadState::Stopping, DownloadState::Cancelling] {
            published.set_state(DownloadId(1), &order);
            published.publish_running(running(2));
            let now = published.download(DownloadId(1)).unwrap();
            assert_eq!((&now.state, now.done, now.rate), (&order, 2, 0.0));
        }
        published.publish(running(3));
        let now = published.download(DownloadId(1)).unwrap();
        assert_eq!((&now.state, now.done), (&DownloadState::Running, 3));
    }
}
