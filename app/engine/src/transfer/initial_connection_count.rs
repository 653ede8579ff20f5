//! Chooses the initial number of connections from the bottleneck rate that the packet train of the first
//! response shows.

use super::shared::Transfer;
use crate::scheduling::packet_train::PacketTrain;

/// Files shorter than this, in bytes, are not delayed by observing the packet train.
const MIN_LEN: u64 = 1 << 20;

impl Transfer {
    /// Sets the target number of connections unless the first response has given a better estimate.
    pub fn set_provisional_connections(&self, connections: usize) {
        let ranges = self.scheduler.lock();
        if self.context.capacity_estimate().is_none() {
            self.scheduler.store_target(connections);
        }
        drop(ranges);
        self.scheduler.notify_all();
    }

    /// Returns whether the packet train of a response with `len` bytes should be observed.
    pub fn wants_capacity_estimate(&self, len: u64) -> bool {
        let spec = &self.context.spec;
        let has_choice = spec.auto && self.counters.allowed() > 1 && !spec.open_all_connections;
        // Each mirror and each way has a path of its own.
        let is_one_path = spec.mirrors.is_empty() && !self.ways.has_choice();
        has_choice && is_one_path && len >= MIN_LEN && self.context.active().is_none()
    }

    /// Sets the target number of connections from the packet train of a response with `len` bytes.
    pub fn record_packet_train(&self, train: &PacketTrain, len: u64) {
        let max = self.counters.allowed();
        // Under the lock, so that a provisional target does not replace this one.
        let ranges = self.scheduler.lock();
        let default = self.scheduler.target_connections();
        let Some(mut estimate) = train.estimate(len, default, max) else {
            return;
        };
        let limit = self.context.spec.rate_limit;
        let limit = limit.map_or(f64::MAX, |rate| rate as f64);
        estimate.rate = estimate.rate.map(|rate| rate.min(limit));
        if self.context.capacity.set(estimate).is_ok() {
            self.scheduler.store_target(estimate.count);
        }
        drop(ranges);
    }
}
