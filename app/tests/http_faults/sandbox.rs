//! A folder for one run, deep enough that a name which climbs out of it is seen.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A home, a place for temporary files and, some folders down, where the download goes.
pub struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    pub fn new() -> Self {
        let sandbox = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for folder in [sandbox.temporary(), sandbox.out()] {
            fs::create_dir_all(folder).unwrap();
        }
        sandbox
    }

    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// For temporary files.
    pub fn temporary(&self) -> PathBuf {
        self.home().join(".cache")
    }

    /// Where the download goes.
    pub fn out(&self) -> PathBuf {
        self.folder.path().join("some/where/out")
    }

    /// What lies in the folder of the download, sorted.
    pub fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.out()).unwrap();
        let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        let mut names: Vec<String> = entries.flatten().map(name).collect();
        names.sort();
        names
    }

    /// Files that are where no download may put one. What a program keeps for itself, under a name
    /// with a dot in the home folder, is its own business.
    pub fn strays(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        collect(self.folder.path(), &mut files);
        let own = |path: &Path| {
            [".config", ".local", ".cache"]
                .iter()
                .any(|dot| path.starts_with(self.home().join(dot)))
        };
        files.retain(|file| file.parent() != Some(&self.out()) && !own(file));
        files
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        match entry.file_type().unwrap().is_dir() {
            true => collect(&entry.path(), files),
            false => files.push(entry.path()),
        }
    }
}
