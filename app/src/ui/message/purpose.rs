//! The purpose of a file dialog.

/// The purpose of a file dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Destination of the next download.
    SaveAs,
    /// Default download folder.
    DownloadFolder,
    /// Folder of the downloads in the Add dialog.
    AddFolder,
    /// Folder that a finished file is moved to.
    MoveFolder,
    /// Folder that the local server serves.
    ServerFolder,
    /// Folder for exported experiments.
    ExportFolder,
    /// Experiment file to import.
    ImportFile,
    /// Lesson to open.
    Lesson,
    /// List of downloads to add.
    LinkList,
    /// Metalink file to add.
    Metalink,
    /// Unfinished file of another program to continue.
    Unfinished,
}
