//! What threads wait for until somebody rings.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, MutexGuard, PoisonError};
use std::time::Duration;

/// A condition variable that asks the system for nothing when nobody waits: the one of the standard library
/// asks with each ring, and of a small file most rings are heard by nobody.
///
/// Who waits has either seen what was changed under the lock before a ring, or is counted. A ring for what was
/// changed otherwise may be missed, as with any condition variable: whoever waits for that does not wait long.
#[derive(Debug, Default)]
pub(crate) struct Notify {
    waiting: AtomicUsize,
    rung: Condvar,
}

impl Notify {
    /// Wakes all who wait.
    pub fn notify_all(&self) {
        if self.waiting.load(Ordering::SeqCst) > 0 {
            self.rung.notify_all();
        }
    }

    /// Waits for a ring; at most `time`.
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        time: Duration,
    ) -> MutexGuard<'a, T> {
        self.wait_timeout_while(guard, time, once())
    }

    /// Waits as long as `idle`; at most `time`.
    pub fn wait_timeout_while<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        time: Duration,
        idle: impl FnMut(&mut T) -> bool,
    ) -> MutexGuard<'a, T> {
        // Counted down also when `idle` panics.
        let _counted = Counted::new(&self.waiting);
        let waited = self.rung.wait_timeout_while(guard, time, idle);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// Idle until the first ring.
fn once<T>() -> impl FnMut(&mut T) -> bool {
    let mut looked = false;
    move |_| !std::mem::replace(&mut looked, true)
}

/// One who waits.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn new(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::SeqCst);
        Self(waiting)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::AtomicU64;
    use std::time::Instant;

    use super::*;

    /// Two threads that hand a number to and fro: a ring that is lost would take a minute.
    #[test]
    fn no_ring_is_lost() {
        let (turn, bell, begun) = (Mutex::new(0_u32), Notify::default(), Instant::now());
        let long = Duration::from_secs(60);
        let done = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for mine in 0..2 {
                let (turn, bell, done) = (&turn, &bell, &done);
                scope.spawn(move || {
                    for _ in 0..2000 {
                        let guard = turn.lock().unwrap();
                        let mut guard =
                            bell.wait_timeout_while(guard, long, |turn| *turn % 2 != mine);
                        *guard += 1;
                        drop(guard);
                        bell.notify_all();
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(done.into_inner(), 4000);
        assert!(begun.elapsed() < long, "{:?}", begun.elapsed());
    }
}
