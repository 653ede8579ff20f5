//! What a screen or a headless command may ask the engine to do.

use super::http_options::ProxyChoice;
use super::source_url::ServerName;
use super::spec::{DownloadSpec, PER_HOST};

/// The number of a download, never used twice while the program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DownloadId(pub u64);

/// What holds for all downloads together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many downloads run at once, at least 1; the others wait.
    pub downloads: usize,
    /// The most bytes a second of all downloads together; `None` for no limit.
    pub bytes_per_sec: Option<u64>,
    /// The most connections to one HTTP server, 1 to [`crate::MAX_CONNECTIONS`].
    pub per_host: u16,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            downloads: 3,
            bytes_per_sec: None,
            per_host: PER_HOST,
        }
    }
}

/// An order to the engine. Orders about a download that is gone or already in the wished state
/// are ignored.
#[derive(Debug, Clone)]
pub enum Command {
    /// Start a download, as soon as the limit of downloads at once has room.
    Add(DownloadId, Box<DownloadSpec>),
    /// Stop fetching and keep what came.
    Pause(DownloadId),
    /// Go on with a paused or failed download; start one that waits, whatever the limit.
    Resume(DownloadId),
    /// Start a download that did not end well from its first byte; what came of it is deleted.
    BeginAnew(DownloadId),
    /// Stop fetching and delete what came.
    Cancel(DownloadId),
    /// Forget a download that is not running. Its files stay, and so does what came of an unfinished
    /// one.
    Remove(DownloadId),
    /// Read a finished file again and compare its digest.
    Verify(DownloadId),
    /// Ask for something else under the same number, and start. Ignored while it runs. What came is
    /// deleted when it is to be saved somewhere else; otherwise another link goes on with it.
    Change(DownloadId, Box<DownloadSpec>),
    /// From now on this holds for all downloads together, also for those that run.
    Limit(Limits),
    /// Downloads that start from now on ask HTTP servers through this proxy, unless they name one
    /// themselves.
    Proxy(ProxyChoice),
    /// Ask a server for its catalogue, again if it was asked before.
    Browse(ServerName),
}
