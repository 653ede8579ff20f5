//! How long the server waits for whom.

use std::time::Duration;

/// How long the server waits for whom. What is not waited for any longer is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For the first message of a Lanes client, and for the rest of a request over HTTP once its
    /// first byte is here.
    pub request: Duration,
    /// For a client that is silent between two requests.
    pub idle: Duration,
    /// For a client that takes not one byte of what it is sent. The system does not say when it
    /// took the last, so it may be waited for up to three times as long.
    pub write: Duration,
    /// For transfers that run while the server is being stopped.
    pub shutdown: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(10),
            idle: Duration::from_secs(60),
            write: Duration::from_secs(30),
            shutdown: Duration::from_secs(5),
        }
    }
}
