//! The error that ends the work of one connection.

use std::time::Duration;

use super::outcome::FetchError;

/// Why a session ended before its work was done.
pub(crate) enum WorkerError {
    /// No connection could be made.
    Unreachable(String),
    /// The server serves no further connection: the others do the work.
    Refused(String),
    /// The server serves no further connection now, but may later.
    Busy {
        /// In words.
        reason: String,
        /// When to ask again, if the server said it.
        retry_after: Option<Duration>,
    },
    /// The connection was lost; another may do better.
    Lost(String),
    /// The server does not give the file, or no longer.
    Denied(FetchError),
    /// This source cannot help.
    Source(FetchError),
    /// No connection can help.
    Fatal(FetchError),
}
