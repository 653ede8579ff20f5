//! The folder and the name under which a file is saved.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use directories::UserDirs;

use crate::model::file_name::{safe_name, split_extension};
use crate::model::spec::Destination;

/// Returns the default folder for downloads, and a notice if it is not the Desktop.
///
/// It is the Desktop, else Downloads, else the home folder: many Linux machines have no Desktop.
pub fn default_folder() -> (PathBuf, Option<String>) {
    let dirs = UserDirs::new();
    let home = dirs.as_ref().map(|dirs| dirs.home_dir().to_owned());
    let desktop = dirs
        .as_ref()
        .and_then(|dirs| dirs.desktop_dir().map(Path::to_owned))
        .or_else(|| home.as_ref().map(|home| home.join("Desktop")));
    if let Some(desktop) = desktop.filter(|path| path.is_dir()) {
        return (desktop, None);
    }
    let downloads = dirs
        .as_ref()
        .and_then(|dirs| dirs.download_dir().map(Path::to_owned))
        .or_else(|| home.as_ref().map(|home| home.join("Downloads")));
    let (folder, name) = match (downloads.filter(|path| path.is_dir()), home) {
        (Some(downloads), _) => (downloads, "Downloads"),
        (None, Some(home)) => (home, "the home folder"),
        (None, None) => (std::env::temp_dir(), "the temporary folder"),
    };
    (
        folder,
        Some(format!("No Desktop folder found; saving to {name}")),
    )
}

/// Returns the path for a file that the server calls `name`, and a notice for the user, if any.
pub(crate) fn resolve(destination: &Destination, name: &str) -> (PathBuf, Option<String>) {
    match destination {
        Destination::Desktop => {
            let (folder, notice) = default_folder();
            (folder.join(safe_name(name)), notice)
        }
        Destination::Folder(folder) => (folder.join(safe_name(name)), None),
        Destination::File(path) => (path.clone(), None),
    }
}

/// Returns the path itself and its alternatives `NAME (1).ext`, `NAME (2).ext`, …, to try in order.
pub(crate) fn alternatives(path: &Path) -> impl Iterator<Item = PathBuf> {
    let path = path.to_owned();
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    (0u32..10_000).map(move |number| match number {
        0 => path.clone(),
        _ => {
            let (stem, extension) = split_extension(&name);
            path.with_file_name(format!("{stem} ({number}){extension}"))
        }
    })
}

/// Writes `bytes` to a new file at `wanted`, or at the first free alternative. Creates its folder if it
/// does not exist. Returns the path of the file.
///
/// # Errors
/// The folder or the file cannot be created or written.
pub fn save_new(wanted: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    if let Some(folder) = wanted.parent() {
        fs::create_dir_all(folder)?;
    }
    for path in alternatives(wanted) {
        match fs::File::create_new(&path) {
            Ok(mut file) => {
                io::Write::write_all(&mut file, bytes)?;
                return Ok(path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Renames `from` to `wanted`, or to the first free alternative. Returns the new path.
///
/// # Errors
/// Those of a rename.
pub(crate) fn rename_noreplace(from: &Path, wanted: &Path) -> io::Result<PathBuf> {
    claim_free_name(wanted, |path| {
        // A hard link fails if the name is taken; a rename would replace the file.
        match fs::hard_link(from, path) {
            Ok(()) => fs::remove_file(from),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
            // The file system has no hard links (FAT, some network file systems): claim the name with
            // an empty file, then replace that.
            Err(_) => {
                fs::File::create_new(path)?;
                fs::rename(from, path).inspect_err(|_| {
                    let _ = fs::remove_file(path);
                })
            }
        }
    })
}

/// Calls `claim` with `wanted` and then its alternatives, until the result is not `AlreadyExists`.
/// Returns the claimed path.
///
/// # Errors
/// Those of `claim`.
pub(crate) fn claim_free_name(
    wanted: &Path,
    claim: impl Fn(&Path) -> io::Result<()>,
) -> io::Result<PathBuf> {
    for path in alternatives(wanted) {
        match claim(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_existing_file_is_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let wanted = dir.path().join("Data.jpg");
        for expected in ["Data.jpg", "Data (1).jpg", "Data (2).jpg"] {
            let part = dir.path().join("x.part");
            fs::write(&part, expected).unwrap();
            let path = rename_noreplace(&part, &wanted).unwrap();
            assert_eq!(path, dir.path().join(expected));
            assert_eq!(fs::read_to_string(&path).unwrap(), expected);
            assert!(!part.exists());
        }
        let path = save_new(&wanted, b"new").unwrap();
        assert_eq!(path, dir.path().join("Data (3).jpg"));
        assert_eq!(fs::read(&wanted).unwrap(), b"Data.jpg");
    }
}
