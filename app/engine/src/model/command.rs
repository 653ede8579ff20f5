//! Commands to the engine.

use std::path::PathBuf;

use crossbeam_channel::Sender;

use super::http_options::ProxyChoice;
use super::option_change::OptionChange;
use super::source_url::ServerName;
use super::spec::{DEFAULT_PER_HOST, DownloadSpec};
use super::way::WayName;

/// The id of a download, unique while the program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DownloadId(pub u64);

/// The place to which queued downloads are moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueuePlace {
    /// One place towards the start.
    Up,
    /// One place towards the end.
    Down,
    /// The start of the queue.
    First,
    /// The end of the queue.
    Last,
    /// Before this queued download.
    Before(DownloadId),
}

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
    /// Adds a download like an existing one, under the second id. Ignored if the link of the existing one is
    /// not kept any more.
    AddAgain(DownloadId, DownloadId),
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
    /// Puts a removed download back into the list, as it was. The engine remembers the last ones of this run.
    PutBack(DownloadId),
    /// Changes an option of an unfinished download at once, also while it runs.
    SetOption(DownloadId, OptionChange),
    /// Moves queued downloads to another place in the queue.
    MoveInQueue(Vec<DownloadId>, QueuePlace),
    /// Stops the queue, so that no queued download starts by itself, or starts it again.
    StopQueue(bool),
    /// Moves the file of a finished download to another path, and replaces none there.
    MoveFile(DownloadId, PathBuf),
    /// Reads a finished file again and compares its digest.
    Verify(DownloadId),
    /// Reads the kept recording of a download into its snapshot, if it is not there.
    ReadRecording(DownloadId),
    /// Replaces what a download fetches, and starts it. Ignored while it runs. The partial file is
    /// kept, unless the new destination is another.
    Change(DownloadId, Box<DownloadSpec>),
    /// Replaces what a download fetches like [`Command::Change`], and leaves it paused.
    ChangePaused(DownloadId, Box<DownloadSpec>),
    /// Sets the limits of all downloads, also of those that run.
    Limit(Limits),
    /// Sets the proxy for HTTP servers of downloads that start from now on and name none themselves.
    Proxy(ProxyChoice),
    /// Sets the network interfaces of downloads that start from now on and name none themselves.
    Ways(Vec<WayName>),
    /// Forgets how many connections a server accepts: a host, or a host and port. It is not refused any more.
    ForgetHost(String),
    /// Requests the catalogue of a server, again if it is known already.
    Browse(ServerName),
    /// Sends back what a download fetches, once all earlier commands are handled.
    ReadSpec(DownloadId, Sender<Option<Box<DownloadSpec>>>),
}
