//! Statistics of a running server.

use std::net::SocketAddr;
use std::time::Duration;

/// A snapshot of a running server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// Number of connections being served.
    pub connections: usize,
    /// Maximum number of connections that are served at the same time.
    pub max_connections: usize,
    /// File bytes handed to the sockets since the start, without headers.
    pub sent_bytes: u64,
    /// File bytes handed to all sockets per second, averaged over about 0.5 s.
    pub bytes_per_sec: u64,
    /// Connections accepted since the start, including the present ones.
    pub accepted: u64,
    /// Connections refused since the start because of the connection limit.
    pub refused: u64,
    /// Connections being served, the oldest first.
    pub peers: Vec<Peer>,
    /// Emulated links, one per session.
    pub links: Vec<LinkStats>,
}

/// The emulated link of one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkStats {
    /// Id of the session: chosen by the client of the Lanes protocol; over HTTP the client's address
    /// as IPv6.
    pub session: [u8; 16],
    /// Id of the preset, or the fields of the profile in one line.
    pub profile: String,
    /// Number of connections that share the link.
    pub connections: usize,
    /// The connections that have an open flow.
    pub flows: Vec<FlowStats>,
    /// Bytes queued at the bottleneck.
    pub queue_bytes: u64,
    /// Size of the bottleneck's buffer in bytes; 0 without a bottleneck.
    pub buffer_bytes: u64,
    /// Packets dropped by the full buffer since the session started.
    pub dropped: u64,
    /// Packets of the session's connections lost since it started, at random or by a drop.
    pub lost: u64,
    /// Bytes delivered to all connections per second, packet headers included.
    pub bytes_per_sec: u64,
    /// 99th percentile of the delay between the emulated arrival of bytes and their write.
    pub lateness_p99: Duration,
}

/// One connection on an emulated link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlowStats {
    /// Id of the connection, as in [`Peer::id`].
    pub connection: u64,
    /// Congestion window in segments of 1448 bytes.
    pub cwnd: u32,
    /// Segments in flight, including those queued at the bottleneck.
    pub in_flight: u32,
    /// Segments lost since the start, at random or by a drop.
    pub lost: u64,
    /// Smoothed round-trip time, including the queue.
    pub round_trip: Duration,
}

/// One connection being served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Number of the connection, counted from 1.
    pub id: u64,
    /// Address of the client.
    pub addr: SocketAddr,
    /// Protocol of the client; `None` before its first byte.
    pub protocol: Option<Protocol>,
    /// Name of the open file; empty if there is none.
    pub file: String,
    /// File bytes handed to the socket, without headers.
    pub sent_bytes: u64,
    /// File bytes handed to the socket per second, averaged over about 0.5 s.
    pub bytes_per_sec: u64,
    /// Time since the connection was accepted.
    pub age: Duration,
    /// State of its flow on the emulated link; `None` without one.
    pub flow: Option<FlowStats>,
}

/// The protocol of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// The Lanes protocol.
    Lanes,
    /// HTTP/1.1 or HTTP/1.0.
    Http,
}

impl Protocol {
    /// Returns the display name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lanes => "Lanes",
            Self::Http => "HTTP",
        }
    }
}
