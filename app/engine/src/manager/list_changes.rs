//! Adds downloads to the list, removes them, and puts them back.

use std::sync::Arc;
use std::time::SystemTime;

use super::engine_thread::EngineThread;
use super::managed_download::{ManagedDownload, RemovedDownload};
use crate::model::command::DownloadId;
use crate::model::lasting_id::LastingId;
use crate::model::snapshot::{Check, DownloadSnapshot, DownloadState, Recorded};
use crate::model::spec::DownloadSpec;

/// Largest number of removed downloads that can be put back.
const MAX_REMOVED: usize = 1000;

impl EngineThread {
    /// Adds a download to the list: to the queue, or paused.
    pub(super) fn add(&mut self, id: DownloadId, mut spec: DownloadSpec, is_paused: bool) {
        spec.per_host = self.limits.per_host;
        spec.lasting_id = spec.lasting_id.or_else(|| Some(LastingId::random()));
        let added = SystemTime::now();
        let mut snapshot = DownloadSnapshot::requested(id, &spec, added);
        let is_paused = is_paused || self.start_times.insert(id, spec.start_at);
        if is_paused {
            snapshot.set_state(DownloadState::Paused);
        }
        self.downloads.insert(id, ManagedDownload::new(spec, added));
        self.snapshots.publish(Arc::new(snapshot));
        self.is_dirty = true;
        if !is_paused {
            self.enqueue(id);
            self.start_queued();
        }
    }

    /// Adds a download like `id`.
    pub(super) fn add_again(&mut self, id: DownloadId, new: DownloadId) {
        let Some(download) = self.downloads.get(&id) else {
            return;
        };
        let spec = DownloadSpec {
            same_file: false,
            adopt: None,
            lasting_id: None,
            start_at: None,
            ..download.spec.clone()
        };
        if spec.source.is_redacted() {
            self.snapshots.add_notice(format!(
                "{} is not downloaded again: its link was signed and is not kept; paste it again",
                spec.source.name()
            ));
            return;
        }
        self.add(new, spec, false);
    }

    /// Removes a download that does not run from the list; its files stay.
    pub(super) fn remove(&mut self, id: DownloadId) {
        let is_idle = |download: &ManagedDownload| download.attempt.is_none();
        if !self.downloads.get(&id).is_some_and(is_idle) {
            return;
        }
        let shown = self.snapshots.download(id);
        let (Some(download), Some(mut snapshot)) = (self.downloads.remove(&id), shown) else {
            return;
        };
        download.stop();
        let entry = Arc::make_mut(&mut snapshot);
        entry.timeline = Arc::default();
        if matches!(entry.check, Check::Running(_)) {
            entry.check = Check::None;
        }
        if entry.recorded == Recorded::Loaded {
            entry.recorded = Recorded::Stored;
        }
        self.queue.retain(|queued| *queued != id);
        self.snapshots.remove(id);
        self.is_dirty = true;
        self.removed
            .push_back(RemovedDownload { download, snapshot });
        // A thread that still works for one reports to it.
        if self.removed.len() > MAX_REMOVED
            && let Some(oldest) = self.removed.pop_front_if(|one| !one.download.is_busy())
        {
            self.remove_recording(oldest.download.recording);
        }
    }

    /// Puts a removed download back into the list.
    pub(super) fn put_back(&mut self, id: DownloadId) {
        let at = self.removed.iter().position(|one| one.snapshot.id == id);
        let Some(RemovedDownload { download, snapshot }) =
            at.and_then(|at| self.removed.remove(at))
        else {
            return;
        };
        self.downloads.insert(id, download);
        self.snapshots.publish(snapshot);
        if self.state(id) == Some(DownloadState::Queued) {
            self.enqueue(id);
            self.start_queued();
        }
        self.is_dirty = true;
    }

    /// Returns a download of the list, or one that was removed from it.
    pub(super) fn managed_mut(&mut self, id: DownloadId) -> Option<&mut ManagedDownload> {
        let mut removed = self.removed.iter_mut();
        let listed = self.downloads.get_mut(&id);
        listed.or_else(|| {
            let found = removed.find(|one| one.snapshot.id == id);
            found.map(|one| &mut one.download)
        })
    }

    /// Deletes the recordings of removed downloads, at the end of the program.
    pub(super) fn forget_removed(&mut self) {
        for removed in std::mem::take(&mut self.removed) {
            self.remove_recording(removed.download.recording);
        }
    }
}
