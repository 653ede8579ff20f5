//! Parameters and result of a simulated download.

use super::super::{Link, Ns};

/// Policy for splitting the file over the connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Plan {
    /// Equal segments; an idle connection steals half of the slowest one's remainder, as the engine
    /// does.
    #[default]
    Stealing,
    /// Equal segments without stealing, each requested at once, as simpler programs do.
    Static,
}

/// Parameters of one simulated download.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Path.
    pub link: Link,
    /// Length of the file, in bytes.
    pub len: u64,
    /// Number of connections to open; the server may refuse some of them.
    pub connections: usize,
    /// Splitting policy.
    pub plan: Plan,
    /// Segment boundaries are multiples of this, in bytes: the packet length.
    pub granule: u64,
    /// Selects the start times, which lie within milliseconds of each other. Real starts vary too,
    /// and a drop-tail queue can favour one phase.
    pub phase: u64,
}

/// Result of a simulated download. Times count from the first connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Time of the last byte; an estimate when the simulation [gave up](Self::gave_up).
    pub done: Ns,
    /// The simulation was aborted because the link had transmitted more than a hundred times the
    /// file: background flows starve the connections, and `done` extrapolates the progress so far.
    pub gave_up: bool,
    /// Time of the last byte of each connection; zero for one without data.
    pub finished: Vec<Ns>,
    /// Bytes delivered by each connection.
    pub bytes: Vec<u64>,
    /// Number of stolen segments.
    pub steals: u32,
    /// Number of duplicate fetches in the endgame.
    pub duplicate_fetches: u32,
    /// Number of connections that were reset, or replaced after a stall.
    pub resets: u32,
    /// Number of packets dropped because the buffer was full.
    pub dropped: u64,
    /// Hash of all events that the client observed, in order: time, connection, bytes.
    pub event_hash: u64,
}
