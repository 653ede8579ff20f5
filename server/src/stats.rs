//! Numbers about a running server, for whoever watches it.

use std::net::SocketAddr;
use std::time::Duration;

/// A snapshot of a running server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// Connections being served now.
    pub connections: usize,
    /// How many are served at most.
    pub max_connections: usize,
    /// File bytes handed to the sockets since the start, without headers.
    pub sent_bytes: u64,
    /// Connections served since the start, the present ones included.
    pub accepted: u64,
    /// Connections turned away since the start because there were too many.
    pub refused: u64,
    /// Who is connected now, the oldest first.
    pub peers: Vec<Peer>,
}

/// One connection being served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Counts connections from 1.
    pub id: u64,
    /// The client's address.
    pub addr: SocketAddr,
    /// The file it has open; empty before it opened one.
    pub file: String,
    /// File bytes handed to its socket, without headers.
    pub sent_bytes: u64,
    /// How long ago it connected.
    pub age: Duration,
}
