//! The place to which a download is saved, as clients see it before the first response.

use std::path::PathBuf;

use lanes_engine::{Destination, DownloadSpec, safe_name};

/// Returns the folder and the expected path of a download.
pub(crate) fn of(spec: &DownloadSpec) -> (String, PathBuf) {
    let path = match &spec.destination {
        Destination::Folder(folder) => folder.join(safe_name(&spec.file_name())),
        Destination::File(path) => path.clone(),
        Destination::Desktop | Destination::Stdout => PathBuf::new(),
    };
    let folder = match &spec.destination {
        Destination::Folder(folder) => folder.clone(),
        _ => path.parent().unwrap_or(&path).to_owned(),
    };
    (folder.display().to_string(), path)
}
