//! Lets a batch thread run the first connection of a download without a coordinator. A coordinator thread takes the
//! download over if that takes longer than 2 ms.
//!
//! For a small file, starting or waking a thread takes as long as the whole download. So a batch thread
//! runs the first connection of each file itself, and coordinates what is left once that connection
//! has ended. A download that takes longer needs a coordinator meanwhile, to measure time, to report
//! and to open further connections: the coordinator thread takes it over.
//!
//! The coordinator thread then also completes the file: it verifies and flushes the file and gives it its
//! name. Once every byte is there the batch thread need not wait for that, and requests the next file.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

use super::attempt_result::{EndedAttempt, Observer};
use super::connection_retry_loop;
use super::coordinator;
use super::prepared_attempt::PreparedAttempt;
use crate::sync::{lock, wait, wait_timeout};
use crate::transfer::events::Event;

/// Longest time that an attempt has no coordinator: about as long as a near server takes to accept.
const TAKEOVER_AFTER: Duration = Duration::from_millis(2);

/// Hands attempts from the thread that runs the first connection to the coordinator thread.
#[derive(Default)]
pub(crate) struct CoordinatorTakeover {
    state: Mutex<DeferredState>,
    changed: Condvar,
}

#[derive(Default)]
struct DeferredState {
    /// An attempt that is running without a coordinator.
    attempt: Option<PreparedAttempt>,
    /// Results of the attempts that the coordinator thread coordinated, in their order.
    results: VecDeque<EndedAttempt>,
    /// Set while the coordinator thread must be woken to see an attempt.
    is_sleeping: bool,
    /// Set once no attempt will follow, or the coordinator thread is gone.
    is_shut_down: bool,
}

/// State of an attempt whose first connection has ended.
pub(crate) enum FirstConnectionEnd {
    /// The attempt has ended.
    Ended(Box<EndedAttempt>),
    /// The coordinator thread has every byte, and completes the file: [`CoordinatorTakeover::wait`].
    Completing,
    /// The coordinator thread coordinates other connections: [`CoordinatorTakeover::wait`].
    Running,
}

impl CoordinatorTakeover {
    /// Runs the first connection of an attempt on this thread; then coordinates the attempt, unless the
    /// coordinator thread does so by then. The coordinator thread may complete the attempt before meanwhile.
    pub fn run_attempt(
        &self,
        mut attempt: PreparedAttempt,
        observe: Observer<'_>,
    ) -> FirstConnectionEnd {
        attempt.runs_first_connection = true;
        let transfer = attempt.transfer.clone();
        let pool = attempt.inputs.limits.pool.clone();
        {
            let mut state = self.lock();
            state.attempt = Some(attempt);
            if state.is_sleeping {
                self.changed.notify_all();
            }
        }
        let lost = connection_retry_loop::run(&transfer, &pool, 0);
        let is_settled = transfer.is_settled();
        let events = transfer.events.clone();
        // Before the event is sent: once the attempt has ended, its transfer is not held here.
        drop(transfer);
        events.send(Event::Finished(0, lost));
        let attempt = self.lock().attempt.take();
        match attempt {
            Some(attempt) => {
                FirstConnectionEnd::Ended(Box::new(coordinator::run(attempt, observe)))
            }
            None if is_settled => FirstConnectionEnd::Completing,
            None => FirstConnectionEnd::Running,
        }
    }

    /// Waits for the result of the earliest attempt that the coordinator thread coordinates and whose result
    /// nothing has waited for.
    pub fn wait(&self) -> EndedAttempt {
        let mut state = self.lock();
        loop {
            if let Some(result) = state.results.pop_front() {
                return result;
            }
            // Propagates the panic of the coordinator thread.
            assert!(!state.is_shut_down, "the deferred coordinator panicked");
            state = wait(&self.changed, state);
        }
    }

    /// Runs the coordinator thread until the [`Self::shutdown_guard`] of the other thread is dropped.
    pub fn run(&self, observe: Observer<'_>) {
        let _guard = self.shutdown_guard();
        while let Some(attempt) = self.next_overdue() {
            let result = coordinator::run(attempt, observe);
            self.lock().results.push_back(result);
            self.changed.notify_all();
        }
    }

    /// Waits for an attempt that has had no coordinator for [`TAKEOVER_AFTER`]. Returns `None` after
    /// the shutdown.
    fn next_overdue(&self) -> Option<PreparedAttempt> {
        let mut state = self.lock();
        while !state.is_shut_down {
            let age = state
                .attempt
                .as_ref()
                .map(|attempt| attempt.started.elapsed());
            match age {
                Some(age) if age >= TAKEOVER_AFTER => return state.attempt.take(),
                Some(age) => {
                    state = wait_timeout(&self.changed, state, TAKEOVER_AFTER - age);
                }
                None => {
                    state.is_sleeping = true;
                    state = wait(&self.changed, state);
                    state.is_sleeping = false;
                }
            }
        }
        None
    }

    /// Shuts the deferred coordinator down when the returned guard is dropped, by a panic too.
    pub fn shutdown_guard(&self) -> impl Drop {
        ShutdownGuard(self)
    }

    fn lock(&self) -> MutexGuard<'_, DeferredState> {
        lock(&self.state)
    }
}

struct ShutdownGuard<'a>(&'a CoordinatorTakeover);

impl Drop for ShutdownGuard<'_> {
    fn drop(&mut self) {
        self.0.lock().is_shut_down = true;
        self.0.changed.notify_all();
    }
}
