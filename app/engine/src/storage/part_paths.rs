//! Paths of one download: the target, its part file and its journal.

use std::path::PathBuf;

use super::own_file;
use super::target_path::beside;

/// The paths of one download: the file, and its part file and journal until it is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Paths {
    /// Path of the finished file.
    pub target: PathBuf,
    /// Path of the part file.
    pub part: PathBuf,
    /// Path of the journal.
    pub journal: PathBuf,
}

impl Paths {
    pub fn new(target: PathBuf) -> Self {
        Self {
            part: beside(&target, ".part"),
            journal: beside(&target, ".lanes"),
            target,
        }
    }

    /// Returns whether anything has one of the names.
    pub fn are_taken(&self) -> bool {
        [&self.target, &self.part, &self.journal]
            .into_iter()
            .any(|path| own_file::is_taken(path))
    }
}
