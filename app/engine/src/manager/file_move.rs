//! Moves the file of a finished download, on a thread of its own.

use std::path::PathBuf;

use super::engine_thread::{EngineThread, JobResult};
use super::move_error::MoveError;
use crate::model::command::DownloadId;
use crate::model::display_text::one_line;
use crate::model::snapshot::DownloadState;
use crate::model::spec::Destination;
use crate::storage::file_move;
use crate::sync::cancel::CancelToken;

impl EngineThread {
    /// Starts to move the file of a finished download.
    pub(super) fn move_finished(&mut self, id: DownloadId, to: PathBuf) {
        let now = self.snapshots.download(id);
        let finished = now.filter(|now| now.state == DownloadState::Finished);
        let Some(from) = finished.and_then(|now| now.path.clone()) else {
            return;
        };
        let Some(download) = self
            .downloads
            .get_mut(&id)
            .filter(|download| !download.is_busy() && from != to)
        else {
            return;
        };
        let cancel = CancelToken::default();
        download.file_move = Some(cancel.clone());
        let job = move || {
            let moved = file_move::move_file(&from, &to, &cancel);
            let failed = |error| MoveError::Io {
                path: to.clone(),
                error,
            };
            JobResult::Move(id, moved.map_err(failed).map(|()| to.clone()))
        };
        let on_failure = move |reason| JobResult::Move(id, Err(MoveError::Thread(reason)));
        self.threads
            .spawn(format!("move-{}", id.0), job, on_failure);
    }

    pub(super) fn on_file_moved(&mut self, id: DownloadId, moved: Result<PathBuf, MoveError>) {
        let Some(download) = self.managed_mut(id) else {
            return;
        };
        download.file_move = None;
        match moved {
            Ok(path) => {
                download.spec.destination = Destination::File(path.clone());
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let name = one_line(&name).into_owned();
                self.snapshots.update(id, |shown| {
                    shown.path = Some(path.clone());
                    shown.name.clone_from(&name);
                });
                self.is_dirty = true;
            }
            Err(error) => {
                let notice = format!("The file was not moved: {error}");
                self.snapshots.add_notice(notice);
            }
        }
    }
}
