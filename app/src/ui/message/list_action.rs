//! Actions on the list of downloads and their files.

use std::path::PathBuf;

use lanes_engine::{DownloadId, DownloadSpec};

/// An action on the list of downloads.
pub(crate) enum ListAction {
    /// Removes a download from the list; its files stay.
    Remove(DownloadId),
    /// Moves the file of a finished download to the trash, and removes it from the list.
    Trash(DownloadId, PathBuf),
    /// Puts removed downloads back, and their files from the trash.
    Undo(Removal),
    /// Adds a download that does not start before it is resumed; the destination as typed.
    AddPaused(Box<DownloadSpec>, String),
    /// Adds downloads that are in the list already; the destination as typed.
    AddKnown(Vec<DownloadSpec>, String),
    /// Downloads the same link again.
    Again(DownloadId),
    /// Opens the dialog that moves or renames a file.
    OpenMove(DownloadId),
    /// Moves a finished file.
    Move(DownloadId, PathBuf),
}

/// Downloads that were removed from the list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Removal {
    /// The downloads.
    pub ids: Vec<DownloadId>,
    /// Paths of those of their files that are in the trash.
    pub trashed: Vec<PathBuf>,
}
