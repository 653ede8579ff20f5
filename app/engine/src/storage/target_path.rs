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
        Destination::Stdout => (PathBuf::from("-"), None),
    }
}

/// Longest file name in bytes, on nearly every file system.
const MAX_NAME_LEN: usize = 255;

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
            // An extension of hundreds of bytes is none.
            let (stem, extension) = match extension.len() {
                0..=64 => (stem, extension),
                _ => (&*name, ""),
            };
            let end = format!(" ({number}){extension}");
            path.with_file_name(format!("{}{end}", cut(stem, MAX_NAME_LEN - end.len())))
        }
    })
}

/// Returns the path of a file of the program beside `path`: its name and `suffix`. A name that would be
/// too long is cut, and gets a hash of the whole name, so that it stays its own.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default();
    if name.len() + suffix.len() <= MAX_NAME_LEN {
        let mut beside = path.as_os_str().to_owned();
        beside.push(suffix);
        return PathBuf::from(beside);
    }
    let hash = blake3::hash(name.as_encoded_bytes()).to_hex();
    let end = format!("~{}{suffix}", &hash[..16]);
    let name = name.to_string_lossy();
    path.with_file_name(format!("{}{end}", cut(&name, MAX_NAME_LEN - end.len())))
}

/// Returns the folder of `path`.
pub(crate) fn folder_of(path: &Path) -> &Path {
    let folder = path.parent();
    folder
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Returns whether the folder of `path` does not exist. One that cannot be looked at may exist.
pub(crate) fn is_folder_gone(path: &Path) -> bool {
    let looked = fs::metadata(folder_of(path));
    looked.is_err_and(|error| {
        matches!(
            error.kind(),
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
        )
    })
}

/// Returns the longest beginning of `text` of at most `len` bytes.
fn cut(text: &str, len: usize) -> &str {
    &text[..text.floor_char_boundary(len)]
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
            let path = save_new(&wanted, expected.as_bytes()).unwrap();
            assert_eq!(path, dir.path().join(expected));
            assert_eq!(fs::read_to_string(&path).unwrap(), expected);
        }
        assert_eq!(fs::read(&wanted).unwrap(), b"Data.jpg");
    }

    #[test]
    fn a_name_of_255_bytes_has_alternatives_and_files_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        for name in [
            "x".repeat(255),
            format!("{}.bin", "ü".repeat(125)),
            "a.".to_owned() + &"b".repeat(253),
        ] {
            let path = dir.path().join(&name);
            let mut paths: Vec<PathBuf> = alternatives(&path).take(3).collect();
            paths.extend([beside(&path, ".part"), beside(&path, ".lanes")]);
            for path in &paths {
                fs::write(path, name.as_bytes()).unwrap();
            }
            paths.sort();
            paths.dedup();
            assert_eq!(paths.len(), 5, "{name}");
            let other = dir.path().join(format!("y{}", &name[..name.len() - 1]));
            assert_ne!(beside(&other, ".part"), beside(&path, ".part"));
        }
        assert_eq!(
            beside(Path::new("a/b.bin"), ".part"),
            Path::new("a/b.bin.part")
        );
    }
}
