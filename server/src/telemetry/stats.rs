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
    /// File bytes handed to all sockets a second, over about half a second.
    pub bytes_per_sec: u64,
    /// Connections served since the start, the present ones included.
    pub accepted: u64,
    /// Connections turned away since the start because there were too many.
    pub refused: u64,
    /// Who is connected now, the oldest first.
    pub peers: Vec<Peer>,
    /// The links emulated now, one a session.
    pub links: Vec<LinkStats>,
}

/// The emulated link of one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkStats {
    /// The session's id: the client's own over the Lanes protocol, its address (as IPv6) over HTTP.
    pub session: [u8; 16],
    /// The preset's id, or the profile's fields in one line.
    pub profile: String,
    /// Connections that share the link.
    pub connections: usize,
    /// Those of them that are under way.
    pub flows: Vec<FlowStats>,
    /// Bytes that wait before the bottleneck.
    pub queue_bytes: u64,
    /// How many may wait there; 0 where there is no bottleneck.
    pub buffer_bytes: u64,
    /// Packets that found its buffer full since the session began.
    pub dropped: u64,
    /// Packets of the session's connections that were lost since it began, at random or dropped.
    pub lost: u64,
    /// Bytes that all connections bring a second, headers of packets included.
    pub bytes_per_sec: u64,
    /// 99 of 100 times bytes were sent no later than this after the link would have brought them.
    pub lateness_p99: Duration,
}

/// One connection on an emulated link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlowStats {
    /// The connection's number, as in [`Peer::id`].
    pub connection: u64,
    /// Its congestion window in segments of 1448 bytes.
    pub cwnd: u32,
    /// Segments of it under way, those that wait before the bottleneck included.
    pub in_flight: u32,
    /// Segments of it that were lost so far, at random or because the buffer was full.
    pub lost: u64,
    /// The round trip as its sender sees it, the queue included.
    pub round_trip: Duration,
}

/// One connection being served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Counts connections from 1.
    pub id: u64,
    /// The client's address.
    pub addr: SocketAddr,
    /// What it speaks; `None` before it has said anything.
    pub protocol: Option<Protocol>,
    /// The file it has open; empty before it opened one.
    pub file: String,
    /// File bytes handed to its socket, without headers.
    pub sent_bytes: u64,
    /// File bytes handed to its socket a second, over about half a second.
    pub bytes_per_sec: u64,
    /// How long ago it connected.
    pub age: Duration,
    /// How it does on its emulated link; `None` without one.
    pub flow: Option<FlowStats>,
}

/// What a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// The Lanes protocol.
    Lanes,
    /// HTTP/1.1 or HTTP/1.0.
    Http,
}

impl Protocol {
    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lanes => "Lanes",
            Self::Http => "HTTP",
        }
    }
}
