//! Settings of the window that clients read and change.

use std::sync::PoisonError;

use lanes_engine::Limits;

use super::WindowDownloads;
use crate::rpc::options::Options;

/// Settings that the window and its interface share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WindowSettings {
    /// Limits of all downloads.
    pub limits: Limits,
    /// Connections of a download whose client names no number.
    pub connections: u16,
    /// Set to tune the number of connections while a download runs.
    pub auto: bool,
    /// Set to look for checksums beside the source.
    pub finds_checksums: bool,
}

/// The settings, and what clients have changed.
pub(super) struct Shared {
    pub now: WindowSettings,
    /// Limits that a client has set and the window has not taken over.
    pub changed: Option<Limits>,
}

impl WindowDownloads {
    /// Calls `read` with the settings, locked.
    pub(super) fn read_settings<T>(&self, read: impl FnOnce(&mut Shared) -> T) -> T {
        let settings = self.settings.lock();
        read(&mut settings.unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the limits of the window as options.
    pub(super) fn limit_options(&self) -> Options {
        let limits = self.read_settings(|settings| settings.now.limits);
        let rate = limits.bytes_per_sec.unwrap_or(0);
        let mut options = Options::default();
        options.set("max-concurrent-downloads", limits.downloads.to_string());
        options.set("max-overall-download-limit", rate.to_string());
        options.set("max-connection-per-server", limits.per_host.to_string());
        options
    }
}
