//! The downloads behind the interface: those of the daemon, or those of the window.

use std::ops::Deref;
use std::sync::Arc;

use serde_json::Value;

use super::gid::Gid;
use super::notify::Notifier;
use super::options::Options;
use super::queue::{Anchor, Queue};
use super::rpc_error::RpcError;
use super::stop_signal::StopSignal;

/// The change of a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PauseKind {
    Pause,
    Unpause,
}

/// Links to the same file, and the options of the download.
pub(crate) struct NewDownload {
    pub uris: Vec<String>,
    pub options: Options,
}

/// Downloads that calls read and change. All methods may be called from any thread; none waits for a network.
pub(crate) trait Backend: Send + Sync {
    /// Returns the signal that ends the connections of clients.
    fn signal(&self) -> &Arc<StopSignal>;

    /// Returns the sender of notifications.
    fn notifier(&self) -> &Notifier;

    /// Returns the id of this run of the program.
    fn session_id(&self) -> &str;

    /// Returns the queue, up to date and locked.
    fn queue(&self) -> Box<dyn Deref<Target = Queue> + '_>;

    /// Adds downloads, each at `position` among those that wait or behind them. Returns their ids.
    ///
    /// # Errors
    /// A link or an option cannot be used, the queue is full, or it cannot be saved.
    fn add(
        &self,
        downloads: Vec<NewDownload>,
        position: Option<usize>,
    ) -> Result<Vec<Gid>, RpcError>;

    /// Pauses a download that runs or waits, or lets a paused one wait again. Returns its id.
    ///
    /// # Errors
    /// There is no such download, or it is not in a fitting state.
    fn pause(&self, gid: &str, kind: PauseKind) -> Result<Gid, RpcError>;

    /// Pauses or resumes all downloads that have not ended.
    fn pause_all(&self, kind: PauseKind);

    /// Ends a download that has not ended; its part file is kept, so that adding it again resumes it. Returns its
    /// id.
    ///
    /// # Errors
    /// There is no such download, or it has ended.
    fn remove(&self, gid: &str) -> Result<Gid, RpcError>;

    /// Forgets a download that has ended. Its files stay.
    ///
    /// # Errors
    /// There is no such download, or it has not ended.
    fn remove_result(&self, gid: &str) -> Result<(), RpcError>;

    /// Forgets all downloads that have ended. Their files stay.
    fn purge_results(&self);

    /// Moves a download among those that wait. Returns its new position.
    ///
    /// # Errors
    /// There is no such download, or it does not wait.
    fn reposition(&self, gid: &str, offset: i64, anchor: Anchor) -> Result<usize, RpcError>;

    /// Returns the options of a download, with those of all downloads and the defaults.
    ///
    /// # Errors
    /// There is no such download.
    fn options(&self, gid: &str) -> Result<Value, RpcError>;

    /// Changes the options of a download that has not ended. One that runs starts again with them, and resumes.
    ///
    /// # Errors
    /// There is no such download, it has ended, or a value is invalid.
    fn change_options(&self, gid: &str, changes: Options) -> Result<(), RpcError>;

    /// Removes and adds links of a download that has not ended. Returns the numbers of removed and added ones.
    ///
    /// # Errors
    /// There is no such download, it has ended, no link is left, or a link is invalid.
    fn change_uris(&self, gid: &str, change: UriChange) -> Result<(usize, usize), RpcError>;

    /// Returns the options of all downloads.
    fn global_options(&self) -> Value;

    /// Changes the options of all downloads, for limits at once and for downloads that start from now on.
    ///
    /// # Errors
    /// A value is invalid; then nothing is changed.
    fn change_global_options(&self, changes: &Options) -> Result<(), RpcError>;

    /// Flushes the state to the disk.
    ///
    /// # Errors
    /// It cannot be written.
    fn save_all(&self) -> Result<(), RpcError>;
}

/// A change of the links of a download.
pub(crate) struct UriChange {
    pub removed: Vec<String>,
    pub added: Vec<String>,
    /// Place of the added links; `None` for the end.
    pub position: Option<usize>,
}

impl UriChange {
    /// Changes `uris`. Returns the numbers of removed and added links.
    pub(crate) fn apply(self, uris: &mut Vec<String>) -> (usize, usize) {
        let before = uris.len();
        // Each one takes away one of several that are the same, as in aria2.
        for gone in &self.removed {
            if let Some(at) = uris.iter().position(|uri| uri == gone) {
                uris.remove(at);
            }
        }
        let counts = (before - uris.len(), self.added.len());
        let at = self.position.unwrap_or(uris.len()).min(uris.len());
        uris.splice(at..at, self.added);
        counts
    }
}
