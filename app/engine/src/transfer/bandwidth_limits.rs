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
        record_wait(connection, 0, |on_wait| {
            self.own.consume(bytes, 0, &self.cancel, on_wait);
        });
        if let Some(shared) = &self.shared {
            record_wait(connection, 1, |on_wait| {
                shared.consume(bytes, &self.cancel, on_wait);
            });
        }
        connection.set_held(false);
    }

    /// Returns the limit of this download and that of all downloads together, in bytes per second.
    pub fn limits(&self) -> [Option<u64>; 2] {
        let shared = self.shared.as_deref().and_then(RateShare::limit);
        [self.own.limit(), shared]
    }
}

/// Runs `consume` and records how long `connection` waits for this limit, from the moment when it calls its
/// argument.
fn record_wait(connection: &ConnectionCounters, limit: usize, consume: impl FnOnce(&dyn Fn())) {
    let since = Cell::new(None);
    consume(&|| {
        connection.set_held(true);
        since.set(Some(Instant::now()));
    });
    if let Some(since) = since.get() {
        connection.add_held(limit, since.elapsed());
    }
}
