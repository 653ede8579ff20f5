//! The jobs of the list of downloads.

use std::path::PathBuf;

use lanes_engine::DownloadId;

use super::Background;
use crate::ui::message::{JobResult, Removal};
use crate::ui::{dropped_links, format, trash};

impl Background {
    /// Reads the links of a dropped file.
    pub(crate) fn read_dropped_links(&mut self, path: PathBuf) {
        self.run("links", move || {
            Some(match dropped_links::read(&path) {
                Ok(links) => JobResult::LinkList(links),
                Err(error) => JobResult::Failed(format::capital(&error.to_string())),
            })
        });
    }

    /// Moves files of downloads to the trash.
    pub(crate) fn move_to_trash(&mut self, files: Vec<(DownloadId, PathBuf)>) {
        self.run("trash", move || {
            Some(JobResult::Trashed(trash::discard_all(files)))
        });
    }

    /// Takes the files of removed downloads back from the trash.
    pub(crate) fn restore_from_trash(&mut self, removal: Removal) {
        self.run("trash", move || {
            let restored = trash::restore(&removal.trashed);
            let restored = restored.map_err(|error| error.to_string());
            Some(JobResult::Restored(removal.ids, restored))
        });
    }
}
