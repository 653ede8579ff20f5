//! How many connections several downloads may have together.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Seats for connections. The first of a download needs none: it is counted by whoever starts it.
#[derive(Debug)]
pub struct ConnectionBudget {
    free: AtomicUsize,
}

impl ConnectionBudget {
    /// So many free ones.
    pub fn new(free: usize) -> Self {
        Self {
            free: AtomicUsize::new(free),
        }
    }

    /// Takes one, if one is free.
    pub(crate) fn take(&self) -> bool {
        let less = |free: usize| free.checked_sub(1);
        let taken = self
            .free
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, less);
        taken.is_ok()
    }

    /// Gives back so many.
    pub(crate) fn leave(&self, seats: usize) {
        self.free.fetch_add(seats, Ordering::AcqRel);
    }
}
