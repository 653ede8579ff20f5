//! Timeouts of a server.

use std::time::Duration;

/// Timeouts of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Maximum time to the first message of a Lanes client, and from the first byte of an HTTP
    /// request to the end of its head. Default: 10 s.
    pub request: Duration,
    /// Maximum time between two requests. Default: 60 s.
    pub idle: Duration,
    /// Maximum time in which a client accepts no byte. The system does not report when a client
    /// accepted the last one, so up to three times as long may pass. Default: 30 s.
    pub write: Duration,
    /// Maximum time in which an emulated link delivers nothing to a session whose clients wait for
    /// bytes. Default: 60 s.
    pub link: Duration,
    /// Time that running transfers have to complete when the server stops. Default: 4 s.
    pub shutdown: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(10),
            idle: Duration::from_secs(60),
            write: Duration::from_secs(30),
            link: Duration::from_secs(60),
            shutdown: Duration::from_secs(4),
        }
    }
}
