//! Counters of a transfer: atomics that workers update and the coordinator reads.

use std::ops::Index;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lanes_shared::endgame;

use crate::model::bottleneck::PermitLimit;
use crate::model::connection_state::ConnectionState;
use crate::sync::lock;
use crate::telemetry::connection_counters::ConnectionCounters;
use crate::telemetry::download_liveness::DownloadLiveness;

/// The counters of all connections, and of the transfer as a whole. Indexed by connection.
pub(crate) struct Counters {
    connections: Vec<ConnectionCounters>,
    /// Number of connections that the user and the servers allow.
    allowed: AtomicUsize,
    /// Current goodput of all connections in bytes a second, as the bits of an `f64`.
    rate: AtomicU64,
    /// Highest goodput so far, likewise.
    peak_rate: AtomicU64,
    /// The flow, as the connections know it.
    pub flow: Arc<DownloadLiveness>,
    /// The limit that connections waited for last.
    permit_limit: Mutex<Option<PermitLimit>>,
    /// Failed connections before the length was known.
    early_failures: AtomicUsize,
    /// Bytes received of a file of unknown length.
    pub unsized_bytes: AtomicU64,
}

impl Counters {
    /// Creates the counters of at most `connections` connections, of which `allowed` are allowed now.
    pub fn new(connections: usize, allowed: usize) -> Self {
        let counters = |_| ConnectionCounters::default();
        Self {
            connections: (0..connections).map(counters).collect(),
            allowed: AtomicUsize::new(allowed),
            rate: AtomicU64::new(0),
            peak_rate: AtomicU64::new(0),
            flow: Arc::default(),
            permit_limit: Mutex::default(),
            early_failures: AtomicUsize::new(0),
            unsized_bytes: AtomicU64::new(0),
        }
    }

    /// Returns the counters of each connection that there may be.
    pub fn connections(&self) -> &[ConnectionCounters] {
        &self.connections
    }

    /// Returns the number of connections that the user and the servers allow.
    pub fn allowed(&self) -> usize {
        self.allowed.load(Ordering::Relaxed)
    }

    /// Allows another number of connections.
    pub fn set_allowed(&self, connections: usize) {
        let most = self.connections.len();
        self.allowed.store(connections.min(most), Ordering::Relaxed);
    }

    /// Returns the measured rate of connection `index` in bytes a second.
    pub(super) fn rate_of(&self, index: usize) -> f64 {
        let counters = self.connections.get(index);
        counters.map_or(0.0, ConnectionCounters::rate)
    }

    /// Returns the shortest time from a request to its first byte, over all connections; zero
    /// before any. It is one round trip if that connection was open, else two.
    pub fn latency(&self) -> Duration {
        let latencies = self.connections.iter().map(ConnectionCounters::latency);
        latencies
            .filter(|latency| !latency.is_zero())
            .min()
            .unwrap_or_default()
    }

    /// Records the mean goodput of all connections together, and the one since the last call.
    pub fn record_rate(&self, bytes_per_sec: f64, latest: f64) {
        self.flow.record_rate(latest);
        let bits = bytes_per_sec.to_bits();
        self.rate.store(bits, Ordering::Relaxed);
        // The bits of non-negative floats are ordered as their values.
        self.peak_rate.fetch_max(bits, Ordering::Relaxed);
    }

    /// Returns whether the link has room for duplicate fetches, see
    /// [`endgame::has_spare_capacity`].
    pub(super) fn has_spare_capacity(&self) -> bool {
        let value = |bits: &AtomicU64| f64::from_bits(bits.load(Ordering::Relaxed));
        endgame::has_spare_capacity(value(&self.rate), value(&self.peak_rate))
    }

    /// Returns whether any connection received bytes.
    pub(super) fn has_received(&self) -> bool {
        self.connections.iter().any(|counters| counters.bytes() > 0)
    }

    /// Returns whether another connection than `index` receives bytes.
    pub fn others_receive(&self, index: usize) -> bool {
        let receives = |(other, counters): (usize, &ConnectionCounters)| {
            other != index && counters.state() == ConnectionState::Receiving
        };
        self.connections.iter().enumerate().any(receives)
    }

    /// Returns whether another connection than `index` is established, and may bring the file.
    pub fn others_are_up(&self, index: usize) -> bool {
        let mut connections = self.connections.iter().enumerate();
        connections.any(|(other, counters)| other != index && counters.state().is_up())
    }

    /// Records the limit that a connection waits for.
    pub fn set_permit_limit(&self, limit: Option<PermitLimit>) {
        *lock(&self.permit_limit) = limit;
    }

    /// Returns the limit that a connection waited for last.
    pub fn permit_limit(&self) -> Option<PermitLimit> {
        lock(&self.permit_limit).clone()
    }

    /// Returns the number of connections that have received any byte.
    pub fn used_connections(&self) -> usize {
        let used = |counters: &&ConnectionCounters| counters.bytes() > 0;
        self.connections.iter().filter(used).count()
    }

    /// Returns how often connection `index` has failed in a row, or all of them before the length was known,
    /// whichever is more.
    pub fn failure_count(&self, index: usize) -> usize {
        let counters = self.connections.get(index);
        let own = counters.map_or(0, ConnectionCounters::failures) as usize;
        own.max(self.early_failures.load(Ordering::Acquire))
    }

    /// Counts a failure before the length was known; returns how many there were.
    pub(super) fn add_early_failure(&self) -> usize {
        self.early_failures.fetch_add(1, Ordering::AcqRel) + 1
    }
}

impl Index<usize> for Counters {
    type Output = ConnectionCounters;

    fn index(&self, index: usize) -> &ConnectionCounters {
        &self.connections[index]
    }
}
