//! A limit on the connections of several downloads together.

use std::sync::atomic::{AtomicUsize, Ordering};

/// A counting semaphore for connections. The first connection of a download needs no unit of it:
/// the limit on concurrent downloads covers that one.
///
/// Some units may be reserved: they are for downloads that have not begun, and not for further
/// connections of those that run.
#[derive(Debug)]
pub(crate) struct ConnectionBudget {
    free: AtomicUsize,
    /// Number of units that [`Self::try_acquire`] leaves.
    reserved: AtomicUsize,
}

impl ConnectionBudget {
    /// Creates a budget of `free` connections, none of them reserved.
    pub fn new(free: usize) -> Self {
        Self {
            free: AtomicUsize::new(free),
            reserved: AtomicUsize::new(0),
        }
    }

    /// Reserves `count` units, in place of those reserved before.
    pub fn set_reserved(&self, count: usize) {
        self.reserved.store(count, Ordering::Release);
    }

    /// Takes one unit for a further connection; returns `false` if none is free but the reserved ones.
    pub fn try_acquire(&self) -> bool {
        self.try_acquire_above(self.reserved.load(Ordering::Acquire))
    }

    /// Takes one unit for a further download, also a reserved one; returns `false` if none is free.
    pub fn try_acquire_reserved(&self) -> bool {
        self.try_acquire_above(0)
    }

    fn try_acquire_above(&self, kept: usize) -> bool {
        let decremented = |free: usize| (free > kept).then(|| free - 1);
        self.free
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, decremented)
            .is_ok()
    }

    /// Returns `count` units.
    pub fn release(&self, count: usize) {
        self.free.fetch_add(count, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_units_go_to_downloads_that_have_not_begun() {
        let budget = ConnectionBudget::new(3);
        budget.set_reserved(2);
        assert!(budget.try_acquire() && !budget.try_acquire());
        assert!(budget.try_acquire_reserved() && budget.try_acquire_reserved());
        assert!(!budget.try_acquire_reserved());
        budget.release(1);
        assert!(!budget.try_acquire());
        budget.set_reserved(0);
        assert!(budget.try_acquire());
    }
}
