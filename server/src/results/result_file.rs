//! The file that keeps the results of a class.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::collected_result::CollectedResult;
use super::csv::results_to_csv;

/// Maximum length of a file that is read, in bytes (32 MiB): more than a full list takes as JSON.
const MAX_LEN: u64 = 32 << 20;
/// Version of the JSON.
const VERSION: u32 = 1;

/// The reason why results cannot be kept in a file.
#[derive(Debug, thiserror::Error)]
pub enum ResultFileError {
    /// The file cannot be read.
    #[error("cannot read {path}: {1}", path = .0.display())]
    Read(PathBuf, #[source] io::Error),
    /// The file does not have results in it.
    #[error("{path} has no results of a class in it: {1}; give another file", path = .0.display())]
    Foreign(PathBuf, #[source] serde_json::Error),
    /// A CSV file exists; only JSON is read back.
    #[error("{path} exists already: give another file, or one that ends in .json, which is continued", path = .0.display())]
    Exists(PathBuf),
    /// The file cannot be written.
    #[error("cannot write the results to {path}: {1}", path = .0.display())]
    Write(PathBuf, #[source] io::Error),
    /// The thread that saves cannot be started.
    #[error("cannot start a thread: {0}")]
    Thread(#[source] io::Error),
}

/// A file of results.
pub(super) struct ResultFile {
    path: PathBuf,
    is_csv: bool,
}

#[derive(Serialize, Deserialize)]
struct Contents<R> {
    version: u32,
    results: Vec<R>,
}

impl ResultFile {
    /// Names a file: CSV if its name ends in `.csv`, else JSON.
    pub fn new(path: PathBuf) -> Self {
        let is_csv = path
            .extension()
            .is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
        Self { path, is_csv }
    }

    /// Reads the results; none if there is no file.
    ///
    /// # Errors
    /// [`ResultFileError::Read`], [`ResultFileError::Foreign`] or [`ResultFileError::Exists`].
    pub fn read(&self) -> Result<Vec<CollectedResult>, ResultFileError> {
        let failed = |error| ResultFileError::Read(self.path.clone(), error);
        let file = match File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            file => file.map_err(failed)?,
        };
        if self.is_csv {
            return Err(ResultFileError::Exists(self.path.clone()));
        }
        let mut bytes = Vec::new();
        file.take(MAX_LEN).read_to_end(&mut bytes).map_err(failed)?;
        let read: Contents<CollectedResult> = serde_json::from_slice(&bytes)
            .map_err(|error| ResultFileError::Foreign(self.path.clone(), error))?;
        let valid = read.results.into_iter().map(|one| CollectedResult {
            result: one.result.cleaned(),
            ..one
        });
        Ok(valid.filter(|one| one.result.check().is_ok()).collect())
    }

    /// Replaces the file.
    ///
    /// # Errors
    /// [`ResultFileError::Write`].
    pub fn write(&self, results: &[Arc<CollectedResult>]) -> Result<(), ResultFileError> {
        let results = results.iter().map(AsRef::as_ref);
        let written = match self.is_csv {
            true => Ok(results_to_csv(results).into_bytes()),
            false => serde_json::to_vec(&Contents {
                version: VERSION,
                results: results.collect(),
            }),
        };
        let replaced = written
            .map_err(io::Error::from)
            .and_then(|bytes| replace(&self.path, &bytes));
        replaced.map_err(|error| ResultFileError::Write(self.path.clone(), error))
    }
}

/// Replaces a file at once, so that a crash leaves the old one or the new one.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    // Two servers may save to the same folder.
    name.push(format!(".{}.new", std::process::id()));
    let new = path.with_file_name(name);
    let mut file = create_private(&new)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.sync_data())
        .and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        // The write has failed already.
        let _ = fs::remove_file(&new);
    }
    written
}

/// Creates a file that only this user can read: it has the names of students.
fn create_private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
