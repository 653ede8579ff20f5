//! The listing of one directory, for the index page.

use lanes_shared::catalog::MAX_FILES;
use lanes_shared::own_names::has_own_suffix;
use lanes_shared::sample;

use super::bundled;
use super::file_root::{FileRoot, is_public_name};
use super::open_file::FileVersion;
use super::short_name;

/// Maximum number of directory entries that are read, which bounds the time.
const MAX_VISITED: usize = 50_000;

/// One entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DirEntry {
    /// Name without the path of the directory.
    pub name: String,
    /// Version of the file; `None` for a directory.
    pub file: Option<FileVersion>,
}

/// The entries of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listing {
    /// Subdirectories first, each group by name.
    pub entries: Vec<DirEntry>,
    /// Set if the directory has more entries than are listed.
    pub is_cut: bool,
}

impl FileRoot {
    /// Returns whether `name` is a directory; the empty name is the root.
    pub fn is_dir(&self, name: &str) -> bool {
        name.is_empty()
            || (is_public_name(name)
                && self.root().is_some_and(|root| {
                    root.metadata(name).is_ok_and(|found| found.is_dir())
                        && (cfg!(not(windows)) || short_name::is_listed(&root, name))
                }))
    }

    /// Returns the entries of a directory; `None` if there is no such directory.
    pub fn list_dir(&self, name: &str) -> Option<Listing> {
        self.list_at_most(name, MAX_FILES)
    }

    /// Returns at most `max` entries of a directory; `None` if there is no such directory.
    fn list_at_most(&self, name: &str, max: usize) -> Option<Listing> {
        if !self.is_dir(name) {
            return None;
        }
        let mut entries = Vec::new();
        let mut is_cut = false;
        match self.root() {
            Some(root) => {
                let path = if name.is_empty() { "." } else { name };
                let dir = root.open_dir(path).ok()?;
                // Entries that are deleted meanwhile are skipped.
                let mut found = dir.entries().ok()?.flatten();
                for entry in found.by_ref().take(MAX_VISITED) {
                    let Ok(name) = entry.file_name().into_string() else {
                        continue;
                    };
                    // Follows symbolic links, except those that lead out of the directory.
                    let Ok(metadata) = dir.metadata(&name) else {
                        continue;
                    };
                    if !is_public_name(&name) || (metadata.is_file() && has_own_suffix(&name)) {
                        continue;
                    }
                    if metadata.is_file() || metadata.is_dir() {
                        let file = metadata
                            .is_file()
                            .then(|| FileVersion::of_cap_std(&metadata));
                        entries.push(DirEntry { name, file });
                    }
                }
                is_cut = found.next().is_some();
            }
            None => {
                for (name, bytes) in bundled::BUNDLED {
                    let file = Some(FileVersion::fixed(bytes.len() as u64));
                    let name = name.to_owned();
                    entries.push(DirEntry { name, file });
                }
            }
        }
        if name.is_empty() && self.has_samples() {
            for name in sample::LISTED {
                let is_shadowed = entries.iter().any(|entry| entry.name == name);
                if let (false, Some(len)) = (is_shadowed, sample::len_of(name)) {
                    let file = Some(FileVersion::fixed(len));
                    let name = name.to_owned();
                    entries.push(DirEntry { name, file });
                }
            }
        }
        entries.sort_by(|a, b| (a.file.is_some(), &a.name).cmp(&(b.file.is_some(), &b.name)));
        is_cut |= entries.len() > max;
        entries.truncate(max);
        Some(Listing { entries, is_cut })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_come_first_and_hidden_names_are_omitted() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("z/inner")).unwrap();
        std::fs::create_dir(dir.path().join(".git")).unwrap();
        std::fs::write(dir.path().join("a"), "abc").unwrap();
        std::fs::write(dir.path().join(".hidden"), "abc").unwrap();
        let files = FileRoot::new(Some(dir.path().to_owned()), true).unwrap();
        let names = |name| {
            let entries = files.list_dir(name)?.entries;
            let names = entries.into_iter().map(|entry| entry.name);
            Some(names.collect::<Vec<_>>())
        };
        let root = names("").unwrap();
        assert_eq!(root[..2], ["z", "a"]);
        assert!(root.contains(&"sample-1GiB.bin".to_owned()));
        assert_eq!(names("z"), Some(vec!["inner".to_owned()]));
        for wrong in ["a", "x", "..", ".git", "z/..", "/", "z/"] {
            assert_eq!(names(wrong), None, "{wrong}");
        }
        let bundled = FileRoot::new(None, false).unwrap();
        assert_eq!(bundled.list_dir("").unwrap().entries.len(), 3);
        assert_eq!(bundled.list_dir("z"), None);
    }

    #[test]
    fn a_cut_listing_says_so() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["c", "a", "b", "x.part"] {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        let files = FileRoot::new(Some(dir.path().to_owned()), false).unwrap();
        for (max, is_cut) in [(1, true), (2, true), (3, false), (4, false)] {
            let listing = files.list_at_most("", max).unwrap();
            assert_eq!(
                (listing.entries.len(), listing.is_cut),
                (max.min(3), is_cut)
            );
            assert_eq!(listing.entries[0].name, "a");
        }
        assert!(!files.list_dir("").unwrap().is_cut);
    }

    #[cfg(unix)]
    #[test]
    fn links_out_of_the_root_and_special_files_are_omitted() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "x").unwrap();
        let dir = tempfile::tempdir().unwrap();
        let link = |to: &std::path::Path, name| {
            std::os::unix::fs::symlink(to, dir.path().join(name)).unwrap();
        };
        link(&outside.path().join("secret"), "file-out");
        link(outside.path(), "folder-out");
        link("/dev/zero".as_ref(), "device");
        let made = std::process::Command::new("mkfifo")
            .arg(dir.path().join("fifo"))
            .status();
        assert!(made.unwrap().success());
        let files = FileRoot::new(Some(dir.path().to_owned()), false).unwrap();
        assert_eq!(files.list_dir("").unwrap().entries, []);
        assert_eq!(files.list_dir("folder-out"), None);
    }
}
