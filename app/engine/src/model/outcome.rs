//! Result of a download: the outcome of one that finished, or the error that ended it.

use std::path::PathBuf;
use std::time::Duration;

use lanes_shared::checksum::Digest;
use lanes_shared::wire::LinkReport;

use super::files_beside::NamesBeside;

/// A finished download: the file is verified and has its final name.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Path of the file.
    pub path: PathBuf,
    /// Length of the file in bytes.
    pub bytes: u64,
    /// Completion time: from the start before the first connect to the verified file in place.
    pub elapsed: Duration,
    /// Number of connections that were used.
    pub connections: u16,
    /// Bytes that an earlier attempt had already downloaded.
    pub resumed_bytes: u64,
    /// Number of reconnects, over all connections.
    pub retries: u32,
    /// BLAKE3 digest of the file, where the source provides one or the user asked for it.
    pub digest: Option<Digest>,
    /// Names of the digests that matched. Empty when the source provides none, so that only the
    /// length was verified.
    pub checked: Vec<&'static str>,
    /// Files that were found beside the source, if
    /// [`DownloadSpec::find_checksums`](crate::DownloadSpec::find_checksums) is set.
    pub beside: Option<Box<NamesBeside>>,
    /// Statistics of the emulated link, where one was requested and the server reported them.
    pub link_report: Option<LinkReport>,
    /// Messages for the user, oldest first.
    pub notices: Vec<String>,
}

/// Error that ended a download.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// [`CancelToken::cancel`](crate::CancelToken::cancel) was called. The partial file is kept.
    #[error("stopped; the partial file is kept")]
    Stopped,
    /// The server has no such file. Holds the server's refusal.
    #[error("{0}")]
    NoSuchFile(String),
    /// The file at the source changed since the download started. The partial file is kept.
    #[error("{0}")]
    Changed(String),
    /// Pieces of the file do not match their hashes. Pieces that match are kept: a retry fetches
    /// only the others.
    #[error("{0}")]
    Damaged(String),
    /// The URL leads to a Metalink file, and
    /// [`DownloadSpec::stop_at_metalink`](crate::DownloadSpec::stop_at_metalink) is set.
    #[error("URL leads to a Metalink file, which names other files")]
    Metalink,
    /// Any other failure. Holds the reason; the partial file is kept.
    #[error("{0}")]
    Failed(String),
}

impl FetchError {
    /// Returns [`Self::Failed`] with the text of `error`.
    pub(crate) fn failed(error: impl std::fmt::Display) -> Self {
        Self::Failed(error.to_string())
    }
}
