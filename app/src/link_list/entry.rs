//! One download of a list.

use std::path::{Component, Path, PathBuf};

use lanes_engine::{Checksum, Destination, DownloadSpec, Source};

/// One download of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Number of the line with the link, from 1.
    pub line: usize,
    /// The link and its mirrors; at least one.
    pub links: Vec<Source>,
    /// Path below the folder of the download.
    pub name: Option<PathBuf>,
    pub folder: Option<PathBuf>,
    pub checksum: Option<Checksum>,
    /// Names and values of additional header fields.
    pub headers: Vec<(String, String)>,
}

/// A parsed list.
#[derive(Debug, Default)]
pub(crate) struct LinkList {
    pub entries: Vec<Entry>,
    /// Options that have no effect, with the line of the first one.
    pub ignored: Vec<(usize, String)>,
}

/// A name that leads out of the folder of the downloads.
#[derive(Debug, thiserror::Error)]
#[error("{0} leads out of the folder: use dir= for another folder")]
pub(crate) struct Outside(String);

impl Entry {
    /// Creates a download of these links to the same file, without options.
    pub(super) fn new(line: usize, links: Vec<Source>) -> Self {
        Self {
            line,
            links,
            name: None,
            folder: None,
            checksum: None,
            headers: Vec::new(),
        }
    }

    /// Returns the download with the default options; `None` without a link. The destination is set if the list
    /// names a folder.
    pub(crate) fn to_spec(&self) -> Option<DownloadSpec> {
        let mut links = self.links.iter().cloned();
        let mut spec = DownloadSpec::new(links.next()?);
        spec.mirrors = links.collect();
        spec.checksum.clone_from(&self.checksum);
        spec.http.headers.clone_from(&self.headers);
        let name = self.name.as_deref().and_then(Path::file_name);
        spec.name = name.map(|name| lanes_engine::safe_name(&name.to_string_lossy()));
        match (&self.folder, &self.name) {
            (Some(folder), Some(name)) => spec.destination = Destination::File(folder.join(name)),
            (Some(folder), None) => spec.destination = Destination::Folder(folder.clone()),
            (None, _) => {}
        }
        Some(spec)
    }
}

/// Returns a name as a path below the folder of the downloads.
///
/// # Errors
/// It leads out of it, or is empty.
pub(super) fn below_folder(name: &str) -> Result<PathBuf, Outside> {
    let path = Path::new(name);
    let is_below = path
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    match is_below && path.file_name().is_some() {
        true => Ok(path.to_owned()),
        false => Err(Outside(name.to_owned())),
    }
}
