//! The share of one download in a rate limit, by its priority.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::cancel::CancelToken;
use super::rate_limiter::RateLimiter;

/// Registers a download at the limiter that it shares with others, until it is dropped.
pub(crate) struct RateShare {
    limiter: Arc<RateLimiter>,
    class: AtomicUsize,
}

impl RateShare {
    /// Registers a download of a class, 0 for the lowest; see [`RateLimiter::CLASSES`].
    pub fn new(limiter: Arc<RateLimiter>, class: usize) -> Self {
        limiter.enter(class);
        let class = AtomicUsize::new(class);
        Self { limiter, class }
    }

    /// Changes the class.
    pub fn set_class(&self, class: usize) {
        self.limiter.enter(class);
        let before = self.class.swap(class, Ordering::Relaxed);
        self.limiter.leave(before);
    }

    /// See [`RateLimiter::consume`].
    pub fn consume(&self, bytes: u64, cancel: &CancelToken, on_wait: impl Fn()) {
        let class = self.class.load(Ordering::Relaxed);
        self.limiter.consume(bytes, class, cancel, on_wait);
    }

    /// Returns the limit of all downloads together in bytes per second, if there is one.
    pub fn limit(&self) -> Option<u64> {
        self.limiter.limit()
    }
}

impl Drop for RateShare {
    fn drop(&mut self) {
        self.limiter.leave(self.class.load(Ordering::Relaxed));
    }
}
