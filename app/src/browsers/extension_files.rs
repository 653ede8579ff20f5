//! The files of the browser extension, which the program carries.

use std::fs;
use std::io;
use std::path::Path;

use lanes_engine::{create_private_folder, replace_private};

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_bytes!(concat!("../../browser/", $name)))),*]
    };
}

/// Names and contents.
pub(super) const FILES: [(&str, &[u8]); 21] = files![
    "manifest.json",
    "alt_click.js",
    "api.js",
    "background.js",
    "catch.js",
    "collect.js",
    "describe.js",
    "icon.png",
    "lanes.js",
    "link_filter.js",
    "links.html",
    "links.js",
    "menus.js",
    "popup.html",
    "popup.js",
    "rules.js",
    "settings.html",
    "settings.js",
    "settings_page.js",
    "style.css",
    "README.md",
];

/// Writes the files into a folder of the program, and replaces those of an earlier version.
///
/// # Errors
/// Those of creating a folder and of writing files.
pub(super) fn write(folder: &Path) -> io::Result<()> {
    create_private_folder(folder)?;
    FILES
        .iter()
        .try_for_each(|(name, bytes)| replace_private(&folder.join(name), bytes))
}

/// Removes the files, and the folder if nothing else is in it.
///
/// # Errors
/// A file cannot be removed.
pub(super) fn remove(folder: &Path) -> io::Result<()> {
    for (name, _) in FILES {
        remove_file(&folder.join(name))?;
    }
    // Fails if the user has put files there, which stay.
    let _ = fs::remove_dir(folder);
    Ok(())
}

/// Removes a file. Returns whether there was one.
///
/// # Errors
/// That of removing it.
pub(super) fn remove_file(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_extension_is_written() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
        let names = |folder: &Path| {
            let entries = fs::read_dir(folder).unwrap();
            let names = entries.map(|entry| entry.unwrap().file_name());
            names.collect::<std::collections::BTreeSet<_>>()
        };
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("browser");
        write(&folder).unwrap();
        write(&folder).unwrap();
        assert_eq!(names(&folder), names(&source));
        fs::write(folder.join("mine"), "").unwrap();
        remove(&folder).unwrap();
        assert_eq!(names(&folder).len(), 1, "what the user put there stays");
    }
}
