//! Standby coordinator: takes over when the thread that runs the first connection is busy for more
//! than 2 ms.
//!
//! For a small file, starting or waking a thread takes as long as everything else. So a batch thread
//! runs the first connection of each file itself, and coordinates what is left once that connection
//! has ended. A download that takes longer needs a coordinator meanwhile, to measure time, to report
//! and to open further connections: the standby thread takes it over.

use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

use super::attempt;
use super::attempt::{Attempt, EventChannel};
use super::connection_worker;
use super::coordinator;
use super::finished::{Finished, Observer};
use crate::sync::{lock, wait, wait_timeout};
use crate::transfer::events::Event;
use crate::transfer::repair_pass::RepairPass;

/// Longest time that an attempt has no coordinator: about as long as a near server takes to accept.
const TAKEOVER_AFTER: Duration = Duration::from_millis(2);

/// Hands attempts from the thread that runs the first connection to the standby thread.
pub(crate) struct StandbyCoordinator {
    state: Mutex<StandbyState>,
    changed: Condvar,
    channel: EventChannel,
}

impl Default for StandbyCoordinator {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            channel: attempt::event_channel(),
        }
    }
}

#[derive(Default)]
struct StandbyState {
    /// An attempt that is running without a coordinator.
    attempt: Option<Attempt>,
    /// Result of the attempt that the standby thread coordinated.
    result: Option<(Finished, Option<RepairPass>)>,
    /// Set while the standby thread must be woken to see an attempt.
    is_sleeping: bool,
    /// Set once no attempt will follow, or the standby thread is gone.
    is_shut_down: bool,
}

impl StandbyCoordinator {
    /// Returns the event channel of its attempts, of which one runs at a time.
    pub fn channel(&self) -> EventChannel {
        self.channel.clone()
    }

    /// Runs the first connection of an attempt on this thread; then coordinates the attempt, or
    /// waits until the standby thread has done so.
    pub fn run_attempt(
        &self,
        mut attempt: Attempt,
        observe: Observer<'_>,
    ) -> (Finished, Option<RepairPass>) {
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
        let lost = connection_worker::run(&transfer, &pool, 0);
        let events = transfer.events.clone();
        // Before the event is sent: once the attempt has ended, its transfer is not held here.
        drop(transfer);
        events.send(Event::Finished(0, lost));
        let attempt = self.lock().attempt.take();
        match attempt {
            Some(attempt) => coordinator::run(attempt, observe),
            None => self.wait(),
        }
    }

    /// Waits for the result of the attempt that the standby thread coordinates.
    fn wait(&self) -> (Finished, Option<RepairPass>) {
        let mut state = self.lock();
        loop {
            if let Some(result) = state.result.take() {
                return result;
            }
            // Propagates the panic of the standby thread.
            assert!(!state.is_shut_down, "the standby coordinator panicked");
            state = wait(&self.changed, state);
        }
    }

    /// Runs the standby thread until the [`Self::shutdown_guard`] of the other thread is dropped.
    pub fn run(&self, observe: Observer<'_>) {
        let _guard = self.shutdown_guard();
        while let Some(attempt) = self.next_overdue() {
            let result = coordinator::run(attempt, observe);
            self.lock().result = Some(result);
            self.changed.notify_all();
        }
    }

    /// Waits for an attempt that has had no coordinator for [`TAKEOVER_AFTER`]. Returns `None` after
    /// the shutdown.
    fn next_overdue(&self) -> Option<Attempt> {
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

    /// Shuts the standby coordinator down when the returned guard is dropped, by a panic too.
    pub fn shutdown_guard(&self) -> impl Drop {
        ShutdownGuard(self)
    }

    fn lock(&self) -> MutexGuard<'_, StandbyState> {
        lock(&self.state)
    }
}

struct ShutdownGuard<'a>(&'a StandbyCoordinator);

impl Drop for ShutdownGuard<'_> {
    fn drop(&mut self) {
        self.0.lock().is_shut_down = true;
        self.0.changed.notify_all();
    }
}
