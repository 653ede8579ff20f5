//! Folders for one run. The download folder is nested, so that path traversal leaves a file in the sandbox.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A home folder, a folder for temporary files, and a nested download folder.
pub struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    pub fn new() -> Self {
        let sandbox = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for folder in [sandbox.temp_dir(), sandbox.download_dir()] {
            fs::create_dir_all(folder).unwrap();
        }
        sandbox
    }

    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    pub fn temp_dir(&self) -> PathBuf {
        self.home().join(".cache")
    }

    pub fn download_dir(&self) -> PathBuf {
        self.folder.path().join("some/where/out")
    }

    /// Returns the names in the download folder, sorted.
    pub fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.download_dir()).unwrap();
        let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        let mut names: Vec<String> = entries.flatten().map(name).collect();
        names.sort();
        names
    }

    /// Returns the files that a download must not create: all outside the download folder, except the
    /// program's own files in `~/.config`, `~/.local` and `~/.cache`.
    pub fn stray_files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        collect(self.folder.path(), &mut files);
        let own = |path: &Path| {
            [".config", ".local", ".cache"]
                .iter()
                .any(|dot| path.starts_with(self.home().join(dot)))
        };
        files.retain(|file| file.parent() != Some(&self.download_dir()) && !own(file));
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
