//! The cause that limits the rate of a download, with the figures that show it.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::display_text::connections;

/// The cause that limits the rate of a download, with its evidence. Rates are in bytes per second.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "cause")]
pub enum Bottleneck {
    /// Other downloads run, as many as are allowed.
    DownloadSlot,
    /// Connections wait for a permit.
    FewConnections {
        /// Connections that receive.
        open: usize,
        /// Connections that wait.
        waiting: usize,
        /// Rate of all connections.
        rate: f64,
        /// The limit that they wait for.
        limit: PermitLimit,
    },
    /// A rate limit of the user.
    OwnLimit {
        /// The limit.
        limit: u64,
        /// The limit is that of all downloads together.
        is_shared: bool,
        /// Measured rate.
        rate: f64,
        /// Share of the time in which the connections waited for the limit, 0 to 1.
        held: f64,
    },
    /// The disk, or the pipe that is written to.
    Disk {
        /// Measured rate.
        rate: f64,
        /// Share of the time in which a write was in progress, 0 to 1.
        writing: f64,
    },
    /// The processors of this computer.
    Processor {
        /// Share of all processors that is in use, 0 to 1.
        busy: f64,
        /// Processors that this program uses.
        own: f64,
        /// Measured rate.
        rate: f64,
    },
    /// The server gives the file over one connection only.
    OneConnectionServer {
        /// Rate of the connection.
        rate: f64,
    },
    /// One connection is allowed, and more are not.
    OneConnection {
        /// Rate of the connection.
        rate: f64,
    },
    /// The server limits each connection.
    ServerLimit {
        /// Rate of one connection.
        each: f64,
        /// Difference between the slowest and the fastest connection, as a share of `each`.
        spread: f64,
        /// Number of connections.
        connections: usize,
        /// The connections may be increased to this number.
        most: usize,
    },
    /// Each connection waits for acknowledgements: its window is full.
    Window {
        /// Bytes per round trip.
        window: f64,
        /// The round trip.
        round_trip: Duration,
        /// Rate of one connection.
        each: f64,
        /// Number of connections.
        connections: usize,
        /// The connections may be increased to this number.
        most: usize,
    },
    /// Losses slow each connection.
    Loss {
        /// Mean rate of one connection.
        each: f64,
        /// Pauses of more than a round trip, per second and connection.
        gaps: f64,
        /// Relative standard deviation of the rate of one connection, in the median.
        variation: f64,
        /// Number of connections.
        connections: usize,
        /// The connections may be increased to this number.
        most: usize,
    },
    /// The link is full.
    Link {
        /// Measured rate.
        rate: f64,
        /// Number of connections.
        connections: usize,
        /// The observation that shows it.
        evidence: LinkEvidence,
    },
    /// Nothing arrives.
    Silent {
        /// Time since the last byte.
        since: Duration,
    },
    /// The measurements show no cause.
    Unclear {
        /// Measured rate.
        rate: f64,
        /// Number of connections that receive.
        connections: usize,
    },
}

/// The observation that shows a full link.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkEvidence {
    /// Another number of connections was as fast.
    SameRateWith(usize),
    /// The bytes take longer than the empty path: they wait in a queue before the link.
    Queue {
        /// Time between the bursts of a connection.
        round_trip: Duration,
        /// Round trip of the empty path.
        empty: Duration,
    },
    /// The sum of all rates is steady, while the rates of single connections vary: relative standard
    /// deviations.
    SteadySum {
        /// Deviation of the sum.
        sum: f64,
        /// Median deviation of a connection.
        each: f64,
    },
}

/// A limit of the number of connections to a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PermitLimit {
    /// The server refused more than this many connections.
    Server(usize),
    /// Limit of connections to one server; other downloads use the rest of it.
    PerHost(usize),
}

impl Bottleneck {
    /// Returns the name of the cause, for programs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::DownloadSlot => "download-slot",
            Self::FewConnections { .. } => "few-connections",
            Self::OwnLimit { .. } => "own-limit",
            Self::Disk { .. } => "disk",
            Self::Processor { .. } => "processor",
            Self::OneConnectionServer { .. } => "one-connection-server",
            Self::OneConnection { .. } => "one-connection",
            Self::ServerLimit { .. } => "server-limit",
            Self::Window { .. } => "window",
            Self::Loss { .. } => "loss",
            Self::Link { .. } => "link",
            Self::Silent { .. } => "silent",
            Self::Unclear { .. } => "unclear",
        }
    }
}

impl fmt::Display for PermitLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(count) => write!(f, "the server accepts {}", connections(*count)),
            Self::PerHost(limit) => {
                write!(f, "other downloads share the limit of {limit} per server")
            }
        }
    }
}
