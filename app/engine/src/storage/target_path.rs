//! Where a file is saved and under which name.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use directories::UserDirs;

use crate::model::file_name::{safe_name, split_extension};
use crate::model::spec::Destination;

/// The folder for a user's downloads, and a sentence when it is not the Desktop.
///
/// The Desktop, else Downloads, else home: many Linux machines have no Desktop.
pub fn desktop() -> (PathBuf, Option<String>) {
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
        Some(format!("There is no Desktop here; saving to {name}")),
    )
}

/// Where a file with this name from a server goes, and what the user should know about it.
pub(crate) fn resolve(destination: &Destination, name: &str) -> (PathBuf, Option<String>) {
    match destination {
        Destination::Desktop => {
            let (folder, notice) = desktop();
            (folder.join(safe_name(name)), notice)
        }
        Destination::Folder(folder) => (folder.join(safe_name(name)), None),
        Destination::File(path) => (path.clone(), None),
    }
}

/// The path itself and then `NAME (1).ext`, `NAME (2).ext`, …: what to try when one is taken.
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

/// Writes a small new file, or the next free name beside it: an existing file is never replaced.
/// Returns the name it got; its folder is made if it is not there.
///
/// # Errors
/// When the folder does not take the file.
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

/// Gives a finished file its name, or the next free one beside it: an existing file is never
/// replaced. Returns the name it got.
///
/// # Errors
/// When the folder does not take the file.
pub(crate) fn rename_noreplace(from: &Path, wanted: &Path) -> io::Result<PathBuf> {
    claim_free_name(wanted, |path| {
        // A hard link fails when the name is taken, which a rename does not.
        match fs::hard_link(from, path) {
            Ok(()) => fs::remove_file(from),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
            // No hard links here (FAT, some network folders): claim the name first, then replace
            // the empty file that is ours.
            Err(_) => {
                fs::File::create_new(path)?;
                fs::rename(from, path).inspect_err(|_| {
                    let _ = fs::remove_file(path);
                })
            }
        }
    })
}

/// Has `give` give the name that is wanted, or the next one beside it, for as long as it says
/// `AlreadyExists`. Returns the name it took.
pub(crate) fn claim_free_name(
    wanted: &Path,
    give: impl Fn(&Path) -> io::Result<()>,
) -> io::Result<PathBuf> {
    for path in alternatives(wanted) {
        match give(&path) {
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
    fn a_file_is_never_replaced() {
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
