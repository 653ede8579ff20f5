//! Commands to the engine.

use crossbeam_channel::Sender;

use super::http_options::ProxyChoice;
use super::source_url::ServerName;
use super::spec::{DEFAULT_PER_HOST, DownloadSpec};

/// The id of a download, unique while the program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DownloadId(pub u64);

/// Limits that all downloads share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most downloads that run at once, at least 1. Further downloads are queued.
    pub downloads: usize,
    /// Rate limit of all downloads together in bytes per second; `None` for no limit.
    pub bytes_per_sec: Option<u64>,
    /// Most connections to one HTTP server, 1 to [`crate::MAX_CONNECTIONS`].
    pub per_host: u16,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            downloads: 3,
            bytes_per_sec: None,
            per_host: DEFAULT_PER_HOST,
        }
    }
}

/// A command to the engine. Commands for a download that does not exist, or is already in the
/// requested state, are ignored.
#[derive(Debug, Clone)]
pub enum Command {
    /// Adds a download, which starts as soon as [`Limits::downloads`] allows.
    Add(DownloadId, Box<DownloadSpec>),
    /// Adds a download that does not start before it is resumed.
    AddPaused(DownloadId, Box<DownloadSpec>),
    /// Pauses a download and keeps its partial file.
    Pause(DownloadId),
    /// Resumes a paused or failed download, or starts a queued one whatever the limit.
    Resume(DownloadId),
    /// Restarts an unfinished download from its first byte. Its partial file is deleted.
    Restart(DownloadId),
    /// Cancels a download and deletes its partial file.
    Cancel(DownloadId),
    /// Removes a download that does not run from the list. Its files stay, also a partial one.
    Remove(DownloadId),
    /// Reads a finished file again and compares its digest.
    Verify(DownloadId),
    /// Reads the kept recording of a download into its snapshot, if it is not there.
    ReadRecording(DownloadId),
    /// Replaces what a download fetches, and starts it. Ignored while it runs. The partial file is
    /// kept, unless the new destination is another.
    Change(DownloadId, Box<DownloadSpec>),
    /// Sets the limits of all downloads, also of those that run.
    Limit(Limits),
    /// Sets the proxy for HTTP servers of downloads that start from now on and name none themselves.
    Proxy(ProxyChoice),
    /// Forgets how many connections a server accepts: a host, or a host and port. It is not refused any more.
    ForgetHost(String),
    /// Requests the catalogue of a server, again if it is known already.
    Browse(ServerName),
    /// Sends back what a download fetches, once all earlier commands are handled.
    ReadSpec(DownloadId, Sender<Option<Box<DownloadSpec>>>),
}
