//! A limit on the connections of several downloads together.

use std::sync::atomic::{AtomicUsize, Ordering};

/// A counting semaphore for connections. The first connection of a download needs no unit of it:
/// the limit on concurrent downloads covers that one.
#[derive(Debug)]
pub(crate) struct ConnectionBudget {
    free: AtomicUsize,
}

impl ConnectionBudget {
    /// Creates a budget of `free` connections.
    pub fn new(free: usize) -> Self {
        Self {
            free: AtomicUsize::new(free),
        }
    }

    /// Takes one unit; returns `false` if none is free.
    pub fn try_acquire(&self) -> bool {
        let decremented = |free: usize| free.checked_sub(1);
        self.free
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, decremented)
            .is_ok()
    }

    /// Returns `count` units.
    pub fn release(&self, count: usize) {
        self.free.fetch_add(count, Ordering::AcqRel);
    }
}
