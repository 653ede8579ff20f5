//! Actions of the class.

/// An action of the class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClassAction {
    /// Lets students send results to the local server, or no longer.
    Collect(bool),
    /// Removes the result with this number.
    Remove(u64),
    /// Removes all results.
    Clear,
    /// Writes the results as CSV into the download folder.
    Export,
    /// Shows or hides the address in large letters.
    ShowAddress(bool),
    /// Makes the local server listen on all networks of this machine.
    ListenOnNetworks,
    /// Sends the shown experiments to their server.
    Send,
}
