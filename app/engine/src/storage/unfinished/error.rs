//! Errors of taking over an unfinished file. Each of them leaves the file as it is.

use std::io;
use std::path::PathBuf;

use super::claim::StateError;
use crate::model::outcome::FetchError;

/// Reason why an unfinished file cannot be taken over.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnfinishedError {
    /// The file or its state cannot be read.
    #[error("cannot read {}: {error}", .path.display())]
    Read {
        /// Path of the file.
        path: PathBuf,
        /// Error of the system.
        error: io::Error,
    },
    /// It is a folder, a device or a pipe.
    #[error("no regular file: {}", .0.display())]
    NotRegular(PathBuf),
    /// The states of several programs stand beside it.
    #[error(
        "several programs have a state beside {}; name the right one instead of the file: {}",
        .data.display(), .states.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
    )]
    SeveralStates {
        /// Path of the data.
        data: PathBuf,
        /// Paths of the states.
        states: Vec<PathBuf>,
    },
    /// The state is damaged or of another file.
    #[error("cannot use the state of {program}: {error}; nothing was changed: {}", .path.display())]
    State {
        /// Name of the program.
        program: &'static str,
        /// Path of the state.
        path: PathBuf,
        /// The reason.
        error: StateError,
    },
    /// The state claims bytes that the file does not have.
    #[error(
        "the state of {program} claims bytes up to {end}, but the file ends at {len}; nothing was changed: {}",
        .path.display()
    )]
    TooShort {
        /// Name of the program.
        program: &'static str,
        /// Path of the data.
        path: PathBuf,
        /// Offset behind the last claimed byte.
        end: u64,
        /// Length of the data in bytes.
        len: u64,
    },
    /// The file is as long as the whole file or longer, and nothing tells which bytes are there.
    #[error(
        "no state beside the unfinished file tells which of its {len} bytes are there, and it is not shorter than the server's file, which has {server}: {}",
        .path.display()
    )]
    NoPrefix {
        /// Path of the data.
        path: PathBuf,
        /// Length of the data in bytes.
        len: u64,
        /// Length at the server in bytes.
        server: u64,
    },
    /// The server does not report the length of the file.
    #[error(
        "the server does not report the length of the file, so that an unfinished one cannot be continued: leave --adopt out"
    )]
    UnknownLength,
    /// The server serves the file only as a whole.
    #[error(
        "the server serves no ranges of the file, so that an unfinished one cannot be continued: leave --adopt out"
    )]
    NoRanges,
    /// The output is a pipe or a device.
    #[error("an unfinished file can be continued in a file only, not in a pipe or a device")]
    Stream,
}

impl From<UnfinishedError> for FetchError {
    fn from(error: UnfinishedError) -> Self {
        Self::Failed(error.to_string())
    }
}
