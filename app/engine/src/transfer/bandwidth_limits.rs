//! Applies the bandwidth limit of one download and the limit that all downloads share.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Instant;

use crate::sync::cancel::CancelToken;
use crate::sync::rate_limiter::RateLimiter;
use crate::sync::rate_share::RateShare;
use crate::telemetry::connection_counters::ConnectionCounters;

/// The rate limit of one download, and the limit that it shares with others.
pub(crate) struct BandwidthLimits {
    own: Arc<RateLimiter>,
    shared: Option<Arc<RateShare>>,
    cancel: CancelToken,
}

impl BandwidthLimits {
    /// Creates a throttle that stops waiting when `cancel` is cancelled.
    pub fn new(own: Arc<RateLimiter>, shared: Option<Arc<RateShare>>, cancel: CancelToken) -> Self {
        Self {
            own,
            shared,
            cancel,
        }
    }

    /// Accounts for received bytes and waits until the limits allow the next. `connection` records that
    /// it waits: its silence is not the server's.
    pub fn consume(&self, bytes: u64, connection: &ConnectionCounters) {
        for index in 0..2 {
            let since = Cell::new(None);
            let on_wait = || {
                connection.set_held(true);
                since.set(Some(Instant::now()));
            };
            match (index, &self.shared) {
                (0, _) => self.own.consume(bytes, 0, &self.cancel, on_wait),
                (_, Some(shared)) => shared.consume(bytes, &self.cancel, on_wait),
                (_, None) => {}
            }
            if let Some(since) = since.get() {
                connection.add_held(index, since.elapsed());
            }
        }
        connection.set_held(false);
    }

    /// Returns the limit of this download and that of all downloads together, in bytes per second.
    pub fn limits(&self) -> [Option<u64>; 2] {
        let shared = self.shared.as_deref().and_then(RateShare::limit);
        [self.own.limit(), shared]
    }
}
