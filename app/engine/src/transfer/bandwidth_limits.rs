//! Applies the bandwidth limit of one download and the limit that all downloads share.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Instant;

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
        let limiters = [Some(&self.own), self.shared.as_deref()];
        for (index, limiter) in limiters.into_iter().enumerate() {
            let since = Cell::new(None);
            let on_wait = || {
                connection.set_held(true);
                since.set(Some(Instant::now()));
            };
            if let Some(limiter) = limiter {
                limiter.consume(bytes, &self.cancel, on_wait);
            }
            if let Some(since) = since.get() {
                connection.add_held(index, since.elapsed());
            }
        }
        connection.set_held(false);
    }

    /// Returns the limit of this download and that of all downloads together, in bytes per second.
    pub fn limits(&self) -> [Option<u64>; 2] {
        let shared = self.shared.as_deref().and_then(RateLimiter::limit);
        [self.own.limit(), shared]
    }
}
