//! Measured facts of a running download over the last seconds.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::bottleneck::PermitLimit;

/// Length of a bin.
pub(crate) const BIN: Duration = Duration::from_millis(250);

/// Facts of a running download over [`Facts::secs`]. Rates are in bytes per second.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Facts {
    /// Length of the measurement in seconds; 0 before the first bytes.
    pub secs: f64,
    /// Rate of all connections.
    pub rate: f64,
    /// Time since the last byte, in seconds.
    pub silent_secs: f64,
    /// Connections that receive.
    pub receiving: usize,
    /// Connections that wait for a permit.
    pub waiting: usize,
    /// The limit that they wait for.
    pub permit_limit: Option<PermitLimit>,
    /// Most connections that are allowed.
    pub most: usize,
    /// The server gives the file over one connection only.
    pub is_sole: bool,
    /// Limit of this download, and that of all downloads.
    pub limits: [Option<u64>; 2],
    /// Mean share of the time in which a receiving connection waited for each of these limits.
    pub held: [f64; 2],
    /// Share of the time in which a write was in progress.
    pub writing: f64,
    /// Processors that this program used.
    pub own_processors: Option<f64>,
    /// Share of all processors that were in use, 0 to 1.
    pub processors_busy: Option<f64>,
    /// Round trip of the path without a queue, in seconds; 0 if it is not known.
    pub round_trip_secs: f64,
    /// Another number of connections that was as fast as the present one.
    pub as_fast_as: Option<usize>,
    /// The connections that received during the whole measurement.
    pub connections: Vec<ConnectionFacts>,
}

/// Facts of one connection.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ConnectionFacts {
    /// Bytes of each bin.
    pub bins: Vec<u64>,
    /// Bursts, in order of time: runs of reads without a pause.
    pub bursts: Vec<Burst>,
}

/// Bytes that arrived without a pause. Times in seconds since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Burst(
    /// First arrival.
    pub f64,
    /// Last arrival.
    pub f64,
    /// Bytes.
    pub u64,
);
