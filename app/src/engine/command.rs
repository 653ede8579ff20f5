//! What a screen or a headless command may ask the engine to do.

use super::request::Request;
use super::source::ServerName;

/// The number of a download, never used twice while the program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DownloadId(pub u64);

/// An order to the engine. Orders about a download that is gone or already in the wished state
/// are ignored.
#[derive(Debug, Clone)]
pub enum Command {
    /// Start a download.
    Add(DownloadId, Box<Request>),
    /// Stop fetching and keep what came.
    Pause(DownloadId),
    /// Go on with a paused or failed download.
    Resume(DownloadId),
    /// Stop fetching and delete what came.
    Cancel(DownloadId),
    /// Forget a download that is not running. Its files stay.
    Remove(DownloadId),
    /// Ask a server for its catalogue, again if it was asked before.
    Browse(ServerName),
}
