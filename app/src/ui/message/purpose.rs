//! What a file dialog was opened for.

/// What a dialog was opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Where the next download is saved.
    SaveAs,
    /// The folder where downloads are saved unless another is said.
    DownloadFolder,
    /// The folder for the downloads that are being added.
    AddFolder,
    /// The folder of the local server.
    ServerFolder,
    /// The folder where experiments are exported to.
    ExportFolder,
    /// The file that an experiment is imported from.
    ImportFile,
    /// A Metalink file whose files are to be added.
    Metalink,
}
