//! A flag that threads wait for, and a wake-up between them.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Tells threads that there is news, or that they shall end.
#[derive(Default)]
pub(crate) struct StopSignal {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    has_news: bool,
    is_stopped: bool,
}

impl StopSignal {
    /// Wakes the thread in [`Self::wait_for_news`].
    pub(crate) fn wake(&self) {
        let mut state = self.lock();
        if !state.has_news {
            state.has_news = true;
            self.changed.notify_all();
        }
    }

    /// Ends all waits, now and from now on.
    pub(crate) fn stop(&self) {
        self.lock().is_stopped = true;
        self.changed.notify_all();
    }

    /// Returns whether [`Self::stop`] was called.
    pub(crate) fn is_stopped(&self) -> bool {
        self.lock().is_stopped
    }

    /// Waits until there is news. Returns `false` once stopped.
    pub(crate) fn wait_for_news(&self) -> bool {
        let state = self.lock();
        let idle = |state: &mut State| !state.has_news && !state.is_stopped;
        let waited = self.changed.wait_while(state, idle);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        state.has_news = false;
        !state.is_stopped
    }

    /// Waits until stopped, at most this long. Returns whether it is stopped.
    pub(crate) fn wait_stopped(&self, timeout: Duration) -> bool {
        let runs = |state: &mut State| !state.is_stopped;
        let waited = self.changed.wait_timeout_while(self.lock(), timeout, runs);
        waited.unwrap_or_else(PoisonError::into_inner).0.is_stopped
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
