//! Keeps the recording of each attempt that has ended, and reads it for a replay.

use std::collections::BTreeSet;
use std::path::Path;

use super::engine_thread::{EngineThread, JobResult};
use crate::model::command::DownloadId;
use crate::model::recording::{Recording, RecordingId};
use crate::model::snapshot::Recorded;
use crate::storage::recording_store::{ReadRecordingError, RecordingStore};

/// Name of the folder beside the list of downloads.
const FOLDER: &str = "recordings";

impl EngineThread {
    /// Opens the recordings beside the list of downloads at `history`, and deletes those of downloads that
    /// are not in the list.
    pub(super) fn open_recordings(&mut self, history: &Path) {
        let known = self.downloads.values().filter_map(|one| one.recording);
        let known: BTreeSet<RecordingId> = known.collect();
        self.last_recording = known.last().copied().unwrap_or(self.last_recording);
        match RecordingStore::open(history.with_file_name(FOLDER), known) {
            Ok(store) => self.recordings = Some(store),
            Err(error) => {
                let notice = format!("Replays are not kept: {error}");
                self.snapshots.add_notice(notice);
            }
        }
    }

    /// Keeps the recording of an attempt that has ended, instead of that of the attempt before.
    pub(super) fn keep_recording(&mut self, id: DownloadId) {
        let recording = self
            .snapshots
            .download(id)
            .as_deref()
            .and_then(Recording::of);
        let (Some(store), Some(download)) = (&self.recordings, self.downloads.get_mut(&id)) else {
            return;
        };
        let Some(recording) = recording else { return };
        let name = *download.recording.get_or_insert_with(|| {
            self.last_recording = RecordingId::after(self.last_recording);
            self.last_recording
        });
        store.keep(name, recording);
        self.snapshots.set_recorded(id, &Recorded::Loaded);
    }

    /// Deletes the recording of a download that is removed.
    pub(super) fn remove_recording(&self, name: Option<RecordingId>) {
        if let (Some(store), Some(name)) = (&self.recordings, name) {
            store.remove(name);
        }
    }

    /// Starts to read the recording of a download.
    pub(super) fn read_recording(&mut self, id: DownloadId) {
        let is_stored = self
            .snapshots
            .download(id)
            .is_some_and(|now| now.recorded == Recorded::Stored);
        let name = self.downloads.get(&id).and_then(|one| one.recording);
        let (Some(store), Some(name), true) = (&self.recordings, name, is_stored) else {
            return;
        };
        self.snapshots.set_recorded(id, &Recorded::Reading);
        self.reading_recordings += 1;
        let read = store.reader(name);
        let job = move || {
            let recording = read().map(|recording| recording.map(Box::new));
            JobResult::Recording(id, recording)
        };
        let on_failure =
            move |reason| JobResult::Recording(id, Err(ReadRecordingError::Thread(reason)));
        self.threads
            .spawn(format!("recording-{}", id.0), job, on_failure);
    }

    pub(super) fn on_recording_read(
        &mut self,
        id: DownloadId,
        read: Result<Option<Box<Recording>>, ReadRecordingError>,
    ) {
        self.reading_recordings -= 1;
        match read {
            Ok(Some(recording)) => {
                self.snapshots.restore_recording(id, &recording);
                self.snapshots.drop_old_timelines(Some(id));
            }
            Ok(None) => self.snapshots.set_recorded(id, &Recorded::Absent),
            Err(error) => {
                let unreadable = Recorded::Unreadable(error.to_string());
                self.snapshots.set_recorded(id, &unreadable);
            }
        }
    }
}
