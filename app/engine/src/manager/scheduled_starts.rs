//! Starts downloads at the times that the user has given them.

use super::engine_thread::EngineThread;
use crate::model::command::DownloadId;
use crate::model::snapshot::DownloadState;

impl EngineThread {
    /// Resumes the downloads whose time has come.
    pub(super) fn start_due(&mut self) {
        while let Some((at, id)) = self.start_times.pop_due() {
            let download = self.downloads.get(&id);
            if download.is_none_or(|download| download.spec.start_at != Some(at)) {
                continue;
            }
            match self.state(id) {
                Some(DownloadState::Paused) => self.resume(id),
                _ => self.forget_start_time(id),
            }
        }
    }

    /// Forgets the time of a download that starts now, or that the user starts before it.
    pub(super) fn forget_start_time(&mut self, id: DownloadId) {
        let download = self.downloads.get_mut(&id);
        if download.is_some_and(|download| download.spec.start_at.take().is_some()) {
            self.snapshots.set_start_time(id, None);
            self.is_dirty = true;
        }
    }
}
