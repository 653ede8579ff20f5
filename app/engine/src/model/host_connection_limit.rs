//! The number of simultaneous connections that a server accepts, learned when it refused more.

use serde::{Deserialize, Serialize};

/// A server that refused further connections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostConnectionLimit {
    /// Host and port.
    pub server: String,
    /// Number of connections that it accepts.
    pub connections: u16,
    /// Time at which that was learned, in seconds since 1970.
    pub learned: u64,
}

impl HostConnectionLimit {
    /// Returns whether `server`, a host or a host and port, names this server.
    pub(crate) fn is_named(&self, server: &str) -> bool {
        is_named(&self.server, server)
    }
}

/// Returns whether `name`, a host or a host and port, names the server at the host and port `known`.
pub(crate) fn is_named(known: &str, name: &str) -> bool {
    let host = known.rsplit_once(':').map_or("", |(host, _)| host);
    known == name || host == name
}
