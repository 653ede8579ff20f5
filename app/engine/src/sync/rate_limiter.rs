//! A token bucket (RFC 2697) that limits the transfer rate.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::cancel::CancelToken;
use super::lock;

/// Burst allowed after a pause: the bytes that the limit grants in this time.
const BURST: Duration = Duration::from_millis(100);
/// Longest time until a sleeping thread notices a new limit.
const POLL: Duration = Duration::from_millis(100);

/// A rate limit shared by any number of connections. It can be changed while they run.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    /// Bytes per second; 0 for no limit.
    limit: AtomicU64,
    /// Time at which the bytes consumed so far are paid off at the limit.
    paid_until: Mutex<Instant>,
}

impl RateLimiter {
    /// Creates a limiter of `limit` bytes per second; `None` for no limit.
    pub fn new(limit: Option<u64>) -> Self {
        Self {
            limit: AtomicU64::new(limit.unwrap_or(0)),
            paid_until: Mutex::new(Instant::now()),
        }
    }

    /// Sets the limit to `limit` bytes per second; `None` for no limit. Threads that wait for an
    /// earlier limit continue.
    pub fn set_limit(&self, limit: Option<u64>) {
        let limit = limit.unwrap_or(0);
        if self.limit.swap(limit, Ordering::Relaxed) != limit {
            // The debt at the old rate does not carry over.
            *lock(&self.paid_until) = Instant::now();
        }
    }

    /// Returns the limit in bytes per second, if there is one.
    pub fn limit(&self) -> Option<u64> {
        Some(self.limit.load(Ordering::Relaxed)).filter(|limit| *limit > 0)
    }

    /// Consumes `bytes` that were received: sleeps until the limit allows more, or `cancel` is
    /// cancelled. Calls `on_wait` before it sleeps.
    pub(crate) fn consume(&self, bytes: u64, cancel: &CancelToken, on_wait: impl Fn()) {
        let limit = self.limit.load(Ordering::Relaxed);
        if limit == 0 {
            return;
        }
        let cost = Duration::from_secs_f64((bytes as f64 / limit as f64).min(3600.0));
        let until = {
            let now = Instant::now();
            let mut paid_until = lock(&self.paid_until);
            // Unused time is lost, except for a short burst.
            let earliest = now.checked_sub(BURST).unwrap_or(now);
            *paid_until = (*paid_until).max(earliest) + cost;
            *paid_until
        };
        if until > Instant::now() {
            on_wait();
        }
        while self.limit.load(Ordering::Relaxed) == limit {
            let wait = until.saturating_duration_since(Instant::now());
            if wait.is_zero() || cancel.sleep(wait.min(POLL)) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_applies_to_all_threads_together() {
        let limiter = RateLimiter::new(Some(1_000_000));
        let started = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..5 {
                        limiter.consume(20_000, &CancelToken::default(), || ());
                    }
                });
            }
        });
        // 400 kB at 1 MB/s, less the burst of 100 ms.
        assert!(started.elapsed() >= Duration::from_millis(290));
    }

    #[test]
    fn no_limit_never_waits_and_cancelling_ends_the_wait() {
        let limiter = RateLimiter::new(None);
        let never = || unreachable!("no limit waits");
        limiter.consume(u64::MAX, &CancelToken::default(), never);
        limiter.set_limit(Some(1));
        let cancel = CancelToken::default();
        cancel.cancel();
        let waits = std::cell::Cell::new(false);
        limiter.consume(1_000_000, &cancel, || waits.set(true));
        assert!(waits.get());
    }

    #[test]
    fn lifting_the_limit_ends_the_wait() {
        let limiter = RateLimiter::new(Some(1));
        let started = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(|| limiter.consume(3000, &CancelToken::default(), || ()));
            limiter.set_limit(None);
        });
        assert!(started.elapsed() < Duration::from_secs(60));
    }
}
