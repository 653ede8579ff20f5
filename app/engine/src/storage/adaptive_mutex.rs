//! A mutex for the threads that write one file: a few waiters yield the processor, the others sleep.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, TryLockError};

use crate::sync::lock;

/// Number of times that a waiting thread yields before it sleeps. A write takes microseconds, unless it
/// waits for the disk.
const YIELDS: u32 = 100;
/// Most threads that yield at a time. Further ones sleep at once.
const MAX_YIELDING: usize = 4;

/// An adaptive lock: the next few waiting threads yield, and the others sleep.
///
/// The kernel admits one writer at a time anyway (it locks the inode), but its waiters spin, and take
/// the time from threads that could receive meanwhile. Threads that sleep at once are woken late: with 5
/// connections, a core was idle a tenth of the time. With 50 threads yielding, a fifth of the time went
/// into context switches.
#[derive(Default)]
pub(crate) struct AdaptiveMutex {
    mutex: Mutex<()>,
    yielding: AtomicUsize,
}

impl AdaptiveMutex {
    /// Waits for the other writers.
    pub fn lock(&self) -> MutexGuard<'_, ()> {
        if let Some(guard) = self.try_lock() {
            return guard;
        }
        let may_yield = self.yielding.fetch_add(1, Ordering::Relaxed) < MAX_YIELDING;
        let mut yields = if may_yield { YIELDS } else { 0 };
        let guard = loop {
            if yields == 0 {
                break lock(&self.mutex);
            }
            yields -= 1;
            std::thread::yield_now();
            if let Some(guard) = self.try_lock() {
                break guard;
            }
        };
        self.yielding.fetch_sub(1, Ordering::Relaxed);
        guard
    }

    fn try_lock(&self) -> Option<MutexGuard<'_, ()>> {
        match self.mutex.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(error)) => Some(error.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}
