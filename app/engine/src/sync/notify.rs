//! A condition variable that skips the wake-up system call when no thread waits.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, MutexGuard, PoisonError};
use std::time::Duration;

/// A condition variable that counts its waiters and makes no system call while there are none.
///
/// `std::sync::Condvar` makes one for every notification, and most notifications of a short download
/// have no waiter.
///
/// A waiting thread either saw the change that was made under the lock before the notification, or
/// is counted. A notification for a change made without the lock may be missed, as with any
/// condition variable, so a wait for such a change has a short timeout.
#[derive(Debug, Default)]
pub(crate) struct Notify {
    waiters: AtomicUsize,
    condvar: Condvar,
}

impl Notify {
    /// Wakes all waiting threads.
    pub fn notify_all(&self) {
        if self.waiters.load(Ordering::SeqCst) > 0 {
            self.condvar.notify_all();
        }
    }

    /// Waits for a notification, for at most `timeout`.
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        timeout: Duration,
    ) -> MutexGuard<'a, T> {
        self.wait_timeout_while(guard, timeout, once())
    }

    /// Waits while `condition` holds, for at most `timeout`.
    pub fn wait_timeout_while<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        timeout: Duration,
        condition: impl FnMut(&mut T) -> bool,
    ) -> MutexGuard<'a, T> {
        // A guard, so that the count also drops when `condition` panics.
        let _waiter = Waiter::new(&self.waiters);
        let waited = self.condvar.wait_timeout_while(guard, timeout, condition);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// A condition that holds until the first notification.
fn once<T>() -> impl FnMut(&mut T) -> bool {
    let mut checked = false;
    move |_| !std::mem::replace(&mut checked, true)
}

/// Counts one waiting thread while it lives.
struct Waiter<'a>(&'a AtomicUsize);

impl<'a> Waiter<'a> {
    fn new(waiters: &'a AtomicUsize) -> Self {
        waiters.fetch_add(1, Ordering::SeqCst);
        Self(waiters)
    }
}

impl Drop for Waiter<'_> {
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

    /// Two threads pass a number back and forth: a lost notification would cost a minute.
    #[test]
    fn no_notification_is_lost() {
        let (number, notify, started) = (Mutex::new(0_u32), Notify::default(), Instant::now());
        let long = Duration::from_secs(60);
        let done = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for mine in 0..2 {
                let (number, notify, done) = (&number, &notify, &done);
                scope.spawn(move || {
                    for _ in 0..2000 {
                        let guard = number.lock().unwrap();
                        let theirs = |number: &mut u32| *number % 2 != mine;
                        let mut guard = notify.wait_timeout_while(guard, long, theirs);
                        *guard += 1;
                        drop(guard);
                        notify.notify_all();
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(done.into_inner(), 4000);
        assert!(started.elapsed() < long, "{:?}", started.elapsed());
    }
}
