//! A token bucket (RFC 2697) that limits the transfer rate.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
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
    /// Number of downloads of each class that share the limit.
    classes: [AtomicUsize; Self::CLASSES],
}

impl RateLimiter {
    /// Number of classes: a connection gets twice the rate of one in the next lower class.
    pub const CLASSES: usize = 3;

    /// Creates a limiter of `limit` bytes per second; `None` for no limit.
    pub fn new(limit: Option<u64>) -> Self {
        Self {
            limit: AtomicU64::new(limit.unwrap_or(0)),
            paid_until: Mutex::new(Instant::now()),
            classes: Default::default(),
        }
    }

    pub(super) fn enter(&self, class: usize) {
        if let Some(count) = self.classes.get(class) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn leave(&self, class: usize) {
        if let Some(count) = self.classes.get(class) {
            count.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Returns the number of classes from the lowest one in use up to `class`.
    fn classes_below(&self, class: usize) -> u32 {
        let mut classes = self.classes.iter();
        let lowest = classes.position(|count| count.load(Ordering::Relaxed) > 0);
        class.saturating_sub(lowest.unwrap_or(class)) as u32
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
    ///
    /// All threads wait for the same debt, each class for half of what the class below it waits; so a
    /// connection receives twice as much, and the lowest class in use as much as the limit leaves. The debt
    /// grows until the rates add up to the limit, whichever downloads have the data.
    pub fn consume(&self, bytes: u64, class: usize, cancel: &CancelToken, on_wait: impl Fn()) {
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
            let debt = paid_until.saturating_duration_since(now);
            now + debt / (1 << self.classes_below(class))
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
                        limiter.consume(20_000, 1, &CancelToken::default(), || ());
                    }
                });
            }
        });
        // 400 kB at 1 MB/s, less the burst of 100 ms.
        assert!(started.elapsed() >= Duration::from_millis(290));
    }

    #[test]
    fn a_higher_class_receives_more_and_the_limit_holds() {
        const BLOCK: u64 = 2_000;
        let limiter = RateLimiter::new(Some(400_000));
        for class in [0, 2] {
            limiter.enter(class);
        }
        let received = [0, 2].map(|class| (class, AtomicU64::new(0)));
        let cancel = CancelToken::default();
        let (started, total) = (Instant::now(), 200_000);
        std::thread::scope(|scope| {
            for (class, bytes) in &received {
                let (limiter, received, cancel) = (&limiter, &received, &cancel);
                scope.spawn(move || {
                    let sum = || {
                        received
                            .iter()
                            .map(|(_, bytes)| bytes.load(Ordering::SeqCst))
                    };
                    while sum().sum::<u64>() < total {
                        limiter.consume(BLOCK, *class, cancel, || ());
                        bytes.fetch_add(BLOCK, Ordering::SeqCst);
                    }
                });
            }
        });
        let [low, high] = received.map(|(_, bytes)| bytes.into_inner());
        assert!(high > 2 * low, "{high} and {low}");
        // Less the burst, and what the higher class is ahead.
        assert!(started.elapsed() >= Duration::from_millis(350));
        limiter.leave(0);
        assert_eq!(limiter.classes_below(2), 0, "alone it waits for its debt");
    }

    #[test]
    fn no_limit_never_waits_and_cancelling_ends_the_wait() {
        let limiter = RateLimiter::new(None);
        let never = || unreachable!("no limit waits");
        limiter.consume(u64::MAX, 1, &CancelToken::default(), never);
        limiter.set_limit(Some(1));
        let cancel = CancelToken::default();
        cancel.cancel();
        let waits = std::cell::Cell::new(false);
        limiter.consume(1_000_000, 1, &cancel, || waits.set(true));
        assert!(waits.get());
    }

    #[test]
    fn lifting_the_limit_ends_the_wait() {
        let limiter = RateLimiter::new(Some(1));
        let started = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(|| limiter.consume(3000, 1, &CancelToken::default(), || ()));
            limiter.set_limit(None);
        });
        assert!(started.elapsed() < Duration::from_secs(60));
    }
}
