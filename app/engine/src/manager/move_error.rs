//! Error of a finished file that was not moved.

use std::io;
use std::path::PathBuf;

/// Error of a file that was not moved.
#[derive(Debug, thiserror::Error)]
pub(super) enum MoveError {
    /// The system refused it.
    #[error("{}: {}", describe(.error), .path.display())]
    Io {
        /// Path to which it was to be moved.
        path: PathBuf,
        /// Reason.
        error: io::Error,
    },
    /// The thread did not run to its end.
    #[error("{0}")]
    Thread(String),
}

fn describe(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AlreadyExists => "there is a file of this name; choose another".to_owned(),
        io::ErrorKind::NotFound => "the file is not there any more".to_owned(),
        io::ErrorKind::Interrupted => "stopped".to_owned(),
        _ => error.to_string(),
    }
}
