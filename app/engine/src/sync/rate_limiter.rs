//! A speed limit, as a bucket that fills at the allowed rate (RFC 2697 calls it a token bucket).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::cancel::CancelToken;

/// What may come at once after a pause: as much as the limit allows in this time.
const BURST: Duration = Duration::from_millis(100);
/// How soon who waits sees that the limit is another.
const LOOK: Duration = Duration::from_millis(100);

/// A speed limit that any number of connections share. It can be changed while they run.
#[derive(Debug)]
pub struct RateLimiter {
    /// Bytes a second; 0 for no limit.
    limit: AtomicU64,
    /// Up to when the bytes so far are paid for.
    paid_until: Mutex<Instant>,
}

impl RateLimiter {
    /// At most `limit` bytes a second; `None` for no limit.
    pub fn new(limit: Option<u64>) -> Self {
        Self {
            limit: AtomicU64::new(limit.unwrap_or(0)),
            paid_until: Mutex::new(Instant::now()),
        }
    }

    /// From now on at most `limit` bytes a second; `None` for no limit. Who waits for an earlier limit
    /// goes on.
    pub fn set(&self, limit: Option<u64>) {
        let limit = limit.unwrap_or(0);
        if self.limit.swap(limit, Ordering::Relaxed) != limit {
            // What was to be paid at the old rate is forgiven.
            *self.paid_until() = Instant::now();
        }
    }

    /// These bytes came: sleeps until the limit allows more, less when `stop` is thrown.
    pub(crate) fn consume(&self, bytes: u64, cancel: &CancelToken) {
        let limit = self.limit.load(Ordering::Relaxed);
        if limit == 0 {
            return;
        }
        let cost = Duration::from_secs_f64((bytes as f64 / limit as f64).min(3600.0));
        let until = {
            let now = Instant::now();
            let mut paid_until = self.paid_until();
            // Time that nobody used is lost but for a short burst.
            let earliest = now.checked_sub(BURST).unwrap_or(now);
            *paid_until = (*paid_until).max(earliest) + cost;
            *paid_until
        };
        while self.limit.load(Ordering::Relaxed) == limit {
            let wait = until.saturating_duration_since(Instant::now());
            if wait.is_zero() || cancel.sleep(wait.min(LOOK)) {
                return;
            }
        }
    }

    fn paid_until(&self) -> MutexGuard<'_, Instant> {
        // A plain value, whole at every moment.
        self.paid_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_holds_for_all_that_share_it() {
        let throttle = RateLimiter::new(Some(1_000_000));
        let started = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..5 {
                        throttle.consume(20_000, &CancelToken::default());
                    }
                });
            }
        });
        // 400 kB at 1 MB/s, less the burst of 100 ms.
        assert!(started.elapsed() >= Duration::from_millis(290));
    }

    #[test]
    fn no_limit_costs_nothing_and_a_stop_ends_the_wait() {
        let throttle = RateLimiter::new(None);
        throttle.consume(u64::MAX, &CancelToken::default());
        throttle.set(Some(1));
        let cancel = CancelToken::default();
        cancel.cancel();
        throttle.consume(1_000_000, &cancel);
    }

    #[test]
    fn who_waits_goes_on_when_the_limit_is_lifted() {
        let throttle = RateLimiter::new(Some(1));
        let started = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(|| throttle.consume(3000, &CancelToken::default()));
            throttle.set(None);
        });
        assert!(started.elapsed() < Duration::from_secs(60));
    }
}
