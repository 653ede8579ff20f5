//! Applies the bandwidth limit of one download and the limit that all downloads share.

use std::sync::Arc;

use crate::sync::cancel::CancelToken;
use crate::sync::rate_limiter::RateLimiter;
use crate::telemetry::connection_counters::ConnectionCounters;

/// The rate limit of one download, and the limit that it shares with others.
pub(crate) struct BandwidthLimits {
    own: RateLimiter,
    shared: Option<Arc<RateLimiter>>,
    cancel: CancelToken,
}

impl BandwidthLimits {
    /// Creates a throttle of `bytes_per_sec` that stops waiting when `cancel` is cancelled.
    pub fn new(
        bytes_per_sec: Option<u64>,
        shared: Option<Arc<RateLimiter>>,
        cancel: CancelToken,
    ) -> Self {
        Self {
            own: RateLimiter::new(bytes_per_sec),
            shared,
            cancel,
        }
    }

    /// Accounts for received bytes and waits until the limits allow the next. `connection` records that
    /// it waits: its silence is not the server's.
    pub fn consume(&self, bytes: u64, connection: &ConnectionCounters) {
        let on_wait = || connection.set_held(true);
        self.own.consume(bytes, &self.cancel, on_wait);
        if let Some(shared) = &self.shared {
            shared.consume(bytes, &self.cancel, on_wait);
        }
        connection.set_held(false);
    }
}
